"""People are to count what lies at a location."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.inventory.errors import BeingCounted
from app.inventory.events import CountSessionChanged
from app.inventory.model.counts import COUNT_SESSION
from app.inventory.sql.counts import add_count_lines, counted_elsewhere, insert_count_session, passes_of
from app.inventory.sql.feeds import refuse_bundles
from app.inventory.sql.stock import stocking_locations
from app.kit.db import WriteTx
from app.kit.errors import NotFound
from app.kit.ids import new_id
from app.kit.outbox import publish


async def open_count(
    tx: WriteTx,
    *,
    location_id: int,
    variant_ids: Sequence[int] | None,
    needs_four_eyes: bool,
    note: str | None = None,
    actor: str,
    now: datetime,
) -> UUID:
    """An OPEN session; returns its id. variant_ids: all that have to be counted; None: whatever is recorded.

    Raises NotFound for a location that holds no stock, BeingCounted for a variant of another open session there,
    InvalidInput for bundles.
    """
    if not await stocking_locations(tx, {location_id}):
        raise NotFound("No stock is kept at this location.", path=["input", "locationId"])
    await refuse_bundles(tx, variant_ids or (), "skus")
    count_id = new_id()
    await insert_count_session(
        tx,
        count_id,
        location_id=location_id,
        has_all_lines=variant_ids is not None,
        needs_four_eyes=needs_four_eyes,
        note=note,
        opened_by=actor,
        created_at=now,
    )
    if variant_ids is not None:
        await add_lines(tx, count_id, location_id, variant_ids)
    await publish(tx, CountSessionChanged(count_id, location_id, COUNT_SESSION.begins[0]))
    return count_id


async def add_lines(tx: WriteTx, count_id: UUID, location_id: int, variant_ids: Sequence[int]) -> None:
    """Lines for those that have none. Raises BeingCounted for a variant of another open session at the location."""
    await add_count_lines(tx, count_id, location_id, variant_ids)
    missing = set(variant_ids) - (await passes_of(tx, count_id, variant_ids)).keys()
    if not missing:
        return
    sku, number = await counted_elsewhere(tx, location_id, missing) or (None, None)
    raise BeingCounted(f"{sku} is counted in {number} at this location.", sku=sku, count_number=number)
