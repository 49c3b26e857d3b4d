"""Units that wait to be sent will not be sent."""

import pytest

from app.inventory.actions.release_holds import release_holds
from app.inventory.actions.withdraw_transfers import withdraw_transfers
from app.kit.db import Database
from app.kit.errors import NotFound
from app.kit.ids import new_id
from tests.conftest import NOW
from tests.inventory.builders import facts, hold, stocked, wish
from tests.inventory.transfers import receive, send, ship, state


async def test_a_transfer_of_which_nothing_is_left_ends(db: Database) -> None:
    shirt, [warehouse, store] = await stocked(db, 20, 0)
    request = wish(shirt, 12, warehouse)
    await hold(db, request)
    waiting, started = [await send(db, warehouse, store, (shirt, 6, 1), order_id=request.owner_id) for _ in range(2)]
    await ship(db, started, {1: 2})
    async with db.write() as tx:
        await withdraw_transfers(tx, {waiting: {1: 4}, started: {1: 1}}, now=NOW)
    assert await state(db, waiting) == ("READY_TO_SHIP", 2, [(6, 0, 0, 0)])
    assert await state(db, started) == ("IN_TRANSIT", 3, [(6, 2, 0, 0)])
    await receive(db, started)
    async with db.write() as tx:
        await release_holds(tx, request.owner_id, actor="test")
        await withdraw_transfers(tx, {waiting: None, started: None}, now=NOW)
    assert (await state(db, waiting))[0] == "CANCELED"
    assert await state(db, started) == ("RECEIVED", 5, [(6, 2, 2, 0)])
    assert [fact["transfer_id"] for fact in await facts(db, "transfer_canceled")] == [str(waiting)]
    assert [fact["status"] for fact in await facts(db, "transfer_changed")] == [
        status for _, status in sorted([(str(waiting), "READY_TO_SHIP"), (str(started), "IN_TRANSIT")])
    ] + ["RECEIVED"]


async def test_an_unknown_transfer_is_refused(db: Database) -> None:
    with pytest.raises(NotFound):
        async with db.write() as tx:
            await withdraw_transfers(tx, {new_id(): None}, now=NOW)
