"""What the rules of sourcing are fed with."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from app.inventory.model.selling import StockKey, Terms, with_own
from app.inventory.sql import sellable_levels
from app.kit.db import ReadTx
from app.locations.model import Place, Point, rank_places
from app.locations.sql import find_points, places_of_group, stock_places_of_group
from app.sourcing.model import Available, DeliveryMode, sources_of


@dataclass(frozen=True, slots=True)
class PlanInputs:
    """Places of a group by id, units that may be promised at those that hold stock, and where postal codes lie.

    terms: by variant id, of those that are sold by rules; `available` has their bundles' components, too. own: units
    that are reserved for whoever asks, by (variant id, location id); they are not in `available`.
    """

    places: dict[int, Place]
    available: Available
    origins: dict[str, Point]
    terms: dict[int, Terms] = field(default_factory=dict[int, Terms])
    own: Mapping[StockKey, int] = field(default_factory=dict[StockKey, int])

    @property
    def reachable(self) -> Available:
        """`available` with the own units."""
        return with_own(self.available, self.own, self.terms)

    def sources(self, mode: DeliveryMode | None, near: Point | None = None) -> list[Place]:
        """The places whose stock can serve a mode, nearest to `near` first (None: in the order of their
        ids).
        """
        return [place for place, _ in rank_places(sources_of(mode, self.places.values()), near)]

    def origin(self, postal_code: str | None) -> Point | None:
        """Where a postal code lies; None when nobody knows."""
        return None if postal_code is None else self.origins.get(postal_code)


async def load_plan_inputs(
    tx: ReadTx,
    *,
    group_id: int,
    channel_id: int,
    today: date,
    variant_ids: Sequence[int],
    postal_codes: Collection[str] = (),
    points: Collection[int] | None = None,
) -> PlanInputs:
    """Everything that `plan_sources`, `plan_pickup` and `coverage` need, in two statements (three with postal
    codes, and up to two more where selling rules are about these variants).

    group_id: the channel's location group. today: the selling day. postal_codes: of the addresses that home deliveries
    go to, seven digits. points: the locations without stock that matter; None: all that the group has.
    """
    if points is None:
        found = await places_of_group(tx, group_id)
    else:
        found = await stock_places_of_group(tx, group_id, also=points)
    places = {place.id: place for place in found}
    holding = [place.id for place in sources_of(None, places.values())]
    wanted = list(dict.fromkeys(variant_ids))
    available, terms = await sellable_levels(tx, wanted, holding, channel_id, today=today)
    origins = await find_points(tx, sorted(set(postal_codes))) if postal_codes else {}
    return PlanInputs(places, available, origins, terms)
