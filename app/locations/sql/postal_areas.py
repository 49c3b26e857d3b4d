"""Where postal codes lie."""

from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import ARRAY, Text, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert as upsert

from app.kit.db import ReadTx, WriteTx
from app.kit.reference import Kept
from app.kit.statement import Statement
from app.locations.model import Point, PostalArea, parse_postal_code, postal_prefixes
from app.locations.tables import postal_areas

_AREAS: Final = Statement(
    select(postal_areas.c.prefix, postal_areas.c.latitude, postal_areas.c.longitude).where(
        postal_areas.c.prefix == func.any(bindparam("prefixes", type_=ARRAY(Text)))
    )
)
_drafted: Final = upsert(postal_areas).from_select(
    [column.name for column in postal_areas.c],
    select(*(func.unnest(bindparam(column.name, type_=ARRAY(column.type))) for column in postal_areas.c)),
)
_UPSERT: Final = Statement(
    _drafted.on_conflict_do_update(
        index_elements=["prefix"],
        set_={name: _drafted.excluded[name] for name in ("prefecture", "latitude", "longitude")},
    )
)
_ADD: Final = Statement(_drafted.on_conflict_do_nothing())


async def find_points(tx: ReadTx, postal_codes: Sequence[str]) -> dict[str, Point]:
    """Roughly where postal codes lie, by the text that was given: the centre of the longest known prefix.

    One statement. Raises InvalidPostalCode.
    """
    prefixes = {text: postal_prefixes(parse_postal_code(text)) for text in postal_codes}
    wanted = sorted({prefix for each in prefixes.values() for prefix in each})
    known = {row.prefix: row for row in await tx.fetch(_AREAS, prefixes=wanted)}
    found: dict[str, Point] = {}
    for text, each in prefixes.items():
        area = next((known[prefix] for prefix in each if prefix in known), None)
        if area is not None:
            found[text] = Point(area.latitude, area.longitude)
    return found


# By postal code, as seven digits; codes of which nobody knows where they lie are left out.
KEPT_POINTS: Final = Kept(frozenset({"postal_areas"}), find_points)


async def write_areas(tx: WriteTx, areas: Iterable[PostalArea], *, replace: bool) -> int:
    """Write areas; those that are known already are replaced or left alone. Returns how many were written."""
    rows = list(areas)
    return await tx.execute(
        _UPSERT if replace else _ADD,
        prefix=[area.prefix for area in rows],
        prefecture=[area.prefecture for area in rows],
        latitude=[area.point.latitude for area in rows],
        longitude=[area.point.longitude for area in rows],
    )
