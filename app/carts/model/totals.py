"""What a cart costs. All amounts are minor units of the cart's currency and include tax."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from app.kit.tax import RATES_BP, Rounding, TaxClass, TaxLine, tax_breakdown
from app.sourcing.model import DeliveryMode


@dataclass(frozen=True, slots=True)
class ShippingRate:
    """What a channel charges per home delivery. free_from_minor: goods of one delivery that ship free;
    None: never.
    """

    fee_minor: int = 0
    free_from_minor: int | None = None

    @classmethod
    def of(cls, channel: Any) -> "ShippingRate":
        """From a row with the channel's shipping columns."""
        return cls(channel.shipping_fee_minor, channel.free_shipping_from_minor)

    def fee(self, goods_minor: int) -> int:
        """What the delivery of these goods to one address costs."""
        is_free = self.free_from_minor is not None and goods_minor >= self.free_from_minor
        return 0 if is_free else self.fee_minor


@dataclass(frozen=True, slots=True)
class CostLine:
    """A line as the sums see it. delivery_id and mode: None while nobody has chosen."""

    amount_minor: int
    tax_class: str
    delivery_id: UUID | None = None
    mode: DeliveryMode | None = None


@dataclass(frozen=True, slots=True)
class CartTotals:
    """Sums of a cart. taxes: one entry per rate, highest first; tax: their sum, contained in total."""

    subtotal: int
    shipping: int
    total: int
    tax: int
    taxes: list[TaxLine] = field(default_factory=list[TaxLine])


def shipping_fee(lines: Iterable[CostLine], rate: ShippingRate) -> int:
    """The fees of all home deliveries: each address pays its own unless its goods reach the free amount.

    Pickups are free, and so are lines that have no delivery yet.
    """
    goods: dict[UUID, int] = {}
    for line in lines:
        if line.delivery_id is not None and line.mode == DeliveryMode.HOME_DELIVERY:
            goods[line.delivery_id] = goods.get(line.delivery_id, 0) + line.amount_minor
    return sum(rate.fee(amount) for amount in goods.values())


def cart_totals(lines: Iterable[CostLine], rate: ShippingRate, rounding: Rounding) -> CartTotals:
    """The sums, with the tax rounded once per rate. Shipping is taxed at the standard rate."""
    rows = list(lines)
    subtotal = sum(line.amount_minor for line in rows)
    shipping = shipping_fee(rows, rate)
    taxed = [(RATES_BP[TaxClass(line.tax_class)], line.amount_minor) for line in rows]
    if shipping:
        taxed.append((RATES_BP[TaxClass.STANDARD_10], shipping))
    taxes = tax_breakdown(taxed, rounding)
    return CartTotals(subtotal, shipping, subtotal + shipping, sum(entry.tax for entry in taxes), taxes)
