"""Buyers know by when their goods are at the store, and hear of it when that is later than they were told."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from app.exceptions.actions.settle_cases import settle_cases
from app.exceptions.model import CaseDraft, CaseKind
from app.fulfillment.actions.move_pickup import tell_of_pickups
from app.fulfillment.events import PromiseRedated
from app.fulfillment.model import WorkKind, due_at
from app.fulfillment.model.pickups import PickupStatus
from app.fulfillment.sql import promises
from app.kit.db import Row, WriteTx
from app.kit.outbox import publish
from app.kit.permissions import SYSTEM
from app.orders.actions.add_history import add_history
from app.orders.model import OrderHistoryKind

# What is late without another date is looked for again after this time.
_ANOTHER_DAY: Final = timedelta(days=1)


async def promise_pickups(tx: WriteTx, order_ids: Collection[UUID], *, now: datetime) -> None:
    """Say by when the pickups at own stores of locked orders are ready: when their preparation is due, and as long as
    units are elsewhere, when the last transfer has come and was unpacked, never before their slot begins.

    A promise that has become later is told: history, PromiseRedated, a new version. A transfer whose time is over, and
    that nobody has given another one, becomes a case TRANSFER_LATE, and the promise moves on by a day. May be repeated.
    """
    found = await promises.lock_promised(tx, order_ids)
    changed = {row.id: by for row in found if (by := _ready_by(row, now)) is not None and by != row.ready_by}
    if changed:
        told = await promises.set_promises(tx, changed)
        later = {
            row.id: row
            for row in found
            if row.id in changed and row.ready_by is not None and row.ready_by < changed[row.id]
        }
        await tell_of_pickups(tx, [row for row in told if row.id in later])
        for row in later.values():
            await _tell(tx, row, changed[row.id], now)
    if any(row.arrives_at is not None and row.arrives_at <= now for row in found):
        await _ask(tx, order_ids, now)


async def settle_transfers(tx: WriteTx, order_ids: Collection[UUID], *, now: datetime) -> None:
    """Close the cases of transfers that have come, ended, or got another date."""
    solved = [
        (CaseKind.TRANSFER_LATE, ("TRANSFER", str(row.id)))
        for row in await promises.transfers_of(tx, order_ids)
        if not row.is_open or row.expected_at > now
    ]
    if solved:
        await settle_cases(tx, [], solved, now=now)


def _ready_by(pickup: Row, now: datetime) -> datetime | None:
    """None: as before."""
    if pickup.status == PickupStatus.PREPARING:
        return pickup.prepared_by
    if pickup.arrives_at is None:
        return None
    arrives: datetime = pickup.arrives_at
    if arrives <= now:
        if pickup.ready_by is not None and pickup.ready_by > now:
            return None
        arrives = now + _ANOTHER_DAY
    ready = due_at(WorkKind.PREPARE_PICKUP, arrives, pickup.hours, pickup.timezone) or arrives
    return ready if pickup.slot_begins is None else max(ready, pickup.slot_begins)


async def _tell(tx: WriteTx, pickup: Row, ready_by: datetime, now: datetime) -> None:
    facts = {"pickup": pickup.number, "before": pickup.ready_by.isoformat(), "readyBy": ready_by.isoformat()}
    if pickup.slot_begins is not None:
        facts["slotBegins"] = pickup.slot_begins.isoformat()
    kind, actor = OrderHistoryKind.PROMISE_REDATED, SYSTEM.reference
    await add_history(tx, pickup.order_id, kind, actor=actor, now=now, facts=facts)
    told = PromiseRedated(pickup.id, pickup.number, pickup.order_id, pickup.location_id, ready_by.isoformat())
    await publish(tx, told)


async def _ask(tx: WriteTx, order_ids: Collection[UUID], now: datetime) -> None:
    late: Sequence[Row] = [
        row for row in await promises.transfers_of(tx, order_ids) if row.is_open and row.expected_at <= now
    ]
    cases = [
        CaseDraft(
            CaseKind.TRANSFER_LATE,
            ("TRANSFER", str(row.id)),
            row.to_location_id,
            None,
            row.order_id,
            {"transfer": row.number, "expectedAt": row.expected_at.isoformat()},
            frozenset({row.expected_at.isoformat()}),
        )
        for row in late
    ]
    await settle_cases(tx, cases, now=now)
