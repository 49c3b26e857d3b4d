"""What people call variants and locations."""

from collections.abc import Iterable
from typing import Final

from app.kit.db import ReadTx
from app.kit.statement import Statement

_NAMES: Final = Statement("""
    SELECT true AS is_variant, id, sku AS name FROM variants WHERE id = ANY(CAST(:variant_ids AS bigint[]))
     UNION ALL
    SELECT false, id, code FROM locations WHERE id = ANY(CAST(:location_ids AS bigint[]))
""")


async def names_of(
    tx: ReadTx, variant_ids: Iterable[int], location_ids: Iterable[int]
) -> tuple[dict[int, str], dict[int, str]]:
    """The SKUs of those of the variants, and the codes of those of the locations, that there are."""
    rows = await tx.fetch(_NAMES, variant_ids=sorted(set(variant_ids)), location_ids=sorted(set(location_ids)))
    skus, codes = dict[int, str](), dict[int, str]()
    for row in rows:
        (skus if row["is_variant"] else codes)[row["id"]] = row["name"]
    return skus, codes
