"""Ways to hand goods over, nearest first, with what each of them covers."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from app.capacity.model.parcels import Parcel, parcel_of
from app.capacity.model.slots import OpenSlot, SlotBoard
from app.capacity.model.stations import Station
from app.carts.model.totals import ShippingRate
from app.inventory.model.selling import Terms
from app.locations.model import Place, Point, rank_places
from app.sourcing.model import (
    Available,
    Coverage,
    DeliveryMode,
    Goods,
    IneligibleReason,
    Reason,
    SourceLine,
    coverage,
    ineligible_reasons,
    is_point_of,
    mixed_reasons,
    sources_of,
    usable_units,
    worst_coverage,
)


@dataclass(frozen=True, slots=True)
class AskedLine:
    """Goods that options are asked for. Variants are distinct. price_minor: of one unit. line_id: of the
    cart's line.
    """

    variant_id: int
    sku: str
    quantity: int
    price_minor: int
    goods: Goods
    line_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class OptionLine:
    """How one option covers one line. Units as in `LineCoverage`; reasons: why the goods cannot be handed
    over so.
    """

    variant_id: int
    sku: str
    line_id: UUID | None
    requested: int
    available: int
    available_here: int
    coverage: Coverage
    reasons: tuple[Reason, ...]

    @property
    def eligible(self) -> bool:
        """Whether the goods can be handed over this way."""
        return not self.reasons


@dataclass(frozen=True, slots=True)
class Option:
    """One way. location_id: None at the buyer's home, and for a mode without any place. fee_minor: of
    everything. own_reasons: why the place cannot take the goods, whatever becomes of each line. first_slot: the next
    one of a store that hands over by slots; needs_slot: whether there has to be one.
    """

    mode: DeliveryMode
    location_id: int | None
    distance_km: float | None
    lines: tuple[OptionLine, ...]
    fee_minor: int
    currency: str
    own_reasons: tuple[Reason, ...] = ()
    first_slot: OpenSlot | None = None
    needs_slot: bool = False

    @property
    def coverage(self) -> Coverage:
        """That of the worst line."""
        return worst_coverage(line.coverage for line in self.lines)

    @property
    def covered_lines(self) -> int:
        """Lines that are eligible and have enough units."""
        return sum(line.eligible and line.coverage is not Coverage.SHORT for line in self.lines)

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Of all lines, each code once."""
        of_lines = [reason for line in reversed(self.lines) for reason in line.reasons]
        return tuple({reason.code: reason for reason in (*of_lines, *self.own_reasons)}.values())

    @property
    def eligible(self) -> bool:
        """Whether all goods can be handed over this way."""
        return not self.own_reasons and all(line.eligible for line in self.lines)


@dataclass(frozen=True, slots=True)
class OptionInputs:
    """The places of the channel's group, its stock, rates and currency; origin: None when nobody knows
    where. terms: by variant id, of those that are sold by rules.
    """

    places: Mapping[int, Place]
    available: Available
    rate: ShippingRate
    currency: str
    origin: Point | None = None
    terms: Mapping[int, Terms] = field(default_factory=dict[int, Terms])


def pickup_options(
    lines: Sequence[AskedLine], inputs: OptionInputs, modes: Iterable[DeliveryMode] | None, first: int
) -> list[Option]:
    """The buyer's home, then the `first` nearest places that hand over in one of `modes` (None: in all of
    them).

    Places that cover the lines in part, or not at all, stand where their distance puts them. A mode that
    was asked for and has no place comes last, as an option without a location.
    """
    places = list(inputs.places.values())
    wanted = list(DeliveryMode) if modes is None else list(dict.fromkeys(modes))
    usable = {mode: usable_units(mode, places, inputs.available, inputs.terms) for mode in wanted}
    options: list[Option] = []
    if DeliveryMode.HOME_DELIVERY in wanted:
        options.append(_option(lines, inputs, DeliveryMode.HOME_DELIVERY, usable[DeliveryMode.HOME_DELIVERY]))
    pickups = [mode for mode in wanted if mode is not DeliveryMode.HOME_DELIVERY]
    mode_of = {place.id: mode for place in places for mode in pickups if is_point_of(place, mode)}
    ranked = rank_places((place for place in places if place.id in mode_of), inputs.origin)
    for place, distance in ranked[:first]:
        mode = mode_of[place.id]
        options.append(_option(lines, inputs, mode, usable[mode], (place, distance)))
    if modes is not None:
        empty = [mode for mode in pickups if mode not in mode_of.values()]
        options += [_option(lines, inputs, mode, usable[mode]) for mode in empty]
    return options


def _option(
    lines: Sequence[AskedLine],
    inputs: OptionInputs,
    mode: DeliveryMode,
    usable: Mapping[int, int],
    at: tuple[Place, float | None] | None = None,
) -> Option:
    place, distance = at or (None, None)
    is_home = mode is DeliveryMode.HOME_DELIVERY
    has_points = bool(sources_of(mode, inputs.places.values())) if is_home else place is not None
    sources = [SourceLine(number, line.variant_id, line.quantity) for number, line in enumerate(lines)]
    covered = coverage(sources, mode, place, usable, inputs.available, terms=inputs.terms)
    rows = [
        OptionLine(
            variant_id=line.variant_id,
            sku=line.sku,
            line_id=line.line_id,
            requested=line.quantity,
            available=found.available,
            available_here=found.available_here,
            coverage=found.coverage,
            reasons=ineligible_reasons(line.goods, line.quantity, mode, has_points=has_points, place=place),
        )
        for line, found in zip(lines, covered, strict=True)
    ]
    goods = sum(line.price_minor * line.quantity for line in lines)
    fee = inputs.rate.fee(goods) if is_home else 0
    mixed = mixed_reasons((line.goods for line in lines), mode)
    return Option(mode, None if place is None else place.id, distance, tuple(rows), fee, inputs.currency, mixed)


def with_lockers(
    options: Sequence[Option], lines: Sequence[AskedLine], stations: Mapping[int, Station], now: datetime
) -> list[Option]:
    """The options with what their lockers have to say to an order of now; stations: those that are known, by id."""
    parcel = parcel_of((line.goods, line.quantity) for line in lines)
    found: list[Option] = []
    for option in options:
        station = None if option.location_id is None else stations.get(option.location_id)
        reasons = () if station is None else _locker_reasons(station, parcel, now)
        found.append(replace(option, own_reasons=option.own_reasons + reasons) if reasons else option)
    return found


def with_slots(options: Sequence[Option], board: SlotBoard, now: datetime) -> list[Option]:
    """The options with the first slot that an order of now can have at each of the stores; board: those with slots."""
    return [
        option
        if option.location_id is None or (plan := board.plans.get(option.location_id)) is None or not plan.is_on
        else replace(
            option, first_slot=_first_slot(option, option.location_id, board, now), needs_slot=plan.is_required
        )
        for option in options
    ]


def _first_slot(option: Option, location_id: int, board: SlotBoard, now: datetime) -> OpenSlot | None:
    is_here = all(line.available_here >= line.requested for line in option.lines)
    ready = None if is_here else board.plans[location_id].transferred(now)
    return next(iter(board.open_slots(location_id, now, 1, since=ready)), None)


def _locker_reasons(station: Station, parcel: Parcel, now: datetime) -> tuple[Reason, ...]:
    if station.free_for(parcel, *station.terms.period(now)) is not None:
        return ()
    if not station.has_class(parcel.temperature):
        return ()  # each line says so by itself
    if not station.takes(parcel):
        return (Reason(IneligibleReason.TOO_LARGE_FOR_LOCKER, "The goods fit into none of the lockers here."),)
    return (Reason(IneligibleReason.LOCKER_FULL, "No locker here is free when the goods would be in it."),)
