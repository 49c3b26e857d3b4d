"""Counters that were written by hand are found: of rows that moved since by the next audit, of others by one of all."""

from datetime import datetime

import pytest

from app import worker
from app.inventory.actions.audit_changes import audit_changes
from app.inventory.sql.drifts import found_drifts
from app.kit.db import Database
from app.kit.outbox import newest_position
from app.kit.statement import Statement
from tests.conftest import NOW
from tests.inventory.builders import hold, put_stock, stocked, wish
from tests.inventory.drifting import repair, tamper
from tests.inventory.test_ledger_many import filled
from tests.kit.feed_tools import until

_LAST = Statement("SELECT xid, id FROM outbox ORDER BY xid DESC, id DESC LIMIT 1")
LEDGER, HOLDS, STATES = (
    "inventory: counters are the sums of the ledger, and versions its length",
    "inventory: counters are the sums of the holds",
    "inventory: units that are there but not sold are the sums of the ledger",
)


async def is_readable(db: Database) -> None:
    """Other test processes on this server may hold the horizon back for a while."""

    async def has_come() -> bool:
        async with db.read() as tx:
            last = await tx.fetchrow(_LAST)
            return last is None or tuple(last) == tuple(await newest_position(tx))

    await until(has_come)


async def audited(db: Database, now: datetime = NOW) -> list[tuple[int, int]]:
    await is_readable(db)
    return sorted((row["variant_id"], row["location_id"]) for row in await audit_changes(db, now=now))


async def checks(db: Database) -> dict[str, int]:
    async with db.read() as tx:
        rows = await tx.connection.fetch("SELECT claim, broken_rows FROM checks WHERE broken_rows > 0")
    return {row["claim"]: row["broken_rows"] for row in rows}


async def set_right(db: Database, *keys: tuple[int, int]) -> None:
    for key in keys:
        await repair(db, *key)


async def test_a_row_that_a_transaction_moved_is_found_by_the_next_audit(db: Database) -> None:
    shirt, [store, depot] = await stocked(db, 5, 5)
    assert await audited(db) == []
    await tamper(db, f"UPDATE stock SET on_hand = on_hand + 1 WHERE location_id = {store}")
    assert await audited(db) == []  # nobody has moved it
    await hold(db, wish(shirt, 1, depot))
    assert await audited(db) == []
    await hold(db, wish(shirt, 1, store))
    assert await audited(db) == [(shirt, store)]
    assert await audited(db) == [(shirt, store)]  # found, and still so
    await set_right(db, (shirt, store))
    assert await audited(db) == []
    async with db.read() as tx:
        assert await found_drifts(tx) == []


@pytest.mark.parametrize(
    ("damage", "claims"),
    [
        ("UPDATE stock SET on_hand = 6", {LEDGER: 1}),
        ("UPDATE stock SET safety = 1", {LEDGER: 1}),
        ("UPDATE stock SET version = 9", {LEDGER: 1}),
        ("UPDATE stock SET allocated = 1", {LEDGER: 1, HOLDS: 1}),
        ("UPDATE stock SET reserved = 1", {LEDGER: 1, HOLDS: 1}),
        ("DELETE FROM stock", {LEDGER: 1, HOLDS: 1}),
        ("DELETE FROM ledger WHERE kind = 'RECEIVED'", {LEDGER: 1}),
        ("UPDATE ledger SET d_on_hand = 4 WHERE kind = 'RECEIVED'", {LEDGER: 1}),
        ("DELETE FROM holds", {HOLDS: 1}),
        ("UPDATE holds SET quantity = 1", {HOLDS: 1}),
        ("INSERT INTO stock_states SELECT variant_id, location_id, 'DISPLAY', 1 FROM stock", {STATES: 1}),
    ],
)
async def test_whatever_was_written_by_hand_is_found_by_an_audit_of_all(
    db: Database, damage: str, claims: dict[str, int]
) -> None:
    shirt, [store] = await stocked(db, 5)
    await hold(db, wish(shirt, 2, store))
    await tamper(db, damage)
    broken = await worker.broken_invariants(db)
    assert {claim: len(rows) for claim, rows in broken.items()} == claims
    async with db.read() as tx:
        assert await found_drifts(tx) == [(shirt, store)]
    assert await checks(db) == claims
    # What the audit of all has found, the audits of changes follow up, in the same figures.
    await is_readable(db)
    hourly = await worker.broken_by_changes(db, now=NOW)
    assert {claim: len(rows) for claim, rows in hourly.items()} == claims
    await repair(db, shirt, store, 5)
    assert await worker.broken_by_changes(db, now=NOW) == {}
    assert await checks(db) == {}
    async with db.read() as tx:
        assert await found_drifts(tx) == []


async def test_rows_of_many_keys_are_audited_each(db: Database) -> None:
    shirt, stores = await filled(db, 230)
    await tamper(db, f"UPDATE stock SET on_hand = on_hand + 1 WHERE location_id = {stores[200]}")
    assert await audited(db) == [(shirt, stores[200])]
    await set_right(db, (shirt, stores[200]))


async def test_what_a_slow_transaction_moves_is_looked_at_when_it_has_committed(db: Database) -> None:
    shirt, [store, depot] = await stocked(db, 5, 5)
    assert await audited(db) == []
    async with db.write() as slow:
        await put_stock(slow, shirt, store, 1)
        await hold(db, wish(shirt, 1, depot))
        assert await audit_changes(db, now=NOW) == []
    await tamper(db, f"UPDATE stock SET on_hand = 9 WHERE location_id = {store}")
    assert await audited(db) == [(shirt, store)]
    await set_right(db, (shirt, store))
