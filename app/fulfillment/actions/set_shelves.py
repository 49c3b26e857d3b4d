"""Where in a location variants lie."""

from collections.abc import Mapping

from app.fulfillment.sql.pick_lists import set_shelves as write_shelves
from app.kit.db import WriteTx


async def set_shelves(tx: WriteTx, location_id: int, labels: Mapping[int, str | None]) -> None:
    """labels: checked ones by variant id; None takes one away. The caller may act at the location."""
    await write_shelves(tx, location_id, labels)
