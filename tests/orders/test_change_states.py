"""The one way in which states move: version, history and fact go together."""

import pytest

from app.kit.db import Database
from app.kit.errors import NotFound
from app.kit.ids import new_id
from app.orders.actions.change_states import StateChange, change_states, require_order
from app.orders.model import OrderHistoryKind
from tests.conftest import NOW
from tests.orders.builders import history_kinds, make_ground, make_order, order_row, published


async def test_states_that_are_not_named_stay(db: Database) -> None:
    async with db.write() as tx:
        created = await make_order(tx, await make_ground(tx))
        order = await require_order(tx, created.id)
        change = StateChange(order, OrderHistoryKind.PAYMENT_CHANGED, payment_status="CAPTURED")
        [version] = await change_states(tx, [change], actor="test", now=NOW)
    row = await order_row(db, created.id)
    assert (row["status"], row["payment_status"], row["fulfillment_status"], row["version"]) == (
        "PLACED",
        "CAPTURED",
        "UNFULFILLED",
        version,
    )
    assert await history_kinds(db, created.id) == ["CREATED", "PAYMENT_CHANGED"]
    assert (await published(db, "order"))[-1][1] == {
        "order_id": str(created.id),
        "version": 2,
        "status": "PLACED",
        "payment_status": "CAPTURED",
        "fulfillment_status": "UNFULFILLED",
    }


async def test_an_unknown_order_is_refused(db: Database) -> None:
    async with db.write() as tx:
        with pytest.raises(NotFound):
            await require_order(tx, new_id())
