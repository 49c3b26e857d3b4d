"""Totals, states and steps of orders."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import CheckConstraint

from app.kit.errors import InvalidTransition
from app.kit.tax import Rounding
from app.orders.errors import AmountTooLarge
from app.orders.model import (
    MAX_AMOUNT,
    FulfillmentStatus,
    LineCounts,
    OrderHistoryKind,
    OrderStatus,
    fulfillment_status_of,
    mask_email,
    next_order_status,
    totals_of,
)
from app.orders.tables import order_history

LINES = st.lists(st.tuples(st.sampled_from([1000, 800, 0]), st.integers(-50_000, 50_000)), max_size=20)


@given(LINES, st.integers(0, 2000), st.sampled_from(list(Rounding)))
def test_totals_add_up_and_each_rate_is_rounded_once(
    lines: list[tuple[int, int]], shipping: int, rounding: Rounding
) -> None:
    totals = totals_of(lines, shipping, rounding)
    assert totals.total == totals.subtotal + totals.shipping == sum(amount for _, amount in lines) + shipping
    assert sum(tax.taxable for tax in totals.taxes) == totals.total
    assert totals.tax == sum(tax.tax for tax in totals.taxes)
    assert len({tax.rate_bp for tax in totals.taxes}) == len(totals.taxes)
    for tax in totals.taxes:
        assert abs(tax.tax * (10_000 + tax.rate_bp) - tax.taxable * tax.rate_bp) < 10_000 + tax.rate_bp


def test_a_total_past_the_largest_amount_is_refused() -> None:
    assert totals_of([(1000, MAX_AMOUNT)]).total == MAX_AMOUNT
    with pytest.raises(AmountTooLarge):
        totals_of([(1000, MAX_AMOUNT)], 1)
    with pytest.raises(AmountTooLarge):
        totals_of([(1000, MAX_AMOUNT + 1), (1000, -10)])


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([LineCounts(3, 0, 0, 0)], FulfillmentStatus.UNFULFILLED),
        ([LineCounts(3, 1, 0, 0)], FulfillmentStatus.PARTIALLY_FULFILLED),
        ([LineCounts(3, 3, 0, 0), LineCounts(1, 0, 0, 0)], FulfillmentStatus.PARTIALLY_FULFILLED),
        ([LineCounts(3, 2, 1, 0), LineCounts(1, 0, 0, 1)], FulfillmentStatus.FULFILLED),
        ([LineCounts(3, 0, 3, 0)], FulfillmentStatus.CANCELED),
        ([LineCounts(3, 0, 2, 0)], FulfillmentStatus.UNFULFILLED),
        ([LineCounts(3, 0, 0, 3)], FulfillmentStatus.UNFULFILLED),
        ([LineCounts(-3, 0, 0, 0)], FulfillmentStatus.UNFULFILLED),
        ([LineCounts(2, 2, 0, 0), LineCounts(-1, 0, 0, 0)], FulfillmentStatus.FULFILLED),
        ([], FulfillmentStatus.UNFULFILLED),
    ],
)
def test_the_state_of_the_goods_follows_from_the_lines(lines: list[LineCounts], expected: FulfillmentStatus) -> None:
    assert fulfillment_status_of(lines) is expected


def test_no_step_leaves_a_terminal_state() -> None:
    allowed = {(current, wanted) for current in OrderStatus for wanted in OrderStatus if _may(current, wanted)}
    assert allowed == {
        (OrderStatus.PENDING_PAYMENT, OrderStatus.PLACED),
        (OrderStatus.PENDING_PAYMENT, OrderStatus.CANCELED),
        (OrderStatus.PLACED, OrderStatus.COMPLETED),
        (OrderStatus.PLACED, OrderStatus.CANCELED),
        (OrderStatus.COMPLETED, OrderStatus.RETURNED),
    }


def _may(current: OrderStatus, wanted: OrderStatus) -> bool:
    try:
        return next_order_status(current, wanted) is wanted
    except InvalidTransition:
        return False


def test_an_address_is_masked_for_those_who_need_not_know_it() -> None:
    assert mask_email("hanako@example.jp") == "h***@example.jp"
    assert mask_email(None) is None


def test_the_table_knows_every_kind_of_history_and_no_other() -> None:
    [check] = [
        constraint for constraint in order_history.constraints if str(constraint.name).endswith("history_kind_known")
    ]
    assert isinstance(check, CheckConstraint)
    assert re.findall(r"'([A-Z_]+)'", str(check.sqltext)) == [str(kind) for kind in OrderHistoryKind]
