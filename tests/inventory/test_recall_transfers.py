"""An order's units are missing before its transfer has left: fewer are sent."""

import asyncpg
import pytest

from app.inventory.actions.create_transfer import create_transfer
from app.inventory.actions.ship_transfer import ship_transfer
from app.inventory.model.corrections import Correction, PromisePolicy
from app.inventory.model.transfers import TransferLineDraft
from app.kit.db import Database
from app.kit.ids import new_id
from tests.conftest import NOW
from tests.inventory.builders import corrected, counters, facts, hold, stocked, wish

BREAK = PromisePolicy.BREAK_YOUNGEST


async def sent(db: Database) -> tuple[int, list[int]]:
    """A variant at two stores; an order holds five units at the first and has them sent to the second."""
    shirt, places = await stocked(db, 6, 0)
    order = new_id()
    await hold(db, wish(shirt, 5, places[0], owner_id=order))
    ends = {"from_location_id": places[0], "to_location_id": places[1]}
    async with db.write() as tx:
        lines = [TransferLineDraft(shirt, 5, 1)]
        await create_transfer(tx, **ends, lines=lines, order_id=order, actor="test", now=NOW)
    return shirt, places


async def rows(db: Database) -> list[tuple[str, int, int]]:
    """(status, withdrawn, shipped)."""
    async with db.read() as tx:
        found = await tx.connection.fetch(
            "SELECT status, withdrawn_quantity, shipped_quantity FROM transfers JOIN transfer_lines ON transfer_id = id"
        )
    return [tuple(row) for row in found]


async def test_a_transfer_brings_what_the_order_still_has(db: Database) -> None:
    shirt, places = await sent(db)
    await corrected(db, Correction(shirt, places[0], quantity=3), policy=BREAK)
    assert await rows(db) == [("READY_TO_SHIP", 2, 0)]
    async with db.write() as tx:
        transfer_id = await tx.connection.fetchval("SELECT id FROM transfers")
        await ship_transfer(tx, transfer_id, actor="test", now=NOW)
    assert await rows(db) == [("IN_TRANSIT", 2, 3)]
    assert (await counters(db))[shirt, places[0]] == (0, 0, 0, 0)


async def test_a_transfer_of_which_nothing_is_left_is_canceled(db: Database) -> None:
    shirt, places = await sent(db)
    await corrected(db, Correction(shirt, places[0], quantity=0), policy=BREAK)
    assert await rows(db) == [("CANCELED", 5, 0)]
    assert len(await facts(db, "transfer_canceled")) == 1


async def test_a_transfer_that_is_just_being_sent_is_not_overtaken(db: Database) -> None:
    shirt, places = await sent(db)
    async with db.write() as other:
        await other.connection.execute("SELECT FROM transfers FOR UPDATE")
        with pytest.raises(asyncpg.SerializationError):
            await corrected(db, Correction(shirt, places[0], quantity=3), policy=BREAK)
    assert await rows(db) == [("READY_TO_SHIP", 0, 0)]
    assert (await counters(db))[shirt, places[0]] == (6, 0, 5, 0)
