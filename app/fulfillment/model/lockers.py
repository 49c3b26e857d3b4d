"""What pickups at lockers say of compartments. Pure."""

from typing import Final
from uuid import UUID

from app.capacity.model.claims import Presence, Standing
from app.fulfillment.model.pickups import PickupExpiryReason, PickupState, PickupStatus

LOCKER_MODE: Final = "LOCKER_PICKUP"
_OVER: Final = frozenset({PickupStatus.COLLECTED, PickupStatus.RETURNED, PickupStatus.CANCELED})
_HERE: Final = frozenset({PickupStatus.ARRIVED, PickupStatus.READY, PickupStatus.EXPIRING})


def standing_of(delivery_id: UUID, state: PickupState) -> Standing:
    """Where the goods of a pickup are, as all of its reports together have it."""
    presence = _presence(state)
    refused_at = state.refused_at or state.returning_at or state.expired_at
    return Standing(
        delivery_id,
        presence,
        since=refused_at if presence is Presence.REFUSED else state.arrived_at or state.expired_at,
        until=state.hold_until,
        compartment=state.compartment,
        reason=state.reason,
    )


def _presence(state: PickupState) -> Presence:
    if state.status in _OVER:
        return Presence.GONE
    # Full at the drop-off: the parcel is still with its carrier, and needs another compartment.
    if not state.is_inside and (
        state.status is PickupStatus.ARRIVED or state.reason == PickupExpiryReason.NOT_ACCEPTED
    ):
        return Presence.REFUSED
    if state.status is PickupStatus.RETURNING:
        return Presence.GONE
    if state.status is PickupStatus.EXPIRED:
        return Presence.OVERDUE
    if state.status in _HERE:
        return Presence.INSIDE if state.reason is None else Presence.STUCK
    return Presence.EXPECTED
