"""Carts become orders: checked, sourced, held, written and closed in one transaction, however many they are."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from app.carts.actions.complete_carts import complete_carts
from app.carts.model import CartStatus, demands_of, require_open
from app.carts.model.refusals import shortage_refusals
from app.carts.model.slot_problems import early_stores
from app.carts.sql import CartContents, load_contents, lock_carts
from app.checkout.actions.plan_room import Room, RoomWishes, plan_room
from app.checkout.actions.raise_transfers import raise_transfers
from app.checkout.model import (
    RESERVATION_TIME,
    SOURCE_SYSTEM,
    Checkout,
    CheckoutRequest,
    PlacedOrder,
    by_terms,
    cart_shipping,
    checkout_refusals,
    compartment_wishes,
    draft_order,
    in_time,
    slot_wishes,
    stores_of_lines,
)
from app.inventory.actions.hold_stock import hold_stock
from app.inventory.model import Claim, HoldRequest, OwnerKind
from app.kit.db import Row, WriteTx
from app.kit.errors import DomainError, NotFound, Refusals
from app.kit.mail import normalize_email
from app.orders.actions.create_orders import create_orders
from app.orders.model import OrderDraft
from app.orders.sql import orders_by_source
from app.payments.actions.start_payments import start_payments
from app.payments.model import PaymentDraft, PaymentMethod, authorization_of


@dataclass(frozen=True, slots=True)
class _Sale:
    """A cart whose checkout found nothing in its way, and the order that it is to become. number: of the checkout."""

    number: int
    request: CheckoutRequest
    contents: CartContents
    draft: OrderDraft


async def place_orders(
    tx: WriteTx, checkouts: Sequence[Checkout], *, actor: str, now: datetime
) -> list[PlacedOrder | DomainError]:
    """Turn carts into orders, first come first served; an answer for each checkout, in their order. A cart that is an
    order already, or becomes one by an earlier checkout of the same call, answers with that one.

    Pay-at-pickup: the units are allocated and the order is PLACED. Card: the units are reserved for 15 minutes, the
    order is PENDING_PAYMENT, and `complete_payment` has to ask the provider after the commit. An order exists if, and
    only if, its units are held. Nothing is kept of a checkout that is answered with NotFound, CartExpired, or Refusals
    with everything that is wrong. The number of statements does not depend on how many carts, lines and units there
    are; each channel among them adds four, each transfer its own,
    lockers five, pickup slots five.
    """
    carts = await lock_carts(tx, {checkout.cart_id for checkout in checkouts})
    outcomes = await _existing_orders(tx, carts.values())
    opened = [cart for cart in carts.values() if cart.status == CartStatus.OPEN]
    contents = await load_contents(tx, opened, now=now) if opened else {}
    sales: dict[UUID, _Sale] = {}
    refusals: list[DomainError | None] = []
    for number, checkout in enumerate(checkouts):
        try:
            _check(checkout, carts.get(checkout.cart_id), contents)
        except DomainError as refusal:
            refusals.append(refusal)
        else:
            refusals.append(None)
            if checkout.cart_id in contents and checkout.cart_id not in sales:
                sales[checkout.cart_id] = _sale(number, checkout, contents[checkout.cart_id])
    outcomes |= await _sell(tx, sales, actor=actor, now=now) if sales else {}
    return [
        _answer(refusal, outcomes.get(checkout.cart_id), is_later=_is_later(number, sales.get(checkout.cart_id)))
        for number, (checkout, refusal) in enumerate(zip(checkouts, refusals, strict=True))
    ]


def _is_later(number: int, sale: _Sale | None) -> bool:
    return sale is not None and number > sale.number


def _answer(
    refusal: DomainError | None, outcome: PlacedOrder | DomainError | None, *, is_later: bool
) -> PlacedOrder | DomainError:
    """refusal: of this very checkout; outcome: what became of its cart; is_later: whether that came before it."""
    if refusal is not None and not (is_later and isinstance(outcome, PlacedOrder)):
        return refusal
    assert outcome is not None  # noqa: S101  # a checkout that nothing speaks against has one
    return outcome


async def _existing_orders(tx: WriteTx, carts: Iterable[Row]) -> dict[UUID, PlacedOrder | DomainError]:
    """The orders of carts that were completed before."""
    ids: list[UUID] = [cart.id for cart in carts if cart.status == CartStatus.COMPLETED]
    if not ids:
        return {}
    orders = await orders_by_source(tx, SOURCE_SYSTEM, [str(cart_id) for cart_id in ids])
    return {cart_id: PlacedOrder(orders[str(cart_id)].id) for cart_id in ids}


def _check(checkout: Checkout, cart: Row | None, contents: Mapping[UUID, CartContents]) -> None:
    """Raises what keeps the cart from becoming an order; of one that is an order already nothing is said."""
    if cart is None:
        message = "There is no such cart."
        raise NotFound(message, path=["input", "cartId"])
    if cart.status == CartStatus.COMPLETED:
        return
    require_open(cart, checkout.now)
    own = contents[cart.id]
    total_minor = sum(line.total_minor for line in own.lines) + cart_shipping(cart, own.lines)
    refusals = checkout_refusals(cart, own.lines, own.problems(), checkout.request, total_minor=total_minor)
    if refusals:
        raise Refusals(refusals)


def _sale(number: int, checkout: Checkout, contents: CartContents) -> _Sale:
    request = checkout.request
    draft = draft_order(
        contents.cart,
        contents.lines,
        contents.deliveries,
        contents.goods,
        method=request.method,
        email=normalize_email(request.email or contents.cart.email),
        now=checkout.now,
    )
    return _Sale(number, request, contents, draft)


async def _sell(
    tx: WriteTx, sales: Mapping[UUID, _Sale], *, actor: str, now: datetime
) -> dict[UUID, PlacedOrder | DomainError]:
    """What became of each cart: an order, or Refusals because there are too few units, lockers or slots."""
    room, fitting = await plan_room(tx, {cart_id: _wishes(sale) for cart_id, sale in sales.items()})
    wanted = {cart_id: sale for cart_id, sale in sales.items() if cart_id in fitting}
    outcomes = await _hold(tx, wanted, room, actor=actor, now=now) if wanted else {}
    # Those who come to nothing have taken no place from who was behind them.
    again = room.to_retry([cart_id for cart_id, outcome in outcomes.items() if isinstance(outcome, DomainError)])
    if again:
        outcomes |= await _sell(tx, {cart_id: sales[cart_id] for cart_id in again}, actor=actor, now=now)
    refused = [cart_id for cart_id in sales if cart_id not in outcomes]
    return outcomes | await room.refusals(tx, refused)


def _wishes(sale: _Sale) -> RoomWishes:
    return RoomWishes(
        compartment_wishes(sale.draft, sale.contents.goods),
        slot_wishes(sale.draft),
        sale.draft.id,
        sale.contents.cart.location_group_id,
    )


async def _hold(
    tx: WriteTx, sales: Mapping[UUID, _Sale], room: Room, *, actor: str, now: datetime
) -> dict[UUID, PlacedOrder | DomainError]:
    """The same for carts that have all the lockers and slots that they need."""
    is_plain = all(_is_plain(sale) for sale in sales.values())
    if is_plain and (placed := await _sell_all(tx, sales, room, actor, now)):
        return placed
    verdicts = await hold_stock(tx, [_hold_request(sale) for sale in sales.values()], actor=actor)
    outcomes: dict[UUID, PlacedOrder | DomainError] = {}
    sold: list[tuple[_Sale, Sequence[Claim]]] = []
    for (cart_id, sale), verdict in zip(sales.items(), verdicts, strict=True):
        if verdict.shortages:
            outcomes[cart_id] = Refusals(shortage_refusals(verdict.shortages, sale.contents.lines))
        else:
            draft = by_terms(sale.draft, verdict.claims, sale.contents.inputs.terms)
            sold.append((replace(sale, draft=draft), verdict.claims))
    if sold:
        placed = await _write(tx, [sale for sale, _ in sold], actor=actor, now=now)
        await room.keep(tx, _deliveries(sale for sale, _ in sold), now=now)
        await _transfer(tx, sold, actor=actor, now=now)
        outcomes |= dict(zip((sale.contents.cart.id for sale, _ in sold), placed, strict=True))
    return outcomes


def _is_plain(sale: _Sale) -> bool:
    """Whether nothing of the order depends on where its units come from."""
    return not any(line.variant_id in sale.contents.inputs.terms for line in sale.contents.lines)


async def _sell_all(
    tx: WriteTx, sales: Mapping[UUID, _Sale], room: Room, actor: str, now: datetime
) -> dict[UUID, PlacedOrder | DomainError] | None:
    """Write the orders first and take the stock last, whose rows many wait for; None, and nothing is done, when it is
    too little for all.
    """
    await tx.mark()
    placed = await _write(tx, list(sales.values()), actor=actor, now=now)
    await room.keep(tx, _deliveries(sales.values()), now=now)
    verdicts = await hold_stock(tx, [_hold_request(sale) for sale in sales.values()], actor=actor)
    if any(verdict.shortages for verdict in verdicts):
        await tx.return_to_mark()
        return None
    sold = [(sale, verdict.claims) for sale, verdict in zip(sales.values(), verdicts, strict=True)]
    await _transfer(tx, sold, actor=actor, now=now)
    return dict(zip(sales, placed, strict=True))


def _deliveries(sales: Iterable[_Sale]) -> set[UUID]:
    """Of goods that wait for their arrival each line is a delivery of its own, for which nothing is planned yet."""
    return {delivery.id for sale in sales for delivery in sale.draft.deliveries}


def _hold_request(sale: _Sale) -> HoldRequest:
    """The units are allocated, or reserved while a card company is asked; first those that the cart has reserved."""
    inputs = sale.contents.inputs
    contents = sale.contents
    demands = demands_of(
        contents.lines,
        contents.deliveries,
        places=inputs.places,
        origins=inputs.origins,
        available=inputs.reachable,
        terms=inputs.terms,
    )
    early = early_stores(contents.deliveries, contents.slots, sale.draft.placed_at)
    demands = in_time(demands, contents.lines, early) if early else demands
    expires_at = sale.draft.placed_at + RESERVATION_TIME if sale.request.method is PaymentMethod.CARD else None
    adopts = contents.cart.reservation_id if contents.reserved else None
    return HoldRequest(OwnerKind.ORDER, sale.draft.id, demands, expires_at=expires_at, adopts=adopts)


async def _write(tx: WriteTx, sold: Sequence[_Sale], *, actor: str, now: datetime) -> list[PlacedOrder]:
    created = await create_orders(tx, [sale.draft for sale in sold], actor=actor, now=now)
    payments: list[PaymentDraft] = []
    for sale, order in zip(sold, created, strict=True):
        if order is None:
            message = "An open cart is an order already."
            raise AssertionError(message)
        payments.append(
            PaymentDraft(order.id, sale.request.method, order.total_minor, sale.draft.currency, sale.request.token)
        )
    keys = await start_payments(tx, payments, now=now)
    await complete_carts(tx, [sale.contents.cart.id for sale in sold], now=now)
    return [
        PlacedOrder(payment.order_id, authorization_of(key, payment))
        for key, payment in zip(keys, payments, strict=True)
    ]


async def _transfer(tx: WriteTx, sold: Sequence[tuple[_Sale, Sequence[Claim]]], *, actor: str, now: datetime) -> None:
    """What is collected elsewhere than it lies is sent for, once it is sure that it is paid."""
    for sale, claims in sold:
        if sale.request.method is not PaymentMethod.CARD:
            stores = stores_of_lines(sale.draft.lines, sale.draft.deliveries)
            await raise_transfers(tx, sale.draft.id, claims, stores, actor=actor, now=now)
