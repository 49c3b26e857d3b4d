"""The day on which a transfer arrives."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from app.inventory.actions.create_transfer import create_transfer
from app.inventory.actions.date_transfer import date_transfer
from app.inventory.actions.edit_transfer import edit_transfer
from app.inventory.model.transfers import TransferLineDraft
from app.inventory.sql.transfers import lock_transfer
from app.kit.db import Database
from app.kit.errors import InvalidInput, NotFound, VersionConflict
from app.kit.ids import global_id, new_id
from tests.conftest import NOW, keyed
from tests.inventory.builders import counters, facts, stocked
from tests.inventory.shop import fill, limited, open_shop
from tests.inventory.test_promises import asked, on_its_way, places
from tests.inventory.transfers import receive, send, ship, state

LAST_OF_YESTERDAY = datetime(2026, 11, 21, 14, 59, 59, tzinfo=UTC)  # 23:59:59 in Japan; NOW is noon of the 22nd
FIRST_OF_TODAY = datetime(2026, 11, 21, 15, 0, tzinfo=UTC)


async def test_what_is_under_way_gets_a_day_and_loses_it(db: Database) -> None:
    shirt, [warehouse, store] = await stocked(db, 10, 0)
    transfer_id = await send(db, warehouse, store, (shirt, 4))
    await ship(db, transfer_id)
    await receive(db, transfer_id, {1: 1})
    before, found = await counters(db), list[tuple[datetime | None, int]]()
    for day in (NOW + timedelta(days=2), FIRST_OF_TODAY, None):
        async with db.write() as tx:
            await date_transfer(tx, transfer_id, day, now=NOW)
            row = await lock_transfer(tx, transfer_id)
        found.append((row["expected_at"], row["version"]))
    assert found == [(NOW + timedelta(days=2), 4), (FIRST_OF_TODAY, 5), (None, 6)]
    assert await state(db, transfer_id) == ("PARTIALLY_RECEIVED", 6, [(4, 4, 1, 0)])
    assert await counters(db) == before
    assert [fact["status"] for fact in await facts(db, "transfer_changed")] == ["PARTIALLY_RECEIVED"] * 3


async def test_a_day_that_has_passed_is_refused_wherever_it_is_said(db: Database) -> None:
    shirt, [warehouse, store] = await stocked(db, 10, 0)
    transfer_id = await send(db, warehouse, store, (shirt, 4), is_draft=True)
    one, ends = [TransferLineDraft(shirt, 1)], {"from_location_id": warehouse, "to_location_id": store}
    for deed in (
        lambda tx, at: date_transfer(tx, transfer_id, at, now=NOW),
        lambda tx, at: edit_transfer(tx, transfer_id, one, expected_at=at, now=NOW),
        lambda tx, at: create_transfer(tx, **ends, lines=one, expected_at=at, actor="test", now=NOW),
    ):
        with pytest.raises(InvalidInput) as refusal:
            async with db.write() as tx:
                await deed(tx, LAST_OF_YESTERDAY)
        assert (refusal.value.path, str(refusal.value)) == (
            ["input", "expectedAt"],
            "2026-11-21 has passed. Units arrive today or later.",
        )
        assert await state(db, transfer_id) == ("DRAFT", 1, [(4, 0, 0, 0)])
    assert len(await facts(db, "transfer_created")) == 1
    assert await counters(db) == {(shirt, warehouse): (10, 0, 0, 0)}


async def test_unknown_transfers_and_versions_are_refused(db: Database) -> None:
    shirt, [warehouse, store] = await stocked(db, 10, 0)
    transfer_id = await send(db, warehouse, store, (shirt, 4))
    for about, version, error in [(new_id(), None, NotFound), (transfer_id, 7, VersionConflict)]:
        with pytest.raises(error):
            async with db.write() as tx:
                await date_transfer(tx, about, NOW, expected_version=version, now=NOW)
    assert await state(db, transfer_id) == ("READY_TO_SHIP", 1, [(4, 0, 0, 0)])


async def test_of_many_who_saw_one_version_one_sets_the_day(db: Database) -> None:
    shirt, [warehouse, store] = await stocked(db, 10, 0)
    transfer_id = await send(db, warehouse, store, (shirt, 4))

    async def attempt(days: int) -> int | None:
        try:
            async with db.write() as tx:
                await date_transfer(tx, transfer_id, NOW + timedelta(days=days), expected_version=1, now=NOW)
        except VersionConflict:
            return None
        return days

    won = [days for days in await asyncio.gather(*map(attempt, range(8))) if days is not None]
    assert len(won) == 1
    async with db.write() as tx:
        row = await lock_transfer(tx, transfer_id)
    assert (row["expected_at"], row["version"]) == (NOW + timedelta(days=won[0]), 2)


DATE = """mutation ($input: TransferDateSetInput!) { transferDateSet(input: $input) {
    transfer { status version expectedAt } userErrors { code path } } }"""


async def test_either_end_says_the_day_and_late_units_are_promised_again(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT")
    await fill(db, shop, "SHIRT", depot=20)
    places_of, shirt = shop.places, shop.variants["SHIRT"]
    transfer_id = await on_its_way(db, places_of["depot"], places_of["umeda"], (shirt, 6), NOW)
    later = NOW + timedelta(days=1)
    assert places(await asked(execute, now=later)) == {"depot": [("2026-11-23", 14)]}
    about = {"transferId": global_id("Transfer", transfer_id)}
    form = {**about, "expectedAt": "2026-11-25T00:00:00+09:00", "expectedVersion": 2, "idempotencyKey": "late"}

    async def say(actor: str, **values: Any) -> Any:
        variables = keyed({**about, **values})
        return (await execute(DATE, variables, actor=limited(shop, actor), now=later))["transferDateSet"]

    said = [await say("umeda", **form) for _ in range(2)]
    assert (
        said
        == [
            {
                "transfer": {"status": "IN_TRANSIT", "version": 3, "expectedAt": "2026-11-24T15:00:00+00:00"},
                "userErrors": [],
            }
        ]
        * 2
    )
    assert places(await asked(execute, now=later)) == {"depot": [("2026-11-23", 14)], "umeda": [("2026-11-25", 6)]}
    assert (await say("depot", expectedAt=None))["transfer"] == {
        "status": "IN_TRANSIT",
        "version": 4,
        "expectedAt": None,
    }
    assert places(await asked(execute, now=later)) == {"depot": [("2026-11-23", 14)]}
    refused = [
        (await say("shibuya", expectedAt="2026-12-01T00:00:00Z"))["userErrors"],
        (await say("umeda", expectedAt="2026-11-22T14:59:59Z"))["userErrors"],
        (await say("umeda", expectedAt="2026-12-01T00:00:00Z", expectedVersion=3))["userErrors"],
    ]
    assert refused == [
        [{"code": "NOT_FOUND", "path": ["input", "transferId"]}],
        [{"code": "INVALID_INPUT", "path": ["input", "expectedAt"]}],
        [{"code": "VERSION_CONFLICT", "path": ["input", "expectedVersion"]}],
    ]
