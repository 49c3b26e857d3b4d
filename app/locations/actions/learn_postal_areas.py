"""Learn where postal codes lie from points whose postal code is known."""

from collections.abc import Iterable

from app.kit.db import WriteTx
from app.locations.model import Point, average_areas
from app.locations.sql.postal_areas import write_areas


async def learn_postal_areas(tx: WriteTx, points: Iterable[tuple[str, Point, int]]) -> int:
    """Write the centres of the areas of seven, five and three digits around `points`; returns how many.

    points: (postal code, point, prefecture), all that are known at once, because an area that is learnt again
    is replaced and not averaged with what it was. Raises InvalidPostalCode before anything is written.
    """
    return await write_areas(tx, average_areas(points), replace=True)
