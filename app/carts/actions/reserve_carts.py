"""What is in carts is set aside for their buyers for a while."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from app.carts import sql
from app.carts.errors import CartEmpty, NotSold
from app.carts.model import CartStatus, NotSoldProblem, demands_of, require_open
from app.carts.model.refusals import line_facts, shortage_refusals
from app.carts.model.reserving import count_reservation
from app.carts.sql.reservations import SET_RESERVATIONS
from app.inventory.actions.hold_stock import hold_stock
from app.inventory.model import Ahead, HoldRequest, OwnerKind, ReservationReason
from app.inventory.model.reservations import reservation_span
from app.kit.db import WriteTx
from app.kit.errors import DomainError, NotFound, Refusals
from app.kit.ids import new_id


@dataclass(frozen=True, slots=True)
class CartHold:
    """A cart whose goods are to be reserved, at an instant (UTC).

    ttl_s: for how long, unless they are already; None: as long as is usual.
    """

    cart_id: UUID
    now: datetime
    actor: str
    ttl_s: int | None = None
    is_partner: bool = False


class _Begun(NamedTuple):
    """A new reservation of a cart, and the how manieth it is since when."""

    cart_id: UUID
    reservation_id: UUID
    reservations: int
    since: datetime


async def reserve_carts(tx: WriteTx, asked: Sequence[CartHold], *, now: datetime) -> list[UUID | DomainError]:
    """Reserve the units of all lines of carts, first come first served; the carts' ids, in the order of the requests.

    Each line may be served by whatever can serve the way in which it is handed over, or by any place while nobody has
    said that. All lines of a cart or none; those that would be sold ahead of their units are left out. A cart that has
    units reserved keeps them, gets what is missing and gives back what it does not need; their end stays. Nothing is
    changed for one that is answered with its refusal: NotFound, CartCompleted, CartExpired, InvalidInput, CartEmpty,
    NotSold, ReservedTooOften, or InsufficientStock for each line that is short. The number of statements does not
    depend on how many carts there are.
    """
    carts = await sql.lock_carts(tx, {one.cart_id for one in asked})
    opened = [cart for cart in carts.values() if cart.status == CartStatus.OPEN]
    contents = await sql.load_contents(tx, opened, now=now) if opened else {}
    requests: dict[UUID, HoldRequest] = {}
    begun: dict[UUID, _Begun] = {}
    refused: list[DomainError | None] = []
    for one in asked:
        try:
            wanted, begins = _request(one, carts.get(one.cart_id), contents)
        except DomainError as refusal:
            refused.append(refusal)
        else:
            refused.append(None)
            if one.cart_id not in requests and begins is not None:
                begun[one.cart_id] = begins
            requests.setdefault(one.cart_id, wanted)
    outcomes = await _reserve(tx, requests, contents, begun)
    return [refusal or outcomes[one.cart_id] for one, refusal in zip(asked, refused, strict=True)]


def hold_request(contents: sql.CartContents, owner_id: UUID) -> HoldRequest:
    """What the lines of a cart ask of the inventory."""
    inputs = contents.inputs
    demands = demands_of(
        contents.lines,
        contents.deliveries,
        places=inputs.places,
        origins=inputs.origins,
        available=inputs.reachable,
        terms=inputs.terms,
    )
    return HoldRequest(OwnerKind.CART, owner_id, demands, reason=ReservationReason.CART, ahead=Ahead.SKIP)


def _request(one: CartHold, cart: Any, contents: Mapping[UUID, sql.CartContents]) -> tuple[HoldRequest, _Begun | None]:
    """What a cart asks of the inventory, and what it begins if it reserves nothing yet. Raises what keeps it from
    being reserved.
    """
    if cart is None:
        message = "There is no such cart."
        raise NotFound(message, path=["input", "cartId"])
    require_open(cart, one.now)
    span = reservation_span(ReservationReason.CART, now=one.now, ttl_s=one.ttl_s, is_partner=one.is_partner)
    own = contents[cart.id]
    if not own.lines:
        message = "There is nothing in this cart."
        raise CartEmpty(message, path=["input", "cartId"])
    _check_sold(own)
    request = replace(hold_request(own, cart.reservation_id or new_id()), actor=one.actor)
    rows = [row for row in own.reserved if row["expires_at"] > one.now]
    if rows:
        kept = replace(
            request,
            adopts=cart.reservation_id,
            expires_at=rows[0]["expires_at"],
            extendable_until=rows[0]["extendable_until"],
            extended_at=rows[0]["extended_at"],
        )
        return kept, None
    count, since = count_reservation(cart.reservations_begun, cart.reservations_since, one.now)
    anew = replace(request, expires_at=span.expires_at, extendable_until=span.extendable_until)
    # What nobody has swept yet is still the cart's; else the new reservation has an id of its own.
    anew = replace(anew, adopts=cart.reservation_id) if own.reserved else replace(anew, owner_id=new_id())
    return anew, _Begun(cart.id, anew.owner_id, count, since)


def _check_sold(contents: sql.CartContents) -> None:
    lines = {line.id: line for line in contents.lines}
    gone = [lines[problem.line_id] for problem in contents.problems() if isinstance(problem, NotSoldProblem)]
    if gone:
        message = "This is not sold any more."
        raise Refusals([NotSold(message, variant_id=line.variant_id, **line_facts(line)) for line in gone])


async def _reserve(
    tx: WriteTx,
    requests: Mapping[UUID, HoldRequest],
    contents: Mapping[UUID, sql.CartContents],
    begun: Mapping[UUID, _Begun],
) -> dict[UUID, UUID | DomainError]:
    if not requests:
        return {}
    verdicts = await hold_stock(tx, list(requests.values()), actor="")
    outcomes: dict[UUID, UUID | DomainError] = {}
    made: list[_Begun] = []
    for cart_id, verdict in zip(requests, verdicts, strict=True):
        if verdict.shortages:
            outcomes[cart_id] = Refusals(shortage_refusals(verdict.shortages, contents[cart_id].lines))
            continue
        outcomes[cart_id] = cart_id
        if verdict.claims and cart_id in begun:
            made.append(begun[cart_id])
    await _remember(tx, made)
    return outcomes


async def _remember(tx: WriteTx, begun: Sequence[_Begun]) -> None:
    if begun:
        await tx.execute(
            SET_RESERVATIONS,
            ids=[one.cart_id for one in begun],
            reservation_ids=[one.reservation_id for one in begun],
            begun=[one.reservations for one in begun],
            since=[one.since for one in begun],
        )
