"""Rows of `stock`, read and locked. Nothing here writes them: the ledger's trigger does."""

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

from app.inventory.model.corrections import Level
from app.inventory.model.selling import StockKey
from app.inventory.sql.availability import AVAILABLE, FREE
from app.kit.db import ReadTx, Row, WriteTx
from app.kit.errors import NotFound
from app.kit.statement import Statement

# Sold-out rows are left out before the lock, so that a rush on a sold-out variant queues for nothing. In key
# order, so that two requests never wait for each other in a circle; the numbers are read again after the
# wait.
_LOCK_AVAILABLE: Final = Statement(f"""
    SELECT s.variant_id, s.location_id, {FREE} AS available
      FROM unnest(CAST(:variant_ids AS bigint[]), CAST(:location_ids AS int[])) AS k (variant_id, location_id)
      JOIN stock s ON s.variant_id = k.variant_id AND s.location_id = k.location_id
     WHERE {FREE} > 0
     ORDER BY s.variant_id, s.location_id
       FOR NO KEY UPDATE OF s
""")  # noqa: S608  # a piece of ours

# Created when it is not there yet, so that two callers who both expect 0 units meet at one row.
_CREATE: Final = Statement("""
    INSERT INTO stock (variant_id, location_id)
    SELECT v.id, l.id FROM variants v, locations l
     WHERE v.id = :variant_id AND l.id = :location_id AND l.holds_stock AND l.kind <> 'IN_TRANSIT'
    ON CONFLICT DO NOTHING
""")

_LOCK_ONE: Final = Statement("""
    SELECT s.on_hand, s.reserved, s.allocated, s.safety, s.version
      FROM stock s JOIN locations l ON l.id = s.location_id
     WHERE s.variant_id = :variant_id AND s.location_id = :location_id AND l.kind <> 'IN_TRANSIT'
       FOR NO KEY UPDATE OF s
""")

_CREATE_MANY: Final = Statement("""
    INSERT INTO stock (variant_id, location_id)
    SELECT k.variant_id, k.location_id
      FROM unnest(CAST(:variant_ids AS bigint[]), CAST(:location_ids AS int[])) AS k (variant_id, location_id)
      JOIN variants v ON v.id = k.variant_id
      JOIN locations l ON l.id = k.location_id AND l.holds_stock AND l.kind <> 'IN_TRANSIT'
     WHERE NOT EXISTS (SELECT FROM stock s WHERE s.variant_id = k.variant_id AND s.location_id = k.location_id)
     ORDER BY k.variant_id, k.location_id
    ON CONFLICT DO NOTHING
""")
_LOCK_MANY: Final = Statement("""
    SELECT s.variant_id, s.location_id, s.on_hand, s.reserved + s.allocated AS promised
      FROM unnest(CAST(:variant_ids AS bigint[]), CAST(:location_ids AS int[])) AS k (variant_id, location_id)
      JOIN stock s ON s.variant_id = k.variant_id AND s.location_id = k.location_id
      JOIN locations l ON l.id = s.location_id AND l.kind <> 'IN_TRANSIT'
     ORDER BY s.variant_id, s.location_id
       FOR NO KEY UPDATE OF s
""")
_READ_MANY: Final = Statement("""
    SELECT s.variant_id, s.location_id, s.on_hand, s.reserved + s.allocated AS promised
      FROM unnest(CAST(:variant_ids AS bigint[]), CAST(:location_ids AS int[])) AS k (variant_id, location_id)
      JOIN stock s ON s.variant_id = k.variant_id AND s.location_id = k.location_id
""")

_STOCKING: Final = Statement("""
    SELECT id FROM locations WHERE id = ANY(CAST(:ids AS bigint[])) AND holds_stock AND kind <> 'IN_TRANSIT'
""")

STOCK_PAGE: Final = Statement(f"""
    SELECT variant_id, location_id, on_hand, reserved, allocated, safety, version, {AVAILABLE} AS available
      FROM stock s
     WHERE (variant_id, location_id) > (CAST(:after_variant_id AS bigint), CAST(:after_location_id AS int))
       AND (CAST(:variant_ids AS bigint[]) IS NULL OR variant_id = ANY(CAST(:variant_ids AS bigint[])))
       AND (CAST(:location_ids AS int[]) IS NULL OR location_id = ANY(CAST(:location_ids AS int[])))
     ORDER BY variant_id, location_id
     LIMIT :limit
""")  # noqa: S608  # a piece of ours
STOCK_BY_KEY: Final = Statement(f"""
    SELECT s.variant_id, s.location_id, s.on_hand, s.reserved, s.allocated, s.safety, s.version,
           {AVAILABLE} AS available
      FROM unnest(CAST(:variant_ids AS bigint[]), CAST(:location_ids AS int[])) AS k (variant_id, location_id)
      JOIN stock s ON s.variant_id = k.variant_id AND s.location_id = k.location_id
""")  # noqa: S608  # a piece of ours

STOCK_NOW: Final = Statement("""
    SELECT variant_id, location_id, on_hand, reserved, allocated, safety, version, xid, writer
      FROM stock
     WHERE variant_id = ANY(CAST(:variant_ids AS bigint[]))
       AND (CAST(:location_ids AS int[]) IS NULL OR location_id = ANY(CAST(:location_ids AS int[])))
     ORDER BY variant_id, location_id
""")
# The facts at a few places of the feed; the limit is for an import of a million rows in one.
FACTS_OF: Final = Statement("""
    SELECT o.id + f.number - 1 AS id, f.key, f.version
      FROM outbox o CROSS JOIN LATERAL (
           SELECT 1 AS number, o.key, CAST(o.payload ->> 'version' AS bigint) AS version WHERE o.key <> '*'
            UNION ALL
           SELECT n.number, n.variant_id || ':' || n.location_id, CAST(n.version AS bigint)
             FROM ROWS FROM (jsonb_array_elements_text(o.payload -> 'facts' -> 'variant_id'),
                             jsonb_array_elements_text(o.payload -> 'facts' -> 'location_id'),
                             jsonb_array_elements_text(o.payload -> 'facts' -> 'version'))
                  WITH ORDINALITY AS n (variant_id, location_id, version, number)
            WHERE o.key = '*') f
     WHERE o.xid = ANY(CAST(:xids AS bigint[])) AND o.topic = 'stock' ORDER BY o.xid, o.id, f.number LIMIT 20000
""")
# In the order of the key: the first rows come at once.
STOCK_COPY: Final = Statement("""
    SELECT v.sku, l.code AS location, s.on_hand, s.reserved, s.allocated, s.safety,
           greatest(s.on_hand - s.reserved - s.allocated - s.safety, 0) AS available, s.version
      FROM stock s JOIN variants v ON v.id = s.variant_id JOIN locations l ON l.id = s.location_id
     WHERE CAST(:location_ids AS int[]) IS NULL OR s.location_id = ANY(CAST(:location_ids AS int[]))
     ORDER BY s.variant_id, s.location_id
""")
LOCATIONS_OF_PARTNER: Final = Statement("SELECT id FROM locations WHERE partner_id = :partner_id")


async def lock_available(tx: WriteTx, keys: Iterable[StockKey]) -> dict[StockKey, int]:
    """Lock the stock rows of these keys that have available units, and tell how many."""
    ordered = sorted(keys)
    rows = await tx.fetch(
        _LOCK_AVAILABLE,
        variant_ids=[variant_id for variant_id, _ in ordered],
        location_ids=[location_id for _, location_id in ordered],
    )
    return {(row["variant_id"], row["location_id"]): row["available"] for row in rows}


async def lock_stock(tx: WriteTx, variant_id: int, location_id: int) -> Row:
    """One stock row with all its counters, locked; it is created empty where the variant never was.

    Raises NotFound for unknown variants and for locations that hold no stock.
    """
    key = {"variant_id": variant_id, "location_id": location_id}
    row = await tx.fetchrow(_LOCK_ONE, **key)
    if row is None:
        await tx.execute(_CREATE, **key)
        row = await tx.fetchrow(_LOCK_ONE, **key)
    if row is None:
        raise NotFound("There is no such variant, or the location holds no stock.")
    return row


async def lock_stock_rows(
    tx: WriteTx, keys: Iterable[StockKey], more: Iterable[StockKey] = ()
) -> dict[StockKey, Level]:
    """The stock rows of `keys`, and those of `more` that there are, locked in their order.

    Rows of `keys` are created empty where the variant never was; unknown variants and locations that hold no stock are
    left out.
    """
    wanted = sorted(set(keys))
    await tx.execute(_CREATE_MANY, **_columns(wanted))
    return _levels(await tx.fetch(_LOCK_MANY, **_columns(sorted({*wanted, *more}))))


async def read_levels(tx: ReadTx, keys: Iterable[StockKey]) -> dict[StockKey, Level]:
    """The stock rows of these keys that there are, as they stand before any lock."""
    return _levels(await tx.fetch(_READ_MANY, **_columns(sorted(set(keys)))))


def _columns(keys: Sequence[StockKey]) -> dict[str, list[int]]:
    return {
        "variant_ids": [variant_id for variant_id, _ in keys],
        "location_ids": [location_id for _, location_id in keys],
    }


def _levels(rows: Iterable[Row]) -> dict[StockKey, Level]:
    return {(row["variant_id"], row["location_id"]): Level(row["on_hand"], row["promised"]) for row in rows}


async def stocking_locations(tx: ReadTx, location_ids: Iterable[int]) -> set[int]:
    """Those of the locations that may hold stock; the place of units under way is none of them."""
    return {row["id"] for row in await tx.fetch(_STOCKING, ids=list(location_ids))}


async def locations_of_partner(tx: ReadTx, partner_id: UUID) -> list[int]:
    """The ids of a company's locations."""
    return sorted(row["id"] for row in await tx.fetch(LOCATIONS_OF_PARTNER, partner_id=partner_id))
