"""The invariants object to what they are about, and to nothing else."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Final

import pytest

from app.kit.db import Database
from app.orders.invariants import INVARIANTS as ORDERS
from app.payments.actions.start_payments import start_payments
from app.payments.invariants import INVARIANTS as PAYMENTS
from app.payments.model import PaymentDraft
from tests.conftest import NOW
from tests.orders.builders import make_ground, make_order

INVARIANTS: Final[Mapping[str, str]] = {**ORDERS, **PAYMENTS}
DAMAGE: Final = {
    "an order's subtotal is the sum of its lines": """
        UPDATE order_lines SET quantity = 3, total_minor = 3 * unit_price_minor""",
    "an order has a line": "DELETE FROM order_lines",
    "tax rows cover the lines and the shipping, rate by rate": """
        UPDATE order_taxes SET taxable_minor = taxable_minor + 1""",
    "an order's tax is the sum of its tax rows": "UPDATE orders SET tax_minor = tax_minor + 1",
    "a tax row is off by less than one minor unit": "UPDATE order_taxes SET tax_minor = tax_minor + 1",
    "the fulfillment status follows from the lines": "UPDATE order_lines SET fulfilled_quantity = 1 WHERE line_no = 1",
    "completed orders have nothing open, canceled ones nothing handed over": """
        UPDATE orders SET status = 'COMPLETED', fulfillment_status = 'PARTIALLY_FULFILLED'""",
    "canceled orders, and only they, have a time of cancellation": "UPDATE orders SET canceled_at = placed_at",
    "a canceled order keeps nobody's money waiting": "UPDATE orders SET status = 'CANCELED', canceled_at = placed_at",
    "an order that waits for its payment is not placed, and the other way round": """
        UPDATE orders SET payment_status = 'PENDING'""",
    "every change of an order is in its history": "UPDATE orders SET version = 2",
    "a payment asks for its order's total and stands where the order says": "UPDATE payments SET amount_minor = 1",
    "an authorized card payment has the provider's reference": "UPDATE payments SET provider_reference = NULL",
    "a failed payment says why, and only a failed one": "UPDATE payments SET failure = 'card_declined'",
    "a token is kept only while it is needed": "UPDATE payments SET token = 'tok_ok'",
    "only cards wait for a provider": "UPDATE payments SET status = 'PENDING'",
}


class Undo(Exception):
    """Rolls the damage back."""


@pytest.mark.parametrize("name", sorted(DAMAGE))
async def test_damage_is_found(db: Database, name: str) -> None:
    with suppress(Undo):
        async with db.write() as tx:
            order = await make_order(tx, await make_ground(tx), shipping_minor=550)
            await start_payments(
                tx,
                [PaymentDraft(order.id, method="CARD", amount_minor=order.total_minor, currency="JPY", token="tok_ok")],
                now=NOW,
            )
            await tx.connection.execute(
                "UPDATE payments SET status = 'AUTHORIZED', provider_reference = 'r-1', token = NULL"
            )
            for query in INVARIANTS.values():
                assert await tx.connection.fetch(query) == []
            await tx.connection.execute(DAMAGE[name])
            assert len(await tx.connection.fetch(INVARIANTS[name])) > 0
            raise Undo
