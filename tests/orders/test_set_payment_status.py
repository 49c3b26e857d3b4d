"""The order follows its payment along the allowed steps."""

import pytest

from app.kit.db import Database
from app.kit.errors import InvalidTransition
from app.orders.actions.set_payment_status import set_payment_status
from tests.conftest import NOW
from tests.orders.builders import history_kinds, make_ground, make_order, order_row


async def test_a_step_is_written_once(db: Database) -> None:
    async with db.write() as tx:
        order = await make_order(tx, await make_ground(tx))
        assert await set_payment_status(tx, order.id, "CAPTURED", actor="test", now=NOW) == 2
        assert await set_payment_status(tx, order.id, "CAPTURED", actor="test", now=NOW) == 2
    row = await order_row(db, order.id)
    assert (row["status"], row["payment_status"], row["version"]) == ("PLACED", "CAPTURED", 2)
    assert await history_kinds(db, order.id) == ["CREATED", "PAYMENT_CHANGED"]


async def test_an_impossible_step_changes_nothing(db: Database) -> None:
    async with db.write() as tx:
        order = await make_order(tx, await make_ground(tx))
        with pytest.raises(InvalidTransition) as refusal:
            await set_payment_status(tx, order.id, "REFUNDED", actor="test", now=NOW)
    assert refusal.value.facts == {"current_status": "AUTHORIZED"}
    assert (await order_row(db, order.id))["version"] == 1
