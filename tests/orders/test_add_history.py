"""Lines of history for people, and for who listens to the order."""

from app.kit.db import Database
from app.kit.statement import Statement
from app.orders.actions.add_history import add_history
from app.orders.model import OrderHistoryKind
from tests.conftest import NOW
from tests.inventory.builders import facts
from tests.orders.builders import make_ground, make_order, order_row


async def test_a_line_is_appended_and_told_of_and_the_states_stay(db: Database) -> None:
    async with db.write() as tx:
        order = await make_order(tx, await make_ground(tx))
        await add_history(
            tx, order.id, OrderHistoryKind.PICKUP_READY, actor="key:store", now=NOW, facts={"pickup": "70000001"}
        )
        row = await tx.fetchrow(Statement("SELECT * FROM order_history ORDER BY id DESC LIMIT 1"))
    assert row is not None
    assert (row.order_id, row.kind, row.actor, row.at) == (order.id, "PICKUP_READY", "key:store", NOW)
    assert row.facts == {"pickup": "70000001"}
    after = await order_row(db, order.id)
    assert (after["version"], after["status"], after["fulfillment_status"]) == (2, "PLACED", "UNFULFILLED")
    assert [fact["version"] for fact in await facts(db, "order")] == [1, 2]
