"""Put the built-in table of postal areas into the database."""

from app.kit.db import WriteTx
from app.locations.model.prefectures import BUILT_IN_AREAS
from app.locations.sql.postal_areas import write_areas


async def seed_postal_areas(tx: WriteTx) -> int:
    """Add the centres of all two-digit areas that are not known yet; returns how many."""
    return await write_areas(tx, BUILT_IN_AREAS, replace=False)
