"""What the database itself guarantees, whatever the application does."""

from datetime import UTC, datetime

import asyncpg
import pytest

from app.inventory.jobs import prepare_ledger
from app.inventory.model import Movement, MovementKind
from app.inventory.sql.ledger import post
from app.kit.db import Database
from app.kit.ids import new_id
from tests.conftest import AS_OWNER
from tests.inventory.builders import counters, hold, movements, stocked, wish

REFUSED = [
    "UPDATE ledger SET d_on_hand = 99",
    "DELETE FROM ledger",
    "TRUNCATE ledger",
    "UPDATE stock SET on_hand = 99",
    "UPDATE stock SET safety = 99",
    "UPDATE stock SET version = 99",
    "DELETE FROM stock",
    "INSERT INTO stock (variant_id, location_id, on_hand) SELECT variant_id, 1, 99 FROM stock",
]


@pytest.mark.parametrize("statement", REFUSED)
async def test_history_and_counters_cannot_be_written_by_hand(db: Database, statement: str) -> None:
    shirt, [store] = await stocked(db, 5)
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        async with db.write() as tx:
            await tx.connection.execute(statement)
    assert await counters(db) == {(shirt, store): (5, 0, 0, 0)}


@pytest.mark.parametrize(
    "movement",
    [
        {"on_hand": -3},
        {"on_hand": -6},
        {"reserved": 3},
        {"allocated": -4},
        {"safety": -1},
    ],
)
async def test_a_movement_that_breaks_a_promise_is_refused(db: Database, movement: dict[str, int]) -> None:
    """Five on hand, three of them promised: stands behind all checks of the application."""
    shirt, [store] = await stocked(db, 5)
    await hold(db, wish(shirt, 3, store))
    wrong = Movement(shirt, store, MovementKind.ADJUSTED, **movement)
    with pytest.raises(asyncpg.CheckViolationError):
        async with db.write() as tx:
            await post(tx, [wrong], cause_kind="TEST", cause_id=new_id(), actor="test")
    assert await counters(db) == {(shirt, store): (5, 0, 3, 0)}
    assert len(await movements(db)) == 2


async def test_partitions_are_made_ahead_of_time(db: Database) -> None:
    names = "SELECT relname FROM pg_class WHERE relname LIKE 'ledger_20%' AND relkind = 'r' ORDER BY 1"
    async with db.read() as tx:
        before = {row["relname"] for row in await tx.connection.fetch(names)}
    for _ in range(2):
        await prepare_ledger(db, now=datetime(2031, 11, 30, 23, 59, tzinfo=UTC))
    async with db.read() as tx:
        after = {row["relname"] for row in await tx.connection.fetch(names)}
    assert after - before == {"ledger_2031_11", "ledger_2031_12", "ledger_2032_01", "ledger_2032_02"}
    async with db.write() as tx:
        await tx.connection.execute(AS_OWNER)
        for name in sorted(after - before):
            await tx.connection.execute(f"DROP TABLE {name}")
