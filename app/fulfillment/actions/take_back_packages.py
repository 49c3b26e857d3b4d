"""Parcels are unpacked in the house again."""

from collections.abc import Sequence
from datetime import datetime

from app.fulfillment.actions.follow_tracking import follow_tracking
from app.fulfillment.model.packages import TrackingKind
from app.fulfillment.model.tracking import TrackingEvent
from app.fulfillment.sql import tracking
from app.kit.db import Row, WriteTx


async def take_back_packages(tx: WriteTx, taken: Sequence[Row], *, actor: str, now: datetime) -> None:
    """Locked parcels become TAKEN_BACK, whatever was told of them; their orders are locked, too. May be repeated."""
    new = [
        tracking.NewTracking(
            actor, f"back {row.id}", row.id, actor, TrackingEvent("", TrackingKind.TAKEN_BACK, now), b""
        )
        for row in taken
    ]
    await tracking.insert_tracking(tx, new, now=now)
    await follow_tracking(tx, taken, actor=actor, now=now)
