"""A cart becomes an order: checked, sourced, held, written and closed in one transaction."""

from datetime import datetime
from uuid import UUID

from app.carts.actions.complete_cart import complete_cart
from app.carts.model import CartStatus, require_open
from app.carts.sql import CartContents, load_contents, lock_cart
from app.checkout.actions.raise_transfers import raise_transfers
from app.checkout.model import (
    RESERVATION_TIME,
    SOURCE_SYSTEM,
    CheckoutRequest,
    by_terms,
    cart_shipping,
    checkout_refusals,
    demands_of,
    draft_order,
    shortage_refusals,
    stores_of_lines,
)
from app.inventory.actions.hold_stock import hold_stock
from app.inventory.model import Claim, HoldRequest, OwnerKind
from app.kit.db import WriteTx
from app.kit.errors import NotFound, Refusals
from app.kit.mail import normalize_email
from app.orders.actions.create_orders import create_orders
from app.orders.model import OrderDraft
from app.orders.sql import order_by_source
from app.payments.actions.start_payment import start_payment
from app.payments.model import PaymentMethod


async def place_order(tx: WriteTx, cart_id: UUID, request: CheckoutRequest, *, actor: str, now: datetime) -> UUID:
    """Turn the cart into an order and return the order's id; a cart that is an order already answers with
    that one.

    Pay-at-pickup: the units are allocated and the order is PLACED. Card: the units are reserved for 15
    minutes, the order is PENDING_PAYMENT, and `complete_payment` has to ask the provider after the commit.
    Raises NotFound, CartExpired, or Refusals with everything that is wrong; then nothing may be kept of the
    transaction.
    """
    cart = await lock_cart(tx, cart_id)
    if cart is None:
        message = "There is no such cart."
        raise NotFound(message, path=["input", "cartId"])
    if cart.status == CartStatus.COMPLETED:
        return await _existing_order(tx, cart_id)
    require_open(cart, now)
    contents = (await load_contents(tx, [cart], now=now))[cart_id]
    _check(contents, request)
    draft = _draft(contents, request, now)
    claims = await _hold(tx, draft.id, contents, request.method, actor=actor, now=now)
    draft = by_terms(draft, claims, contents.inputs.terms)
    [created] = await create_orders(tx, [draft], actor=actor, now=now)
    if created is None:
        message = "An open cart is an order already."
        raise AssertionError(message)
    await start_payment(
        tx,
        draft.id,
        method=request.method,
        amount_minor=created.total_minor,
        currency=draft.currency,
        token=request.token,
        now=now,
    )
    if request.method is not PaymentMethod.CARD:
        stores = stores_of_lines(draft.lines, draft.deliveries)
        await raise_transfers(tx, draft.id, claims, stores, actor=actor, now=now)
    await complete_cart(tx, cart_id, now=now)
    return draft.id


async def _existing_order(tx: WriteTx, cart_id: UUID) -> UUID:
    order = await order_by_source(tx, SOURCE_SYSTEM, str(cart_id))
    if order is None:
        message = "A completed cart has no order."
        raise AssertionError(message)
    return order.id


def _check(contents: CartContents, request: CheckoutRequest) -> None:
    cart, lines = contents.cart, contents.lines
    total_minor = sum(line.total_minor for line in lines) + cart_shipping(cart, lines)
    refusals = checkout_refusals(cart, lines, contents.problems(), request, total_minor=total_minor)
    if refusals:
        raise Refusals(refusals)


def _draft(contents: CartContents, request: CheckoutRequest, now: datetime) -> OrderDraft:
    return draft_order(
        contents.cart,
        contents.lines,
        contents.deliveries,
        contents.goods,
        method=request.method,
        email=normalize_email(request.email or contents.cart.email),
        now=now,
    )


async def _hold(
    tx: WriteTx, order_id: UUID, contents: CartContents, method: PaymentMethod, *, actor: str, now: datetime
) -> tuple[Claim, ...]:
    """Allocate the units, or reserve them while a card company is asked. Raises Refusals when there are too
    few.
    """
    inputs = contents.inputs
    demands = demands_of(
        contents.lines,
        contents.deliveries,
        places=inputs.places,
        origins=inputs.origins,
        available=inputs.available,
        terms=inputs.terms,
    )
    expires_at = now + RESERVATION_TIME if method is PaymentMethod.CARD else None
    request = HoldRequest(OwnerKind.ORDER, order_id, demands, expires_at=expires_at)
    [verdict] = await hold_stock(tx, [request], actor=actor)
    if verdict.shortages:
        raise Refusals(shortage_refusals(verdict.shortages, contents.lines))
    return verdict.claims
