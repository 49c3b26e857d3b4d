"""Requests for units that share commits: exact, answered alike, not hurt by their neighbours; in both forms."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import asyncpg
import pytest

from app.inventory.actions.hold_stock import hold_stock
from app.inventory.errors import InvalidQuantity
from app.inventory.model import Claim, HoldRequest, Shortage, Verdict
from app.kit.db import Database, WriteTx
from app.kit.graphql.payload import Asked, Outcome, grouped
from app.kit.idempotency import Keyed
from tests.conftest import cloned_database
from tests.inventory.builders import counters, stocked, wish


@pytest.fixture(autouse=True, params=["accelerated", "portable"])
def form(request: pytest.FixtureRequest, db: Database, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(db, "accelerated", request.param == "accelerated")
    return request.param


async def work(tx: WriteTx, requests: Sequence[HoldRequest]) -> list[Verdict]:
    return await hold_stock(tx, requests, actor="test")


async def ask(db: Database, request: HoldRequest) -> Verdict:
    return await db.group(work, lanes=2).ask(request, identity=request.owner_id, lane=request.demands[0].variant_id)


async def test_many_share_a_commit_and_no_unit_is_promised_twice(db: Database) -> None:
    shirt, stores = await stocked(db, 70, 30)
    group = db.group(work, lanes=2)
    before = group.batches
    verdicts = await asyncio.gather(*(ask(db, wish(shirt, 1, *stores)) for _ in range(150)))
    assert [bool(verdict.claims) for verdict in verdicts] == [True] * 100 + [False] * 50
    assert {verdict.shortages for verdict in verdicts[100:]} == {(Shortage(1, shirt, 1, 0),)}
    assert await counters(db) == {(shirt, stores[0]): (70, 0, 70, 0), (shirt, stores[1]): (30, 0, 30, 0)}
    assert group.batches == before + 1


async def test_processes_that_sell_one_product_stay_exact(db: Database) -> None:
    shirt, [store] = await stocked(db, 120)
    other = await Database.open(db.dsn, read_connections=1, write_connections=1)
    try:
        other.accelerated = not db.accelerated
        asked = [ask(each, wish(shirt, 1, store)) for _ in range(100) for each in (db, other)]
        verdicts = await asyncio.gather(*asked)
    finally:
        await other.close()
    assert sum(len(verdict.claims) for verdict in verdicts) == 120
    assert await counters(db) == {(shirt, store): (120, 0, 120, 0)}


async def test_twins_are_answered_alike_and_hold_once(db: Database) -> None:
    shirt, [store] = await stocked(db, 3)
    other = await Database.open(db.dsn, read_connections=1, write_connections=1)
    request = wish(shirt, 2, store)
    try:
        twins = [ask(each, request) for _ in range(4) for each in (db, other)]
        verdicts = await asyncio.gather(*twins, ask(db, wish(shirt, 1, store)))
    finally:
        await other.close()
    assert verdicts == [Verdict((Claim(1, shirt, store, 2),))] * 8 + [Verdict((Claim(1, shirt, store, 1),))]
    assert await counters(db) == {(shirt, store): (3, 0, 3, 0)}


async def test_poisoned_requests_hurt_only_themselves(db: Database) -> None:
    shirt, [store] = await stocked(db, 50)
    good = [wish(shirt, 1, store) for _ in range(20)]
    zero, twice = wish(shirt, 0, store), wish(shirt, 1, store)
    twice = replace(twice, demands=twice.demands * 2)
    foreign = replace(wish(shirt, 1, store), owner_kind="NOBODY")
    asked = [*good[:10], zero, twice, foreign, *good[10:]]
    answers: list[Any] = await asyncio.gather(*(ask(db, request) for request in asked), return_exceptions=True)
    assert {type(answer) for answer in answers[10:13]} == {InvalidQuantity, ValueError, asyncpg.CheckViolationError}
    assert [answer for answer in answers[:10] + answers[13:] if not isinstance(answer, Verdict)] == []
    assert await counters(db) == {(shirt, store): (50, 0, 20, 0)}


async def test_plans_that_were_made_for_empty_tables_read_by_key(form: str, worker_id: str) -> None:
    """As on the first day of a shop, and whenever a new period of answers begins."""
    async with cloned_database(f"{worker_id}_counted") as dsn:
        db = await Database.open(dsn, read_connections=1, write_connections=1)
        shirt, [store] = await stocked(db, 100)
        await db.close()
        connection = await asyncpg.connect(dsn)
        try:
            await connection.execute("VACUUM (ANALYZE)")
        finally:
            await connection.close()
        assert await _read_from_end_to_end(dsn, shirt, store, accelerated=form == "accelerated") == [{}, {}, {}]


async def _read_from_end_to_end(dsn: str, shirt: int, store: int, *, accelerated: bool) -> list[dict[str, int]]:
    """Of each batch the tables that were."""
    read: list[dict[str, int]] = []

    async def outcomes(tx: WriteTx, requests: Sequence[HoldRequest]) -> list[Any]:
        return [Outcome({"held": len(verdict.claims)}) for verdict in await work(tx, requests)]

    keyed = grouped(outcomes)

    async def watched(tx: WriteTx, requests: Sequence[Any]) -> list[Any]:
        answers = await keyed(tx, requests)
        rows = await tx.connection.fetch(
            "SELECT relname, seq_tup_read FROM pg_stat_xact_user_tables WHERE seq_tup_read > 0"
        )
        read.append(dict(rows))
        return list(answers)

    fresh = await Database.open(dsn, read_connections=1, write_connections=1)
    fresh.accelerated = accelerated
    try:
        group = fresh.group(watched)
        for _ in range(3):
            wishes = [wish(shirt, 1, store) for _ in range(30)]
            asked = [Asked(one, Keyed("test", str(one.owner_id), "hold", b"")) for one in wishes]
            answers = await asyncio.gather(*(group.ask(one, identity=one.keyed.key) for one in asked))
            assert [one.stored for one in answers] == [{"values": {"held": 1}}] * 30
    finally:
        await fresh.close()
    return read
