"""Lines of a count session are to be counted again."""

from collections.abc import Sequence
from uuid import UUID

from app.inventory.events import CountSessionChanged
from app.inventory.model.counts import COUNT_SESSION, CountStep
from app.inventory.sql.counts import begin_recount, lock_count_session, passes_of
from app.kit.db import WriteTx
from app.kit.errors import NotFound
from app.kit.outbox import publish


async def reject_counts(
    tx: WriteTx, count_id: UUID, variant_ids: Sequence[int], *, note: str | None, expected_version: int | None = None
) -> None:
    """Begin the next pass of these lines; what was counted in earlier ones is kept, but says nothing any more.

    Raises NotFound (session or line), VersionConflict, InvalidTransition.
    """
    session = await lock_count_session(tx, count_id, expected_version=expected_version)
    status = COUNT_SESSION.take(CountStep.REJECT, session["status"])
    if set(variant_ids) - (await passes_of(tx, count_id, variant_ids)).keys():
        raise NotFound("The session has no such line.", path=["input", "skus"])
    await begin_recount(tx, count_id, set(variant_ids), note)
    await publish(tx, CountSessionChanged(count_id, session["location_id"], status))
