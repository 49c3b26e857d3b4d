"""New reservations of one batch: what their inputs mean, and what became of them."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from app.catalog.model import is_storable
from app.inventory.actions.hold_stock import hold_stock
from app.inventory.errors import InsufficientStock
from app.inventory.graphql.mutations.checks import check_count
from app.inventory.graphql.reservations.forms import ReservationCreateInput, ReservationLineInput, ReservationMode
from app.inventory.model import Ahead, Demand, HoldRequest, OwnerKind, Shortage, check_quantity
from app.inventory.model.reservations import reservation_span
from app.inventory.model.selling import Terms, selling_day
from app.inventory.sql import reservation_views
from app.inventory.sql.selling import terms_of
from app.kit.db import WriteTx
from app.kit.errors import DomainError, InvalidInput, NotFound, Refusals
from app.kit.graphql.nodes import require_int
from app.kit.graphql.payload import Outcome, grouped
from app.kit.permissions import Actor


@dataclass(frozen=True, slots=True)
class Asked:
    """A caller who wants to reserve units, at an instant (UTC).

    id: that of the new reservation. settles: whether a partial reservation takes what there is; before it asks for
    all.
    """

    id: UUID
    actor: Actor
    input: ReservationCreateInput
    now: datetime
    settles: bool = False


@dataclass(frozen=True, slots=True)
class _Where:
    """Where the units may come from: one of the three."""

    location_id: int | None = None
    group_id: int | None = None
    channel: str | None = None


@dataclass(slots=True)
class _Places:
    """(location id, its partner's id) of all candidates in the order of their ids. channel_id: 0 where none is
    named.
    """

    candidates: list[tuple[int, UUID | None]] = field(default_factory=list[tuple[int, UUID | None]])
    channel_id: int = 0


async def reserve(tx: WriteTx, asked: Sequence[Asked]) -> list[Outcome | DomainError]:
    """Reserve for all callers, first come first served, by the rules of selling: those of a channel where one is named.

    Two statements, and one for each channel among the requests, beside those of `hold_stock`.
    """
    wheres = [_where(one.input) for one in asked]
    places = await _places(tx, wheres)
    variants = await _variants(tx, [line for one in asked for line in one.input.lines])
    terms = await _terms(tx, {found.channel_id for found in places.values()}, variants.values(), asked[0].now)
    answers: dict[int, Outcome | DomainError] = {}
    requests: dict[int, HoldRequest] = {}
    for number, (one, where) in enumerate(zip(asked, wheres, strict=True)):
        try:
            if isinstance(where, DomainError):
                raise where
            found = places.get(number, _Places())
            requests[number] = _request(one, where, found, variants, terms.get(found.channel_id, {}))
        except DomainError as refusal:
            answers[number] = refusal
    verdicts = await hold_stock(tx, list(requests.values()), actor="") if requests else []
    for (number, request), verdict in zip(requests.items(), verdicts, strict=True):
        lines = asked[number].input.lines
        answers[number] = (
            Outcome({"reservation_id": str(request.owner_id)})
            if verdict.claims
            else Refusals([_short(shortage, lines) for shortage in verdict.shortages])
        )
    return [answers[number] for number in range(len(asked))]


RESERVE: Final = grouped(reserve)


def _where(wanted: ReservationCreateInput) -> _Where | DomainError:
    given = (wanted.location_id, wanted.location_group_id, wanted.channel)
    if sum(value is not None for value in given) != 1:
        message = "Say one of locationId, locationGroupId and channel."
        return InvalidInput(message, path=["input", "locationId"])
    try:
        if wanted.location_id is not None:
            return _Where(location_id=require_int(wanted.location_id, "Location", "input", "locationId"))
        if wanted.location_group_id is not None:
            group_id = require_int(wanted.location_group_id, "LocationGroup", "input", "locationGroupId")
            return _Where(group_id=group_id)
    except DomainError as refusal:
        return refusal
    return _Where(channel=wanted.channel if is_storable(wanted.channel or "") else "")


async def _places(tx: WriteTx, wheres: Sequence[_Where | DomainError]) -> dict[int, _Places]:
    """By the request's number."""
    known = [(number, where) for number, where in enumerate(wheres) if isinstance(where, _Where)]
    rows = await tx.fetch(
        reservation_views.CANDIDATES,
        numbers=[number for number, _ in known],
        location_ids=[where.location_id for _, where in known],
        group_ids=[where.group_id for _, where in known],
        channels=[where.channel for _, where in known],
    )
    found: dict[int, _Places] = {}
    for row in rows:
        own = found.setdefault(row["number"], _Places(channel_id=row["channel_id"] or 0))
        own.candidates.append((row["id"], row["partner_id"]))
    return found


async def _terms(
    tx: WriteTx, channel_ids: Iterable[int], variant_ids: Iterable[int], now: datetime
) -> dict[int, dict[int, Terms]]:
    """How the variants are sold, by channel: without one, their queues and bundles count, and no shares."""
    wanted, today = sorted(set(variant_ids)), selling_day(now)
    return {key: await terms_of(tx, wanted, key, today=today) for key in sorted(channel_ids)}


async def _variants(tx: WriteTx, lines: Sequence[ReservationLineInput]) -> dict[str | int, int]:
    """Variant ids by what the lines call them: a SKU or an id."""
    skus = {line.sku for line in lines if line.sku is not None and is_storable(line.sku)}
    ids: set[int] = set()
    for line in lines:
        try:
            ids |= set() if line.variant_id is None else {require_int(line.variant_id, "Variant")}
        except NotFound:
            continue
    rows = await tx.fetch(reservation_views.VARIANTS, skus=sorted(skus), ids=sorted(ids))
    found: dict[str | int, int] = {row["sku"]: row["id"] for row in rows if row["sku"] in skus}
    return found | {row["id"]: row["id"] for row in rows if row["id"] in ids}


def _request(
    one: Asked, where: _Where, places: _Places, variants: Mapping[str | int, int], terms: Mapping[int, Terms]
) -> HoldRequest:
    wanted, actor = one.input, one.actor
    check_count(wanted.lines)
    span = reservation_span(
        wanted.reason,
        now=one.now,
        expires_at=wanted.expires_at,
        ttl_s=wanted.ttl_seconds,
        is_partner=actor.partner_id is not None,
    )
    candidates = tuple(
        place
        for place, partner_id in places.candidates
        if actor.may_act_at(place) and actor.partner_id in {None, partner_id}
    )
    if not candidates:
        name = "locationId" if where.location_id else "locationGroupId" if where.group_id else "channel"
        message = "Stock is not kept there, or this key may not act there."
        raise NotFound(message, path=["input", name])
    may_split = wanted.mode is not ReservationMode.ONE_LOCATION
    demands = tuple(
        Demand(line_no, variant_id, _quantity(line, line_no - 1), candidates, may_split, terms.get(variant_id))
        for line_no, line in enumerate(wanted.lines, 1)
        for variant_id in (_variant(line, line_no - 1, variants),)
    )
    return HoldRequest(
        OwnerKind.STAFF,
        one.id,
        demands,
        expires_at=span.expires_at,
        partial=wanted.mode is ReservationMode.PARTIAL and one.settles,
        reason=wanted.reason,
        extendable_until=span.extendable_until,
        actor=actor.reference,
        ahead=Ahead.REFUSE,
    )


def _variant(line: ReservationLineInput, index: int, variants: Mapping[str | int, int]) -> int:
    path = ("input", "lines", str(index))
    if (line.sku is None) == (line.variant_id is None):
        message = "Say sku or variantId of a line."
        raise InvalidInput(message, path=path)
    name = line.sku if line.variant_id is None else require_int(line.variant_id, "Variant", *path, "variantId")
    found = variants.get(name or "")
    if found is None:
        message = "There is no such variant."
        raise NotFound(message, path=[*path, "sku" if line.variant_id is None else "variantId"])
    return found


def _quantity(line: ReservationLineInput, index: int) -> int:
    return check_quantity(line.quantity, "input", "lines", str(index), "quantity")


def _short(shortage: Shortage, lines: Sequence[ReservationLineInput]) -> InsufficientStock:
    index = shortage.line_no - 1
    return InsufficientStock(
        f"{shortage.available} of {shortage.requested} units of line {shortage.line_no} are available there.",
        path=["input", "lines", str(index), "quantity"],
        requested=shortage.requested,
        available=shortage.available,
        variant_id=shortage.variant_id,
        line_no=shortage.line_no,
        **({} if lines[index].sku is None else {"sku": lines[index].sku}),
    )
