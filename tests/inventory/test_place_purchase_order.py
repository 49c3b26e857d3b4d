"""Purchase orders go to their suppliers; and which step may be taken in which state."""

import pytest

from app.inventory.model.purchases import PURCHASE_ORDER, PurchaseOrderStatus, PurchaseOrderStep
from app.kit.db import Database
from app.kit.errors import InvalidTransition, VersionConflict
from tests.conftest import NOW
from tests.inventory.builders import counters, facts, stocked
from tests.inventory.purchases import draft, in_state, purchase, step, try_step


async def test_a_placed_order_is_expected(db: Database) -> None:
    shirt, [store] = await stocked(db, 0)
    order_id = await draft(db, store, (shirt, 10))
    await step(db, order_id, "PLACE", expected_version=1)
    assert await purchase(db, order_id) == ("ORDERED", 2, [(shirt, 10, 0, None)])
    async with db.read() as tx:
        assert await tx.connection.fetchval("SELECT ordered_at FROM purchase_orders") == NOW
    assert [fact["status"] for fact in await facts(db, "purchase_order_changed")] == ["DRAFT", "ORDERED"]
    assert await counters(db) == {}


async def test_whoever_saw_another_version_is_refused(db: Database) -> None:
    shirt, [store] = await stocked(db, 0)
    order_id = await draft(db, store, (shirt, 10))
    with pytest.raises(VersionConflict):
        await step(db, order_id, "PLACE", expected_version=3)
    assert (await purchase(db, order_id))[:2] == ("DRAFT", 1)


@pytest.mark.parametrize("status", PurchaseOrderStatus)
@pytest.mark.parametrize("name", PurchaseOrderStep)
async def test_every_step_in_every_state(db: Database, status: PurchaseOrderStatus, name: PurchaseOrderStep) -> None:
    shirt, [store] = await stocked(db, 0)
    order_id = await in_state(db, status, store, shirt)
    before, stock = await purchase(db, order_id), await counters(db)
    assert before[0] == status
    if status in PURCHASE_ORDER.steps[name]:
        await try_step(db, order_id, name, shirt)
        after = await purchase(db, order_id)
        assert after[0] in PURCHASE_ORDER.steps[name][status]
        assert after[1] == before[1] + 1
        return
    with pytest.raises(InvalidTransition) as refusal:
        await try_step(db, order_id, name, shirt)
    assert refusal.value.facts == {"current_status": status}
    assert (await purchase(db, order_id), await counters(db)) == (before, stock)


def test_the_machine_is_the_one_that_was_agreed() -> None:
    allowed = {(str(name), str(state)) for name, moves in PURCHASE_ORDER.steps.items() for state in moves}
    assert allowed == {
        ("EDIT", "DRAFT"),
        ("PLACE", "DRAFT"),
        ("SET_DATES", "DRAFT"),
        ("SET_DATES", "ORDERED"),
        ("SET_DATES", "PARTIALLY_RECEIVED"),
        ("RECEIVE", "ORDERED"),
        ("RECEIVE", "PARTIALLY_RECEIVED"),
        ("CLOSE", "ORDERED"),
        ("CLOSE", "PARTIALLY_RECEIVED"),
        ("CANCEL", "DRAFT"),
        ("CANCEL", "ORDERED"),
    }
