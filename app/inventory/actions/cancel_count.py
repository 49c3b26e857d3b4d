"""A count session ends without having corrected anything."""

from datetime import datetime
from uuid import UUID

from app.inventory.events import CountSessionChanged
from app.inventory.model.counts import COUNT_SESSION, CountStep
from app.inventory.sql.counts import close_count_session, lock_count_session
from app.kit.db import WriteTx
from app.kit.outbox import publish


async def cancel_count(
    tx: WriteTx, count_id: UUID, *, expected_version: int | None = None, actor: str, now: datetime
) -> None:
    """End it as CANCELED. Raises NotFound, VersionConflict, InvalidTransition."""
    session = await lock_count_session(tx, count_id, expected_version=expected_version)
    status = COUNT_SESSION.take(CountStep.CANCEL, session["status"])
    await close_count_session(tx, count_id, status, closed_by=actor, now=now)
    await publish(tx, CountSessionChanged(count_id, session["location_id"], status))
