"""Open carts: one, or all that buyers open at this moment, in the same handful of statements."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.capacity.model.slots import Slot, SlotBoard
from app.capacity.sql.slots import look_at_slots
from app.carts import sql
from app.carts.model import (
    LIFETIME,
    CartDraft,
    check_quantities,
    check_row_count,
    check_size,
    check_sold,
    clean_destination,
    is_plain_text,
    skus_of,
    units_by_variant,
    variants_of,
)
from app.carts.model.slot_problems import require_slot
from app.catalog.sql import sellables, variant_ids_by_sku
from app.channels.errors import UnknownCurrency
from app.channels.sql import channels_by_code
from app.kit.db import Row, WriteTx
from app.kit.errors import DomainError, InvalidInput, NotFound
from app.kit.ids import new_id
from app.kit.mail import normalize_email
from app.locations.model import Place
from app.locations.sql import open_places


@dataclass(frozen=True, slots=True)
class _Shop:
    """What carts are made of. goods and places: by channel id, then by their own id. slots: of stores that are named
    with one.
    """

    channels: Mapping[str, Row]
    by_sku: Mapping[str, int]
    goods: Mapping[int, Mapping[int, Row]]
    places: Mapping[int, Mapping[int, Place]]
    slots: SlotBoard


@dataclass(frozen=True, slots=True)
class _Cart:
    """A cart that can be opened. address: of a home delivery; slot: of a pickup; lines: (variant, units, price in minor
    units).
    """

    id: UUID
    draft: CartDraft
    channel: Row
    email: str | None
    lines: list[tuple[int, int, int]]
    delivery_id: UUID | None
    address: dict[str, Any] | None
    slot: Slot | None = None


async def create_carts(tx: WriteTx, drafts: Sequence[CartDraft]) -> list[UUID | DomainError]:
    """Open carts with up to 100 lines each; their ids, in the order of the drafts. Each lives 30 days from its last
    change (UTC).

    Nothing is kept of a draft that is answered with its refusal: NotFound (channel, variant, location),
    UnknownCurrency, InvalidEmail, InvalidInput, InvalidPostalCode, InvalidQuantity, CartTooLarge, NotSold,
    DeliveryModeNotEligible, SlotFull or SlotNotOffered. Five statements, one more for SKUs, two for slots, and up to
    two for each channel among the drafts.
    """
    shop = await _load(tx, drafts)
    answers: list[_Cart | DomainError] = []
    for draft in drafts:
        try:
            answers.append(_check(draft, shop))
        except DomainError as refusal:
            answers.append(refusal)
    await _insert(tx, [answer for answer in answers if isinstance(answer, _Cart)])
    return [answer.id if isinstance(answer, _Cart) else answer for answer in answers]


async def _load(tx: WriteTx, drafts: Sequence[CartDraft]) -> _Shop:
    codes = {draft.channel_code for draft in drafts if is_plain_text(draft.channel_code)}
    channels = await channels_by_code(tx, sorted(codes))
    skus = skus_of(line for draft in drafts for line in draft.lines)
    by_sku = await variant_ids_by_sku(tx, sorted(skus)) if skus else {}
    goods: dict[int, Mapping[int, Row]] = {}
    places: dict[int, Mapping[int, Place]] = {}
    for code, channel in channels.items():
        own = [draft for draft in drafts if draft.channel_code == code]
        named = (by_sku.get(line.sku or "", line.variant_id) for draft in own for line in draft.lines)
        variant_ids = {variant_id for variant_id in named if variant_id is not None}
        if variant_ids:
            goods[channel.id] = await sellables(tx, sorted(variant_ids), channel.id)
        ends = [draft.delivery.location_id for draft in own if draft.delivery is not None]
        points = {location_id for location_id in ends if location_id is not None}
        if points:
            places[channel.id] = await open_places(tx, channel.location_group_id, points)
    stores = {
        draft.delivery.location_id
        for draft in drafts
        if draft.delivery is not None and draft.delivery.slot_begins and draft.delivery.location_id is not None
    }
    # Whoever opens carts together does so at about the same time.
    since = min((draft.now for draft in drafts), default=None)
    slots = await look_at_slots(tx, stores, since) if stores and since is not None else SlotBoard()
    return _Shop(channels, by_sku, goods, places, slots)


def _check(draft: CartDraft, shop: _Shop) -> _Cart:
    """Raises the refusal of a cart that cannot be opened."""
    if draft.lines:
        check_row_count(len(draft.lines), "lines")
    channel = shop.channels.get(draft.channel_code)
    if channel is None or not channel.is_active:
        raise NotFound("There is no such channel.", path=["input", "channel"])
    if draft.currency is not None and draft.currency != channel.currency:
        message = f"The channel sells in {channel.currency}."
        raise UnknownCurrency(message, path=["input", "currency"], currency=draft.currency, accepted=channel.currency)
    email = None if draft.email is None else normalize_email(draft.email, "input", "email")
    lines = _lines(draft, shop.by_sku, shop.goods.get(channel.id, {}))
    address = None
    if draft.delivery is not None:
        if not lines:
            raise InvalidInput("A delivery is for goods: name at least one line.", path=["input", "delivery"])
        address = clean_destination(draft.delivery, shop.places.get(channel.id, {}), "input", "delivery")
    delivery_id = None if draft.delivery is None else new_id()
    return _Cart(new_id(), draft, channel, email, lines, delivery_id, address, _slot(draft, shop.slots))


def _slot(draft: CartDraft, slots: SlotBoard) -> Slot | None:
    to = draft.delivery
    if to is None or to.slot_begins is None or to.location_id is None:
        return None
    return require_slot(slots, to.location_id, to.slot_begins, draft.now, "input", "delivery", "slotBegins")


def _lines(draft: CartDraft, by_sku: Mapping[str, int], goods: Mapping[int, Row]) -> list[tuple[int, int, int]]:
    check_quantities([line.quantity for line in draft.lines], "lines")
    variant_ids = variants_of(draft.lines, by_sku)
    check_sold(variant_ids, goods, draft.lines)
    wanted = units_by_variant(variant_ids, draft.lines)
    lines = [(variant_id, units, goods[variant_id].price_minor) for variant_id, units in wanted.items()]
    check_size(len(lines), sum(units * price for _, units, price in lines))
    return lines


async def _insert(tx: WriteTx, carts: Sequence[_Cart]) -> None:
    if not carts:
        return
    await tx.execute(
        sql.INSERT_CARTS,
        ids=[cart.id for cart in carts],
        channel_ids=[cart.channel.id for cart in carts],
        currencies=[cart.channel.currency for cart in carts],
        emails=[cart.email for cart in carts],
        member_ids=[cart.draft.member_id for cart in carts],
        nows=[cart.draft.now for cart in carts],
        expiries=[cart.draft.now + LIFETIME for cart in carts],
    )
    sent = [(cart, cart.draft.delivery) for cart in carts if cart.draft.delivery is not None]
    if sent:
        await tx.execute(
            sql.INSERT_DELIVERIES,
            ids=[cart.delivery_id for cart, _ in sent],
            cart_ids=[cart.id for cart, _ in sent],
            modes=[delivery.mode.value for _, delivery in sent],
            location_ids=[delivery.location_id for _, delivery in sent],
            addresses=[cart.address for cart, _ in sent],
            slot_begins=[cart.slot and cart.slot.begins for cart, _ in sent],
            slot_ends=[cart.slot and cart.slot.ends for cart, _ in sent],
        )
    rows = [(cart, *line) for cart in carts for line in cart.lines]
    if rows:
        await tx.execute(
            sql.PUT_LINES,
            ids=[new_id() for _ in rows],
            cart_ids=[cart.id for cart, *_ in rows],
            variant_ids=[variant_id for _, variant_id, _, _ in rows],
            quantities=[units for _, _, units, _ in rows],
            prices=[price for *_, price in rows],
            delivery_ids=[cart.delivery_id for cart, *_ in rows],
        )
