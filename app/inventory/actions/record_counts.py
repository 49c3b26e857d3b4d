"""Somebody has counted."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.inventory.actions.open_count import add_lines
from app.inventory.events import CountSessionChanged
from app.inventory.model import check_quantity
from app.inventory.model.counts import COUNT_SESSION, CountStep, Found
from app.inventory.sql.counts import lock_count_session, passes_of
from app.inventory.sql.counts import record_counts as insert_records
from app.inventory.sql.feeds import refuse_bundles
from app.kit.db import WriteTx
from app.kit.errors import InvalidInput, NotFound
from app.kit.outbox import publish


async def record_counts(tx: WriteTx, count_id: UUID, found: Sequence[Found], *, actor: str, now: datetime) -> None:
    """Note all units of each variant that are on hand at the location, beside what the ledger says at this moment.

    The last word of each counter counts. Raises NotFound (session, or a variant that the session was not opened for),
    InvalidTransition, InvalidQuantity, InvalidInput for a variant that is named twice and for bundles,
    BeingCounted.
    """
    session = await lock_count_session(tx, count_id)
    status = COUNT_SESSION.take(CountStep.RECORD, session["status"])
    for one in found:
        check_quantity(one.quantity, minimum=0)
    variant_ids = [one.variant_id for one in found]
    if not found or len(set(variant_ids)) < len(found):
        raise InvalidInput("Each variant is counted once in a request.", path=["input", "counts"])
    if not session["has_all_lines"]:
        await refuse_bundles(tx, variant_ids, "counts", "sku")
        await add_lines(tx, count_id, session["location_id"], variant_ids)
    elif set(variant_ids) - (await passes_of(tx, count_id, variant_ids)).keys():
        raise NotFound("The session was opened for other variants.", path=["input", "counts"])
    await insert_records(tx, count_id, found, counted_by=actor, now=now)
    await publish(tx, CountSessionChanged(count_id, session["location_id"], status))
