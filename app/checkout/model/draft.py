"""The order that a cart becomes."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from app.carts.model import CostLine, ShippingRate, shipping_fee
from app.checkout.model.request import SOURCE_SYSTEM
from app.kit.ids import new_id
from app.orders.model import DeliveryDraft, LineDraft, OrderDraft, OrderStatus
from app.payments.model import PaymentMethod, PaymentStatus
from app.sourcing.model import DeliveryMode


def cart_shipping(cart: Any, lines: Iterable[Any]) -> int:
    """The shipping fees of a cart (row with its channel's columns), in minor units."""
    costs = (
        CostLine(line.total_minor, line.tax_class, line.delivery_id, line.mode and DeliveryMode(line.mode))
        for line in lines
    )
    return shipping_fee(costs, ShippingRate.of(cart))


def draft_order(
    cart: Any,
    lines: Sequence[Any],
    deliveries: Iterable[Any],
    goods: Mapping[int, Any],
    *,
    method: PaymentMethod,
    email: str,
    now: datetime,
) -> OrderDraft:
    """The order that a cart becomes. goods: rows of the catalog by variant id, for the names."""
    used = [delivery for delivery in deliveries if any(line.delivery_id == delivery.id for line in lines)]
    new_ids = {delivery.id: new_id() for delivery in used}
    is_card = method is PaymentMethod.CARD
    return OrderDraft(
        id=new_id(),
        source_system=SOURCE_SYSTEM,
        external_reference=str(cart.id),
        channel_id=cart.channel_id,
        currency=cart.currency,
        status=OrderStatus.PENDING_PAYMENT if is_card else OrderStatus.PLACED,
        payment_status=PaymentStatus.PENDING if is_card else PaymentStatus.DUE_AT_PICKUP,
        email=email,
        member_id=cart.member_id,
        shipping_minor=cart_shipping(cart, lines),
        tax_rounding=cart.tax_rounding,
        placed_at=now,
        deliveries=tuple(
            DeliveryDraft(new_ids[row.id], row.mode, location_id=row.location_id, address=row.address) for row in used
        ),
        lines=tuple(
            LineDraft(
                line_no=line_no,
                variant_id=line.variant_id,
                sku=line.sku,
                names=full_names(goods[line.variant_id].names, goods[line.variant_id].variant_names),
                quantity=line.quantity,
                unit_price_minor=line.unit_price_minor,
                tax_class=line.tax_class,
                delivery_id=new_ids[line.delivery_id],
            )
            for line_no, line in enumerate(lines, start=1)
        ),
    )


def full_names(product: Mapping[str, str], variant: Mapping[str, str] | None) -> dict[str, str]:
    """What an order line is called, in every language of the product: its name and that of its variant."""
    own = variant or {}
    return {language: f"{name} {own[language]}" if own.get(language) else name for language, name in product.items()}
