"""How cold goods can wait at a location is known from what it has."""

from collections.abc import Collection

from app.kit.db import WriteTx
from app.kit.temperature import Temperature
from app.locations.sql.networks import write_temperatures


async def set_temperatures(tx: WriteTx, location_id: int, temperatures: Collection[Temperature]) -> None:
    """Goods of these classes can wait there; none: as its network has it. The same again changes nothing."""
    await write_temperatures(tx, location_id, sorted(set(temperatures)) or None)
