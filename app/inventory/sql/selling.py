"""Selling rules as they are read: the terms of variants in a channel, and the queues under their lock."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from app.inventory.model.selling import (
    WAITING,
    Part,
    SellingRule,
    Share,
    StockKey,
    Terms,
    rule_of,
    whole_bundles,
)
from app.inventory.sql.availability import FREE
from app.kit.db import ReadTx, Row, WriteTx
from app.kit.reference import Kept
from app.kit.statement import Statement

# A row for each variant that any rule is about, and for each component of those. A share of the variant counts before
# one of its category, the nearest category before those above it, and these before one of everything.
TERMS: Final = Statement(
    """
    WITH RECURSIVE parts AS (
        SELECT bundle_variant_id, component_variant_id, quantity
          FROM bundle_components WHERE bundle_variant_id = ANY(CAST(:variant_ids AS bigint[]))),
    wanted AS (
        SELECT unnest(CAST(:variant_ids AS bigint[])) AS id UNION SELECT component_variant_id FROM parts),
    above (variant_id, category_id, depth) AS (
        SELECT w.id, p.category_id, 1
          FROM wanted AS w JOIN variants AS v ON v.id = w.id JOIN products AS p ON p.id = v.product_id
         WHERE EXISTS (SELECT FROM channel_shares WHERE channel_id = CAST(:channel_id AS int))
         UNION ALL
        SELECT a.variant_id, c.parent_id, a.depth + 1
          FROM above AS a JOIN categories AS c ON c.id = a.category_id WHERE c.parent_id IS NOT NULL),
    shares AS (
        SELECT DISTINCT ON (w.id) w.id AS variant_id, s.kept_units, s.kept_percent
          FROM wanted AS w
          JOIN channel_shares AS s ON s.channel_id = CAST(:channel_id AS int)
          LEFT JOIN above AS a ON a.variant_id = w.id AND a.category_id = s.category_id
         WHERE s.variant_id = w.id OR a.category_id IS NOT NULL OR num_nonnulls(s.variant_id, s.category_id) = 0
         ORDER BY w.id, s.variant_id IS NULL, a.depth NULLS LAST)
    SELECT w.id AS variant_id, r.policy, r.limit_units, r.waiting, r.promised_on, s.kept_units, s.kept_percent,
           ARRAY(SELECT component_variant_id FROM parts
                  WHERE bundle_variant_id = w.id ORDER BY component_variant_id) AS part_ids,
           ARRAY(SELECT quantity FROM parts
                  WHERE bundle_variant_id = w.id ORDER BY component_variant_id) AS part_quantities
      FROM wanted AS w
      LEFT JOIN selling_rules AS r ON r.variant_id = w.id
      LEFT JOIN shares AS s ON s.variant_id = w.id
     WHERE r.variant_id IS NOT NULL OR s.variant_id IS NOT NULL
        OR w.id IN (SELECT bundle_variant_id FROM parts)
""",
    generic=True,
)
_LOCK_RULES: Final = Statement("""
    SELECT variant_id, policy, limit_units, waiting, promised_on FROM selling_rules
     WHERE variant_id = ANY(CAST(:variant_ids AS bigint[])) ORDER BY variant_id FOR NO KEY UPDATE
""")
_RULED: Final = Statement("""
    (SELECT variant_id, NULL::int AS channel_id FROM selling_rules
      UNION SELECT bundle_variant_id, NULL FROM bundle_components
      UNION SELECT variant_id, NULL FROM channel_shares WHERE variant_id IS NOT NULL
      LIMIT :limit)
     UNION ALL
    SELECT DISTINCT NULL::bigint, channel_id FROM channel_shares WHERE variant_id IS NULL
""")

# More variants with rules are not kept in mind: each question then looks.
MAX_RULED: Final = 50_000
_NO_SHARE: Final = Share()


@dataclass(frozen=True, slots=True)
class Ruled:
    """Which variants have rules at all. variant_ids None: too many to tell. channel_ids: those that share everything
    or categories.
    """

    variant_ids: frozenset[int] | None
    channel_ids: frozenset[int]

    def among(self, variant_ids: Iterable[int], channel_id: int) -> list[int]:
        """Those of the variants that may have a rule in the channel."""
        if self.variant_ids is None or channel_id in self.channel_ids:
            return list(variant_ids)
        known = self.variant_ids
        return [variant_id for variant_id in variant_ids if variant_id in known]


async def _load_ruled(tx: ReadTx, keys: list[int]) -> Mapping[int, Ruled]:
    rows = await tx.fetch(_RULED, limit=MAX_RULED + 1)
    channels = frozenset(row["channel_id"] for row in rows if row["channel_id"] is not None)
    variants = frozenset(row["variant_id"] for row in rows if row["variant_id"] is not None)
    known = None if len(variants) > MAX_RULED else variants
    return dict.fromkeys(keys, Ruled(known, channels))


# One value, under the key 0.
KEPT_RULED: Final = Kept(frozenset({"selling_rules", "bundle_components", "channel_shares"}), _load_ruled, capacity=1)


async def terms_of(tx: ReadTx, variant_ids: Collection[int], channel_id: int, *, today: date) -> dict[int, Terms]:
    """How variants are sold in a channel; those without any rule are left out."""
    if not variant_ids:
        return {}
    rows = await tx.fetch(TERMS, variant_ids=list(variant_ids), channel_id=channel_id)
    return terms_in(rows, variant_ids, today)


def terms_in(rows: Iterable[Row], variant_ids: Collection[int], today: date) -> dict[int, Terms]:
    """The terms in rows of TERMS."""
    by_id: dict[int, Any] = {row["variant_id"]: row for row in rows}
    return {
        variant_id: Terms(today, rule_of(row), _share_of(row), _parts_of(row, by_id))
        for variant_id in variant_ids
        if (row := by_id.get(variant_id)) is not None
    }


def _parts_of(row: Any, by_id: Mapping[int, Any]) -> tuple[Part, ...]:
    parts: list[Part] = []
    for variant_id, quantity in zip(row["part_ids"], row["part_quantities"], strict=True):
        own = by_id.get(variant_id)
        rule, share = (None, _NO_SHARE) if own is None else (rule_of(own), _share_of(own))
        parts.append(Part(variant_id, quantity, rule, share))
    return tuple(parts)


def _share_of(row: Any) -> Share:
    return _NO_SHARE if row["kept_units"] is None else Share(row["kept_units"], row["kept_percent"])


async def lock_rules(tx: WriteTx, variant_ids: Iterable[int]) -> dict[int, SellingRule]:
    """Lock the rules of these variants, in key order and before any stock row, and read them."""
    rows = await tx.fetch(_LOCK_RULES, variant_ids=sorted(set(variant_ids)))
    return {row["variant_id"]: rule for row in rows if (rule := rule_of(row)) is not None}


# A row for the place 0 says that some rule may be about these variants.
_SELLABLE: Final = Statement(f"""
    SELECT s.variant_id, s.location_id, {FREE} AS available
      FROM stock AS s
     WHERE s.variant_id = ANY(CAST(:variant_ids AS bigint[]))
       AND s.location_id = ANY(CAST(:location_ids AS int[]))
       AND {FREE} > 0
     UNION ALL
    SELECT 0, 0, 0
     WHERE EXISTS (SELECT FROM selling_rules WHERE variant_id = ANY(CAST(:variant_ids AS bigint[])))
        OR EXISTS (SELECT FROM bundle_components WHERE bundle_variant_id = ANY(CAST(:variant_ids AS bigint[])))
        OR EXISTS (SELECT FROM channel_shares
                    WHERE channel_id = CAST(:channel_id AS int)
                      AND (variant_id IS NULL OR variant_id = ANY(CAST(:variant_ids AS bigint[]))))
""")  # noqa: S608  # a piece of ours


async def sellable_levels(
    tx: ReadTx, variant_ids: Collection[int], location_ids: Collection[int], channel_id: int, *, today: date
) -> tuple[dict[StockKey, int], dict[int, Terms]]:
    """Available units where there are any, and the terms of the variants that have some: a hint for planning.

    Of bundles also their components' units, and how many bundles each place could put together. One statement where no
    rule is about these variants, else up to three.
    """
    places = list(location_ids)
    levels = await _levels(tx, list(variant_ids), places, channel_id)
    if levels.pop((0, WAITING), None) is None:
        return levels, {}
    terms = await terms_of(tx, variant_ids, channel_id, today=today)
    parts = {part.variant_id for one in terms.values() for part in one.parts} - set(variant_ids)
    if parts:
        levels |= await _levels(tx, sorted(parts), places, channel_id)
        levels.pop((0, WAITING), None)
    bundles = {
        (variant_id, place): units
        for variant_id, one in terms.items()
        if one.parts
        for place, units in whole_bundles(levels, places, one.parts).items()
    }
    return levels | bundles, terms


async def _levels(tx: ReadTx, variant_ids: list[int], location_ids: list[int], channel_id: int) -> dict[StockKey, int]:
    rows = await tx.fetch(_SELLABLE, variant_ids=variant_ids, location_ids=location_ids, channel_id=channel_id)
    return {(row["variant_id"], row["location_id"]): row["available"] for row in rows}
