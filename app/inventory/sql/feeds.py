"""What external systems say about many stock rows at once: what has moved since an instant, and bundles among them."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Final

from app.inventory.model.feeds import Since
from app.inventory.model.selling import NO_STOCK_OF_ITS_OWN, StockKey
from app.kit.db import ReadTx, WriteTx
from app.kit.errors import InvalidInput
from app.kit.statement import Statement

_BUNDLES: Final = Statement("""
    SELECT DISTINCT bundle_variant_id AS id FROM bundle_components
     WHERE bundle_variant_id = ANY(CAST(:variant_ids AS bigint[]))
""")
# Whoever is making one of them a bundle is waited for, and waits.
_LOCK_VARIANTS: Final = Statement("""
    SELECT id FROM variants WHERE id = ANY(CAST(:variant_ids AS bigint[])) ORDER BY id FOR KEY SHARE
""")
_SINCE: Final = Statement("""
    SELECT k.variant_id, k.location_id, coalesce(sum(l.d_on_hand), 0) AS moved,
           coalesce(bool_or(l.cause_kind IN ('STOCK_FEED', 'STOCK_IMPORT')), false) AS is_outdated
      FROM unnest(CAST(:variant_ids AS bigint[]), CAST(:location_ids AS int[])) AS k (variant_id, location_id)
      JOIN ledger l ON l.variant_id = k.variant_id AND l.location_id = k.location_id AND l.at > :as_of
     GROUP BY 1, 2
""")


async def bundles_among(tx: ReadTx, variant_ids: Collection[int]) -> set[int]:
    """Those of the variants that are made of others."""
    return {row["id"] for row in await tx.fetch(_BUNDLES, variant_ids=sorted(variant_ids))}


async def refuse_bundles(tx: WriteTx, variant_ids: Sequence[int], argument: str, *inside: str) -> None:
    """Raises InvalidInput for the first bundle among variants that are counted, bought or moved; none of the others
    becomes one before the transaction ends.

    argument, inside: where the variants are in the input, such as "lines", "sku" for `input.lines.0.sku`.
    """
    await tx.fetch(_LOCK_VARIANTS, variant_ids=sorted(set(variant_ids)))
    if not (bundles := await bundles_among(tx, set(variant_ids))):
        return
    index = next(index for index, variant_id in enumerate(variant_ids) if variant_id in bundles)
    raise InvalidInput(NO_STOCK_OF_ITS_OWN, path=["input", argument, str(index), *inside])


async def moved_since(tx: WriteTx, keys: Iterable[StockKey], as_of: datetime) -> dict[StockKey, Since]:
    """Of keys, what has moved after an instant."""
    rows = await tx.fetch(_SINCE, **_columns(keys), as_of=as_of)
    return {(row["variant_id"], row["location_id"]): Since(row["moved"], row["is_outdated"]) for row in rows}


def _columns(keys: Iterable[StockKey]) -> dict[str, list[int]]:
    ordered = sorted(set(keys))
    return {"variant_ids": [key[0] for key in ordered], "location_ids": [key[1] for key in ordered]}
