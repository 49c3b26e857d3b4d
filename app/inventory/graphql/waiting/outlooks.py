"""When lines that wait will be served, for a page of them at once."""

from collections.abc import Collection
from datetime import date
from itertools import groupby
from typing import Any, Final, NamedTuple, TypeAlias
from uuid import UUID

from app.inventory.graphql.batches import visible_location_ids
from app.inventory.model.promises import day_in_japan
from app.inventory.model.selling import SellingPolicy
from app.inventory.model.waiting import Served, Supply, WaitingLine, outlook
from app.inventory.sql.waiting import EXPECTED, FREE_UNITS, QUEUES
from app.kit.db import Row
from app.kit.graphql.context import Context

# Lines of a variant's queue that are looked at: who waits behind them is told nothing.
MOST: Final = 1_000
# (variant, entry).
Key: TypeAlias = tuple[int, int]


class SourceRow(NamedTuple):
    """Units that will serve a line; the last four are None where they are there already."""

    location_id: int
    quantity: int
    expected_on: date | None = None
    cause_kind: str | None = None
    cause_id: UUID | None = None
    line_no: int | None = None


class OutlookRow(NamedTuple):
    """served_on None: what is there and expected on a day is too little."""

    units_ahead: int
    served_on: date | None
    sources: tuple[SourceRow, ...]


async def outlooks_by_line(context: Context, keys: list[Key], columns: Collection[str] | None) -> dict[Key, OutlookRow]:
    """Three statements for any number of lines. Keys limited to locations are told of no sources at others."""
    del columns
    visible = await visible_location_ids(context)
    last: dict[int, int] = {}
    for variant_id, entry_id in keys:
        last[variant_id] = max(entry_id, last.get(variant_id, 0))
    today, variant_ids = day_in_japan(context.now), sorted(last)
    rows = await context.fetch(
        QUEUES, variant_ids=variant_ids, entry_ids=[last[variant_id] for variant_id in variant_ids], most=MOST
    )
    levels = await context.fetch(FREE_UNITS, variant_ids=variant_ids)
    expected = await context.fetch(EXPECTED, variant_ids=variant_ids, today=today)
    free: dict[int, dict[int, int]] = {}
    supplies: dict[int, list[Supply]] = {}
    for row in levels:
        free.setdefault(row["variant_id"], {})[row["location_id"]] = row["free"]
    for number, row in enumerate(expected):
        one = Supply(number, row["location_id"], row["expected_on"], row["quantity"])
        supplies.setdefault(row["variant_id"], []).append(one)
    found: dict[Key, OutlookRow] = {}
    for variant_id, some in groupby(rows, lambda row: row["variant_id"]):
        queue: list[Row] = [*some]
        served = _served(queue, free.get(variant_id, {}), supplies.get(variant_id, []), today)
        ahead = 0
        for row in queue:
            when = served.get(row["entry_id"])
            sources = () if when is None else _sources(when, expected, visible)
            found[variant_id, row["entry_id"]] = OutlookRow(ahead, when and when.day, sources)
            ahead += row["quantity"]
    return found


def _served(queue: list[Row], free: dict[int, int], supplies: list[Supply], today: date) -> dict[int, Served]:
    rule = queue[0]
    lines = [WaitingLine(row["entry_id"], row["quantity"], row["candidates"], row["may_split"]) for row in queue]
    opens = rule["promised_on"] if rule["policy"] == SellingPolicy.PREORDER else today
    return outlook(lines, free, supplies, today=today, opens=opens)


def _sources(served: Served, expected: list[Row], visible: list[int] | None) -> tuple[SourceRow, ...]:
    found: list[SourceRow] = []
    for source in served.sources:
        if visible is not None and source.location_id not in visible:
            continue
        origin: Any = None if source.supply is None else expected[source.supply]
        about = [] if origin is None else [origin[name] for name in SourceRow._fields[2:]]
        found.append(SourceRow(source.location_id, source.quantity, *about))
    return tuple(found)
