"""What a cart costs."""

from hypothesis import given
from hypothesis import strategies as st

from app.carts.model import CostLine, ShippingRate, cart_totals, shipping_fee
from app.kit.ids import new_id
from app.kit.tax import Rounding, TaxLine
from app.sourcing.model import DeliveryMode

HOME, STORE = DeliveryMode.HOME_DELIVERY, DeliveryMode.STORE_PICKUP
HERE, THERE, SHOP = new_id(), new_id(), new_id()
RATE = ShippingRate(550, 5000)


def test_tax_is_rounded_once_per_rate_and_shipping_has_the_standard_one() -> None:
    lines = [
        CostLine(1980, "STANDARD_10", HERE, HOME),
        CostLine(333, "REDUCED_8", HERE, HOME),
        CostLine(333, "REDUCED_8", SHOP, STORE),
        CostLine(100, "EXEMPT", SHOP, STORE),
    ]
    totals = cart_totals(lines, RATE, Rounding.DOWN)
    assert (totals.subtotal, totals.shipping, totals.total, totals.tax) == (2746, 550, 3296, 279)
    assert totals.taxes == [TaxLine(1000, 2530, 230), TaxLine(800, 666, 49), TaxLine(0, 100, 0)]
    assert cart_totals(lines, RATE, Rounding.UP).taxes[1] == TaxLine(800, 666, 50)


def test_each_address_pays_unless_its_own_goods_reach_the_free_amount() -> None:
    rich, poor = CostLine(5000, "STANDARD_10", HERE, HOME), CostLine(4999, "STANDARD_10", THERE, HOME)
    collected, open_line = CostLine(90_000, "STANDARD_10", SHOP, STORE), CostLine(90_000, "STANDARD_10")
    assert shipping_fee([rich], RATE) == 0
    assert shipping_fee([poor], RATE) == 550
    assert shipping_fee([rich, poor, collected, open_line], RATE) == 550
    assert shipping_fee([poor, CostLine(1, "EXEMPT", THERE, HOME)], RATE) == 0
    assert shipping_fee([rich, poor], ShippingRate(550)) == 1100
    assert shipping_fee([], RATE) == 0


def test_an_empty_cart_costs_nothing() -> None:
    totals = cart_totals([], RATE, Rounding.HALF_UP)
    assert (totals.subtotal, totals.shipping, totals.total, totals.tax, totals.taxes) == (0, 0, 0, 0, [])


classes = st.sampled_from(["STANDARD_10", "REDUCED_8", "EXEMPT"])
costs = st.builds(
    CostLine,
    st.integers(0, 10**7),
    classes,
    st.sampled_from([None, HERE, THERE]),
    st.sampled_from([None, HOME, STORE]),
)


@given(st.lists(costs, max_size=8), st.sampled_from(list(Rounding)))
def test_nothing_is_lost_between_lines_rates_and_total(lines: list[CostLine], rounding: Rounding) -> None:
    totals = cart_totals(lines, RATE, rounding)
    assert totals.total == totals.subtotal + totals.shipping == sum(entry.taxable for entry in totals.taxes)
    assert totals.tax == sum(entry.tax for entry in totals.taxes) <= totals.total
