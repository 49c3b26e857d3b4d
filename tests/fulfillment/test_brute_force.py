"""Whoever tries codes is stopped: at one pickup, over many pickups, and with many keys."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.fulfillment.actions.verify_code import verify_code
from app.fulfillment.errors import PickupCodeInvalid, TooManyWrongCodes
from app.fulfillment.jobs import forget_wrong_codes
from app.fulfillment.model import codes
from app.kit.db import Database, Row
from app.kit.errors import DomainError
from app.kit.permissions import Actor
from tests.conftest import NOW
from tests.fulfillment.builders import SECRET, STAFF, konbini_pickup, one_more_planned, planned_order
from tests.fulfillment.views import code_of, everything, make_arrived, wrong_code_of

HOUR = timedelta(hours=1)


async def _say(db: Database, pickup: Row, code: str, actor: Actor, hours: int = 0) -> DomainError | None:
    async with db.write() as tx:
        return await verify_code(tx, pickup.id, code, secret_key=SECRET, actor=actor, now=NOW + hours * HOUR)


@pytest.fixture
async def waiting(db: Database) -> tuple[list[Row], Actor]:
    """Four pickups at one point, and its company's key."""
    shop, first = await planned_order(db, konbini_pickup)
    orders = [first, *[await one_more_planned(db, shop) for _ in range(3)]]
    return [await make_arrived(db, shop, order_id) for order_id in orders], shop.partner


@pytest.mark.parametrize("kind", ["key", "location", "company"])
async def test_a_few_codes_at_each_of_many_pickups(
    db: Database, waiting: tuple[list[Row], Actor], monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """With many keys, too: every other code is said with another key of the company."""
    monkeypatch.setitem(codes.REFUSALS_PER_HOUR, kind, 6)
    pickups, partner = waiting
    keys = [partner] * 2 if kind == "key" else [partner, replace(partner, reference="key:kombi-2")]
    for number in range(6):
        refusal = await _say(db, pickups[number % 3], wrong_code_of(pickups[number % 3]), keys[number % 2])
        assert isinstance(refusal, PickupCodeInvalid)
    before = await everything(db)
    for pickup in pickups:
        for code in (code_of(pickup), wrong_code_of(pickup)):
            with pytest.raises(TooManyWrongCodes) as stopped:
                await _say(db, pickup, code, keys[0])
            assert stopped.value.facts == {"retry_at": NOW.replace(minute=0, second=0, microsecond=0) + HOUR}
    assert await everything(db) == before
    assert await _say(db, pickups[3], code_of(pickups[3]), keys[0], hours=1) is None


async def test_others_are_not_stopped_with_them(
    db: Database, waiting: tuple[list[Row], Actor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(codes.REFUSALS_PER_HOUR, "key", 1)
    [pickup, *_], partner = waiting
    await _say(db, pickup, wrong_code_of(pickup), partner)
    with pytest.raises(TooManyWrongCodes):
        await _say(db, pickup, code_of(pickup), partner)
    assert await _say(db, pickup, code_of(pickup), STAFF) is None


async def test_right_codes_are_not_counted_and_old_counts_are_dropped(
    db: Database, waiting: tuple[list[Row], Actor]
) -> None:
    [pickup, other, *_], partner = waiting
    for _ in range(3):
        assert await _say(db, pickup, code_of(pickup), partner) is None
    async with db.read() as tx:
        assert await tx.connection.fetchval("SELECT count(*) FROM code_refusals") == 0
    await _say(db, other, wrong_code_of(other), partner)
    async with db.read() as tx:
        rows = await tx.connection.fetch("SELECT subject, refused FROM code_refusals ORDER BY subject")
    assert [tuple(row) for row in rows] == [
        (f"company {partner.partner_id}", 1),
        ("key key:kombi", 1),
        (f"location {pickup.location_id}", 1),
    ]
    await forget_wrong_codes(db, now=NOW + 24 * HOUR)
    async with db.read() as tx:
        assert await tx.connection.fetchval("SELECT count(*) FROM code_refusals") == 3
    await forget_wrong_codes(db, now=NOW + 26 * HOUR)
    async with db.read() as tx:
        assert await tx.connection.fetchval("SELECT count(*) FROM code_refusals") == 0


async def test_a_scanned_picture_is_the_number_and_the_code(db: Database, waiting: tuple[list[Row], Actor]) -> None:
    [pickup, other, *_], partner = waiting
    assert await _say(db, pickup, f"{pickup.number} {code_of(pickup)}", partner) is None
    assert isinstance(await _say(db, other, f"{pickup.number} {code_of(other)}", partner), PickupCodeInvalid)
