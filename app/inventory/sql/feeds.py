"""What external systems say about many stock rows at once: rows locked, with what has moved since an instant."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from app.inventory.model.selling import NO_STOCK_OF_ITS_OWN, StockKey
from app.kit.db import ReadTx, Row, WriteTx
from app.kit.errors import InvalidInput
from app.kit.statement import Statement

_MAKE: Final = Statement("""
    INSERT INTO stock (variant_id, location_id)
    SELECT * FROM unnest(CAST(:variant_ids AS bigint[]), CAST(:location_ids AS int[])) ORDER BY 1, 2
    ON CONFLICT DO NOTHING
""")
_LOCK: Final = Statement("""
    SELECT s.variant_id, s.location_id, s.on_hand, s.reserved + s.allocated AS promised
      FROM unnest(CAST(:variant_ids AS bigint[]), CAST(:location_ids AS int[])) AS k (variant_id, location_id)
      JOIN stock s ON s.variant_id = k.variant_id AND s.location_id = k.location_id
     ORDER BY s.variant_id, s.location_id FOR NO KEY UPDATE OF s
""")
_BUNDLES: Final = Statement("""
    SELECT DISTINCT bundle_variant_id AS id FROM bundle_components
     WHERE bundle_variant_id = ANY(CAST(:variant_ids AS bigint[]))
""")
_SINCE: Final = Statement("""
    SELECT k.variant_id, k.location_id, coalesce(sum(l.d_on_hand), 0) AS moved,
           coalesce(bool_or(l.cause_kind IN ('STOCK_FEED', 'STOCK_IMPORT')), false) AS is_outdated
      FROM unnest(CAST(:variant_ids AS bigint[]), CAST(:location_ids AS int[])) AS k (variant_id, location_id)
      JOIN ledger l ON l.variant_id = k.variant_id AND l.location_id = k.location_id AND l.at > :as_of
     GROUP BY 1, 2
""")


async def lock_levels(tx: WriteTx, keys: Sequence[StockKey]) -> dict[StockKey, Row]:
    """The rows of these keys, made where they are missing, locked in key order: on_hand, promised."""
    values = _columns(keys)
    await tx.execute(_MAKE, **values)
    return {(row["variant_id"], row["location_id"]): row for row in await tx.fetch(_LOCK, **values)}


async def bundles_among(tx: ReadTx, variant_ids: Collection[int]) -> set[int]:
    """Those of the variants that are made of others."""
    return {row["id"] for row in await tx.fetch(_BUNDLES, variant_ids=sorted(variant_ids))}


async def refuse_bundles(tx: ReadTx, variant_ids: Sequence[int], argument: str, *inside: str) -> None:
    """Raises InvalidInput for the first bundle among variants that are counted, bought or moved.

    argument, inside: where the variants are in the input, such as "lines", "sku" for `input.lines.0.sku`.
    """
    if not (bundles := await bundles_among(tx, set(variant_ids))):
        return
    index = next(index for index, variant_id in enumerate(variant_ids) if variant_id in bundles)
    raise InvalidInput(NO_STOCK_OF_ITS_OWN, path=["input", argument, str(index), *inside])


async def moved_since(tx: WriteTx, keys: Sequence[StockKey], as_of: datetime) -> dict[StockKey, Row]:
    """Of keys that moved after an instant: moved (units on hand, net), is_outdated (a feed has set them since)."""
    rows = await tx.fetch(_SINCE, **_columns(keys), as_of=as_of)
    return {(row["variant_id"], row["location_id"]): row for row in rows}


def _columns(keys: Sequence[StockKey]) -> dict[str, list[int]]:
    ordered = sorted(set(keys))
    return {"variant_ids": [key[0] for key in ordered], "location_ids": [key[1] for key in ordered]}
