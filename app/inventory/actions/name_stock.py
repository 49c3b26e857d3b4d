"""Rows that an audit has found, as people read them: with SKUs and codes of locations instead of ids."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from app.inventory.sql.names import names_of
from app.kit.db import ReadTx

_VARIANT: Final = "variant_id"
_LOCATION: Final = "location_id"


async def name_stock(tx: ReadTx, rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The rows with `sku` for `variant_id` and `location` for `location_id`, also where these end the name of a column.
    What is not there any more keeps its id and the column's name.
    """
    skus, codes = await names_of(tx, _ids(rows, _VARIANT), _ids(rows, _LOCATION))
    return [dict(_named(name, value, skus, codes) for name, value in row.items()) for row in rows]


def _ids(rows: Sequence[Mapping[str, Any]], ending: str) -> set[int]:
    return {value for row in rows for name, value in row.items() if name.endswith(ending) and isinstance(value, int)}


def _named(name: str, value: Any, skus: Mapping[int, str], codes: Mapping[int, str]) -> tuple[str, Any]:
    for ending, names, word in ((_VARIANT, skus, "sku"), (_LOCATION, codes, "location")):
        if name.endswith(ending) and value in names:
            return name.removesuffix(ending) + word, names[value]
    return name, value
