"""How much of variants can be bought from groups of locations."""

from collections.abc import Collection, Mapping, Sequence
from typing import Annotated, Final, NamedTuple, TypeAlias

import strawberry

from app.inventory.graphql.availability import places_of
from app.inventory.graphql.levels import MAX_INT, may_see_totals
from app.inventory.graphql.promises import expected_in, expected_rows, promises_in
from app.inventory.graphql.ruled import ruled_levels
from app.inventory.graphql.selling.types import known_terms
from app.inventory.model.promised import promised
from app.inventory.model.promises import AvailabilityMode, Promise, day_in_japan, merged
from app.inventory.model.selling import offer
from app.inventory.sql.availability import GROUP_TOTALS
from app.kit.errors import InvalidInput
from app.kit.graphql.context import Context
from app.kit.graphql.nodes import require_int
from app.kit.paging import MAX_PAGE, page_size
from app.locations.sql.groups import KEPT_STOCK_GROUPS

Key: TypeAlias = tuple[int, AvailabilityMode]
Groups: TypeAlias = Mapping[int, Sequence[int]]
_TOTALS: Final = ("on_hand", "reserved", "allocated")


class GroupLevel(NamedTuple):
    """A variant at the locations of a group that the channel sells from. Counters as in `Availability`."""

    group_id: int
    location_count: int
    on_hand: int | None
    reserved: int | None
    allocated: int | None
    available: int = 0
    promises: Sequence[Promise] = ()


Levels: TypeAlias = dict[tuple[int, int], GroupLevel]


async def groups_by_variant(
    context: Context,
    keys: list[Key],
    columns: Collection[str] | None,
    *,
    group_ids: Annotated[
        list[strawberry.ID] | None,
        strawberry.argument(
            description="These groups only, at most 100, in this order, also where nothing is left. By default those "
            "with locations that the channel sells from, in order of their code."
        ),
    ] = None,
    first: Annotated[int, strawberry.argument(description="How many groups to list, at most 100.")] = 20,
) -> dict[Key, list[GroupLevel]]:
    """One statement for any number of variants and groups, and those of selling rules where a variant has one.

    Raises NotFound for ids that are none, InvalidInput for too many.
    """
    del columns
    groups = await _groups(context, group_ids, page_size(first))
    found: dict[Key, list[GroupLevel]] = {}
    for mode in AvailabilityMode if groups else ():
        variant_ids = [variant_id for variant_id, wanted in keys if wanted is mode]
        if variant_ids:
            levels = await (_now if mode is AvailabilityMode.FULFILLABLE_NOW else _promised)(
                context, variant_ids, groups
            )
            found |= {(key, mode): [levels[key, group_id] for group_id in groups] for key in variant_ids}
    return found


async def _groups(context: Context, group_ids: Sequence[strawberry.ID] | None, first: int) -> Groups:
    """The locations of the wanted groups that the channel sells from, by group."""
    if group_ids is not None and len(group_ids) > MAX_PAGE:
        message = f"At most {MAX_PAGE} groups at once."
        raise InvalidInput(message, path=["groupIds"])
    wanted = None if group_ids is None else [require_int(one, "LocationGroup", "groupIds") for one in group_ids]
    sells_from = {place.id for place in (await places_of(context)).places}
    known = (await context.find(KEPT_STOCK_GROUPS, (0,)))[0]
    found = {
        group_id: [place for place in known[group_id] if place in sells_from]
        for group_id in (known if wanted is None else wanted)
        if group_id in known
    }
    listed = [group_id for group_id, places in found.items() if wanted is not None or places]
    return {group_id: found[group_id] for group_id in listed[:first]}


def _nothing(context: Context, variant_ids: Collection[int], groups: Groups) -> Levels:
    zero = 0 if may_see_totals(context) else None
    return {
        (key, group_id): GroupLevel(group_id, len(places), zero, zero, zero)
        for key in variant_ids
        for group_id, places in groups.items()
    }


async def _now(context: Context, variant_ids: list[int], groups: Groups) -> Levels:
    """What lies there, and what rules leave of it: the checkout would grant it if only the group could serve."""
    pairs = [(group_id, place) for group_id, places in groups.items() for place in places]
    rows = await context.fetch(
        GROUP_TOTALS,
        variant_ids=variant_ids,
        group_ids=[group_id for group_id, _ in pairs],
        member_ids=[place for _, place in pairs],
    )
    found = _nothing(context, variant_ids, groups)
    for row in rows:
        key = (row["variant_id"], row["group_id"])
        found[key] = found[key]._replace(available=row["available"])
        if may_see_totals(context):
            found[key] = found[key]._replace(**{name: row[name] for name in _TOTALS})
    levels, terms = await ruled_levels(context, variant_ids, _all_of(groups))
    for variant_id, one in terms.items():
        for group_id, places in groups.items():
            key = (variant_id, group_id)
            found[key] = found[key]._replace(available=offer(levels, variant_id, places, one).units)
    return found


async def _promised(context: Context, variant_ids: list[int], groups: Groups) -> Levels:
    """With what is expected there, by the rules of variants that have some."""
    today = day_in_japan(context.now)
    terms = await known_terms(context, variant_ids)
    rows = await expected_rows(context, variant_ids, terms, _all_of(groups))
    expected = expected_in(rows) if terms else {}
    by_place = {(row["variant_id"], row["location_id"]): (row, promises_in(row, today)) for row in rows}
    found = _nothing(context, variant_ids, groups)
    for key, nothing in list(found.items()):
        variant_id, group_id = key
        here = [by_place[variant_id, place] for place in groups[group_id] if (variant_id, place) in by_place]
        promises = merged(promise for _, some in here for promise in some)
        if variant_id in terms:
            promises = promised(expected, variant_id, groups[group_id], terms[variant_id]).promises
        available = min(sum(promise.quantity for promise in promises), MAX_INT)
        found[key] = nothing._replace(available=available, promises=promises)
        if may_see_totals(context):
            sums = {name: min(sum(row[name] for row, _ in here), MAX_INT) for name in _TOTALS}
            found[key] = found[key]._replace(**sums)
    return found


def _all_of(groups: Groups) -> list[int]:
    return sorted({place for places in groups.values() for place in places})
