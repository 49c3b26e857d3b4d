"""Note that an API key was used."""

from datetime import datetime
from uuid import UUID

from app.kit.db import WriteTx
from app.partners import sql
from app.partners.model import USE_NOTED_EVERY


async def note_key_use(tx: WriteTx, key_id: UUID, *, now: datetime) -> bool:
    """Write down that a key was used at `now`, at most once a minute; whether it was written."""
    return await sql.note_use(tx, key_id, now=now, before=now - USE_NOTED_EVERY)
