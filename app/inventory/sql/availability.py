"""How much of variants can be bought, in all and at which locations.

One statement reads all levels of the variants in the order in which they are listed, as plain rows that can be shown as
they are: for as many places as shops have, adding up and cutting off in Python costs less than in PostgreSQL. With
very many places PostgreSQL does it.
"""

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum
from functools import lru_cache
from typing import Final

from app.kit.statement import Statement

COUNTERS: Final = ("on_hand", "reserved", "allocated", "safety")
LEVEL_COLUMNS: Final = frozenset({"variant_id", "location_id", "available", "version", "distance_km", *COUNTERS})

# The one definition of what can be sold now: lists, carts, reservations and allocations all read it here. Of a row of
# `stock` that is called `s`; below zero where more is kept off sale than there is.
FREE: Final = "s.on_hand - s.reserved - s.allocated - s.safety"
# What people are shown is never below zero.
AVAILABLE: Final = f"greatest({FREE}, 0)"


class Shown(Enum):
    """Of which locations the counters are shown: none, those in the parameter `own`, all."""

    NONE = "NONE"
    OWN = "OWN"
    ALL = "ALL"


@dataclass(frozen=True, slots=True)
class Levels:
    """What is read of each level. columns: some of LEVEL_COLUMNS.

    by_rank: in the order of the given places, else those with most units first. with_empty: one row for each variant
    and place, also where the variant never was; else is_short leaves out what cannot be bought.
    """

    columns: frozenset[str]
    shown: Shown
    by_rank: bool
    with_empty: bool
    is_short: bool


@lru_cache(maxsize=512)
def levels_statement(levels: Levels) -> Statement:
    """Rows of variant_id, location_id, available and the other wanted columns, by variant.

    Parameters: variant_ids, location_ids, and as far as they are needed own (see Shown) and distances (of the
    locations, in kilometres).
    """
    columns = ["v.id AS variant_id" if levels.with_empty else "s.variant_id"]
    columns.append("p.id AS location_id" if levels.with_empty else "s.location_id")
    columns.append(f"{_or_zero(levels, AVAILABLE)} AS available")
    columns += [f"{_counter(levels, name)} AS {name}" for name in COUNTERS if name in levels.columns]
    if "version" in levels.columns:
        columns.append(f"{_or_zero(levels, 's.version')} AS version")
    place = "array_position(CAST(:location_ids AS int[]), s.location_id)"
    if levels.with_empty:
        place = "p.rank"
        source = """unnest(CAST(:variant_ids AS bigint[])) AS v (id)
            CROSS JOIN unnest(CAST(:location_ids AS int[])) WITH ORDINALITY AS p (id, rank)
            LEFT JOIN stock AS s ON s.variant_id = v.id AND s.location_id = p.id"""
    else:
        # IS TRUE keeps the planner from the other index, of all variants of a location, and reads a variant's rows in
        # one go.
        source = """stock AS s WHERE s.variant_id = ANY(CAST(:variant_ids AS bigint[]))
            AND (s.location_id = ANY(CAST(:location_ids AS int[]))) IS TRUE"""
        if levels.is_short:
            source += f" AND {FREE} > 0"
    if "distance_km" in levels.columns:
        distance = f"(CAST(:distances AS float8[]))[{place}]" if levels.by_rank else "CAST(NULL AS float8)"
        columns.append(f"{distance} AS distance_km")
    order = place if levels.by_rank else "available DESC, location_id"
    return Statement(f"SELECT {', '.join(columns)} FROM {source} ORDER BY variant_id, {order}", generic=True)  # noqa: S608  # names of ours


@lru_cache(maxsize=64)
def nearest_statement(columns: frozenset[str], shown: Shown) -> Statement:
    """Of each variant the first places with units, in the order in which the places are given.

    They are looked up one after another, and no more of them than are needed; the range of one keeps the planner to the
    index in which all rows of a variant stand together. Rows of variant_id, location_id,
    available, the other wanted columns, and the place's number in the list, from 1. Parameters: variant_ids,
    location_ids, first, and own where it is needed (see Shown).
    """
    levels = Levels(columns, shown, by_rank=True, with_empty=False, is_short=True)
    read = ["s.variant_id", "s.location_id", f"{FREE} AS available"]
    read += [f"{_counter(levels, name)} AS {name}" for name in COUNTERS if name in columns]
    read += ["s.version"] * ("version" in columns)
    return Statement(
        f"""
        SELECT n.* FROM unnest(CAST(:variant_ids AS bigint[])) AS v (id) CROSS JOIN LATERAL (
            SELECT s.*, p.rank
              FROM unnest(CAST(:location_ids AS int[])) WITH ORDINALITY AS p (id, rank) CROSS JOIN LATERAL (
                  SELECT {", ".join(read)} FROM stock AS s
                   WHERE s.variant_id = v.id AND s.location_id BETWEEN p.id AND p.id AND {FREE} > 0 LIMIT 1) AS s
             ORDER BY p.rank LIMIT CAST(:first AS int)) AS n
    """,  # noqa: S608  # names of ours
        generic=True,
    )


def _or_zero(levels: Levels, expression: str) -> str:
    return f"coalesce({expression}, 0)" if levels.with_empty else expression


def _counter(levels: Levels, name: str) -> str:
    if levels.shown is Shown.NONE:
        return "CAST(NULL AS int)"
    counter = _or_zero(levels, f"s.{name}")
    if levels.shown is Shown.ALL:
        return counter
    location = "p.id" if levels.with_empty else "s.location_id"
    return f"CASE WHEN {location} = ANY(CAST(:own AS int[])) THEN {counter} END"


def level_columns(columns: Collection[str] | None, prefix: str) -> frozenset[str]:
    """Those of LEVEL_COLUMNS that are read of the objects below an attribute: `prefix.x` stands for its `x`."""
    if columns is None or f"{prefix}*" in columns:
        return LEVEL_COLUMNS
    nested = frozenset(name.removeprefix(prefix) for name in columns if name.startswith(prefix))
    return nested & LEVEL_COLUMNS if nested else LEVEL_COLUMNS


# Never more than the schema's Int can say.
TOTALS: Final = Statement(
    f"""
    SELECT s.variant_id,
           CAST(least(sum(s.on_hand), 2147483647) AS int) AS on_hand,
           CAST(least(sum(s.reserved), 2147483647) AS int) AS reserved,
           CAST(least(sum(s.allocated), 2147483647) AS int) AS allocated,
           CAST(least(sum({AVAILABLE}), 2147483647) AS int) AS available
      FROM stock AS s
     WHERE s.variant_id = ANY(CAST(:variant_ids AS bigint[]))
       AND (s.location_id = ANY(CAST(:location_ids AS int[]))) IS TRUE
     GROUP BY s.variant_id
""",  # noqa: S608  # a piece of ours
    generic=True,
)

# The same over the places of each group; groups may share places. Parameters: variant_ids, and the places of the groups
# as pairs of group_ids and member_ids.
GROUP_TOTALS: Final = Statement(
    f"""
    WITH levels AS MATERIALIZED (
        SELECT s.variant_id, s.location_id, s.on_hand, s.reserved, s.allocated, {AVAILABLE} AS available
          FROM stock AS s
         WHERE s.variant_id = ANY(CAST(:variant_ids AS bigint[]))
           AND (s.location_id = ANY(CAST(:member_ids AS int[]))) IS TRUE)
    SELECT l.variant_id, g.group_id,
           CAST(least(sum(l.on_hand), 2147483647) AS int) AS on_hand,
           CAST(least(sum(l.reserved), 2147483647) AS int) AS reserved,
           CAST(least(sum(l.allocated), 2147483647) AS int) AS allocated,
           CAST(least(sum(l.available), 2147483647) AS int) AS available
      FROM levels AS l
      JOIN unnest(CAST(:group_ids AS int[]), CAST(:member_ids AS int[])) AS g (group_id, location_id)
     USING (location_id)
     GROUP BY l.variant_id, g.group_id
""",  # noqa: S608  # a piece of ours
    generic=True,
)

# Per variant the totals over all given places, and the best `first` of the wanted ones: in the order in which the
# places are given, or those with most units first. A variant with nothing to list still has one row for its totals.
BEST: Final = Statement(f"""
    WITH places AS MATERIALIZED (
        SELECT * FROM unnest(CAST(:location_ids AS int[]), CAST(:wanted AS bool[])) WITH ORDINALITY
             AS p (location_id, is_wanted, rank)),
    levels AS (
        SELECT s.*, {AVAILABLE} AS available, p.rank,
               p.is_wanted AND (CAST(:with_empty AS bool) OR {FREE} > 0) AS is_listed
          FROM stock s JOIN places p USING (location_id)
         WHERE s.variant_id = ANY(CAST(:variant_ids AS bigint[]))),
    ordered AS (
        SELECT *,
               CAST(least(sum(on_hand) OVER variant, 2147483647) AS int) AS total_on_hand,
               CAST(least(sum(reserved) OVER variant, 2147483647) AS int) AS total_reserved,
               CAST(least(sum(allocated) OVER variant, 2147483647) AS int) AS total_allocated,
               CAST(least(sum(available) OVER variant, 2147483647) AS int) AS total_available,
               row_number() OVER (PARTITION BY variant_id ORDER BY is_listed DESC,
                   CASE WHEN CAST(:by_rank AS bool) THEN rank ELSE -available END, location_id) AS position
          FROM levels WINDOW variant AS (PARTITION BY variant_id))
    SELECT * FROM ordered WHERE position = 1 OR (is_listed AND position <= :first) ORDER BY variant_id, position
""")  # noqa: S608  # pieces of ours


# Where variants can be bought now. For those that are at few of many places; limit: rows.
WHERE_FREE: Final = Statement(
    f"""
    SELECT s.variant_id, s.location_id FROM stock AS s
     WHERE s.variant_id = ANY(CAST(:variant_ids AS bigint[])) AND {FREE} > 0
     LIMIT :limit
""",  # noqa: S608  # a piece of ours
    generic=True,
)
