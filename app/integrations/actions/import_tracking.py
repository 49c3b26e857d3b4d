"""Numbers of labels come back from carriers' software: what was labeled leaves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from app.fulfillment.actions.create_shipment import create_shipment
from app.fulfillment.model.packages import PackageDraft, reference_of
from app.integrations import sql
from app.integrations.model.tracking_rows import NumberRow
from app.kit.db import Database, Row
from app.kit.errors import DomainError, NotFound
from app.kit.permissions import Actor

BATCH: Final = 500


class TrackingOutcome(StrEnum):
    """What came of a row with a tracking number."""

    SHIPPED = "SHIPPED"
    ALREADY = "ALREADY"
    REFUSED = "REFUSED"


@dataclass(frozen=True, slots=True)
class TrackingResult:
    """What came of a row, and why it was refused."""

    outcome: TrackingOutcome
    refusal: DomainError | None = None


async def import_tracking(
    db: Database, carrier: str, rows: Sequence[NumberRow], *, actor: Actor, now: datetime
) -> list[TrackingResult]:
    """Ship what the rows name, each fulfillment with all of its rows as parcels; a result per row, in their order.

    Each shipment is a transaction of its own. A fulfillment that left with these numbers is ALREADY, so that an import
    that broke off is simply run again.
    """
    parcels: dict[int, list[int]] = {}
    for place, row in enumerate(rows):
        parcels.setdefault(row.fulfillment, []).append(place)
    numbers = sorted(parcels)
    results: dict[int, TrackingResult] = {}
    for start in range(0, len(numbers), BATCH):
        async with db.read() as tx:
            found = await sql.fulfillments_by_number(tx, numbers[start : start + BATCH])
        for number in numbers[start : start + BATCH]:
            given = list(dict.fromkeys(rows[place].tracking_number for place in parcels[number]))
            result = await _ship(db, carrier, number, found.get(number), given, actor=actor, now=now)
            results.update(dict.fromkeys(parcels[number], result))
    return [results[place] for place in range(len(rows))]


async def _ship(
    db: Database, carrier: str, number: int, found: Row | None, given: Sequence[str], *, actor: Actor, now: datetime
) -> TrackingResult:
    if found is None or not actor.may_act_at(found.location_id):
        message = f"There is no fulfillment {reference_of(number)}."
        return TrackingResult(TrackingOutcome.REFUSED, NotFound(message))
    if found.carrier == carrier and set(found.parcels or ()) == set(given):
        return TrackingResult(TrackingOutcome.ALREADY)
    drafts = [PackageDraft(carrier, one) for one in given]
    try:
        await db.in_write(lambda tx: create_shipment(tx, found.id, drafts, actor=actor, now=now))
    except DomainError as refusal:
        return TrackingResult(TrackingOutcome.REFUSED, refusal)
    return TrackingResult(TrackingOutcome.SHIPPED)
