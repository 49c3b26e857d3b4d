"""Note that an API key was used."""

from datetime import datetime

from app.kit.db import WriteTx
from app.partners import sql
from app.partners.model import USE_NOTED_EVERY


async def note_key_use(tx: WriteTx, secret_hash: bytes, *, now: datetime) -> bool:
    """Write down that a key's secret was used at `now`, at most once a minute; whether it was written."""
    return await sql.note_use(tx, secret_hash, now=now, before=now - USE_NOTED_EVERY)
