"""Save locations under their codes."""

from collections.abc import Iterable

from app.kit.db import WriteTx
from app.kit.outbox import publish
from app.locations.events import LocationChanged
from app.locations.model import LocationDraft, check_drafts
from app.locations.sql.locations import location_ids_by_code, upsert_locations


async def save_locations(tx: WriteTx, drafts: Iterable[LocationDraft]) -> dict[str, int]:
    """Make or replace the locations with these codes, whatever their number, and return ids by code.

    Publishes LocationChanged for each location that is new or differs from what was known. Raises
    InvalidLocation (with `location_code`) before anything is written.
    """
    checked = check_drafts(drafts)
    changed = await upsert_locations(tx, checked)
    await publish(
        tx,
        *(
            LocationChanged(location_id=row.id, code=row.code, is_active=row.is_active, version=row.version)
            for row in changed
        ),
    )
    return await location_ids_by_code(tx, [draft.code for draft in checked])
