"""The order that a cart becomes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from app.carts.model import CostLine, ShippingRate, shipping_fee
from app.checkout.model.request import SOURCE_SYSTEM
from app.inventory.model import Claim
from app.inventory.model.selling import WAITING, Terms, needs_of
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
            DeliveryDraft(
                new_ids[row.id],
                row.mode,
                location_id=row.location_id,
                address=row.address,
                slot_begins=row.slot_begins,
            )
            for row in used
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


def by_terms(draft: OrderDraft, claims: Iterable[Claim], terms: Mapping[int, Terms]) -> OrderDraft:
    """The draft with what selling rules make of its lines.

    Lines with bundles remember their components. Each line that waits is a delivery of its own, like the one that it
    was in but without a slot, because it comes on a day of its own.
    """
    waiting = {claim.line_no for claim in claims if claim.location_id == WAITING}
    if not waiting and not terms:
        return draft
    lines: list[LineDraft] = []
    own: list[DeliveryDraft] = []
    by_id = {delivery.id: delivery for delivery in draft.deliveries}
    for line in draft.lines:
        known = terms.get(line.variant_id)
        changed = replace(line, components=needs_of(line.variant_id, known)) if known and known.parts else line
        if line.line_no in waiting and line.delivery_id is not None:
            own.append(replace(by_id[line.delivery_id], id=new_id(), slot_begins=None))
            changed = replace(changed, delivery_id=own[-1].id)
        lines.append(changed)
    used = {line.delivery_id for line in lines}
    kept = tuple(delivery for delivery in draft.deliveries if delivery.id in used)
    return replace(draft, lines=tuple(lines), deliveries=(*kept, *own))
