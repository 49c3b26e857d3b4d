"""A canceled order makes room for the next try of its source."""

import pytest

from app.kit.db import Database
from app.kit.errors import InvalidTransition, NotFound
from app.kit.ids import new_id
from app.orders.actions.mark_canceled import mark_canceled
from app.orders.actions.release_source import release_source
from tests.conftest import NOW
from tests.orders.builders import make_ground, make_order, order_row, published


async def test_the_source_of_a_canceled_order_may_become_another_one(db: Database) -> None:
    async with db.write() as tx:
        ground = await make_ground(tx)
        first = await make_order(tx, ground, external_reference="R-1")
        await mark_canceled(tx, first.id, reason="TEST", actor="test", now=NOW)
    before, facts = await order_row(db, first.id), await published(db, "order")
    async with db.write() as tx:
        await release_source(tx, first.id)
        await release_source(tx, first.id)
        second = await make_order(tx, ground, external_reference="R-1")
    assert await order_row(db, first.id) == {**before, "external_reference": f"R-1/{first.number}"}
    assert (await order_row(db, second.id))["external_reference"] == "R-1"
    assert [fact for fact in await published(db, "order") if fact[1]["order_id"] == str(first.id)] == facts


async def test_an_order_that_lives_keeps_its_source(db: Database) -> None:
    async with db.write() as tx:
        order = await make_order(tx, await make_ground(tx), external_reference="R-1")
    before = await order_row(db, order.id)
    with pytest.raises(InvalidTransition) as refusal:
        await db.in_write(lambda tx: release_source(tx, order.id))
    assert refusal.value.facts == {"current_status": "PLACED"}
    with pytest.raises(NotFound):
        await db.in_write(lambda tx: release_source(tx, new_id()))
    assert await order_row(db, order.id) == before
