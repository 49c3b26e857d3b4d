"""Refusals of the capacity slice."""

from app.kit.errors import DomainError, ErrorCode


class LockerFull(DomainError):
    """No compartment of the station is free for the goods in their period.

    Facts: location_id, is_too_large (no compartment there could ever take them), found: the nearest others that
    have room, as {location_id, code, distance_km}.
    """

    code = ErrorCode.LOCKER_FULL


class SlotFull(DomainError):
    """The slot has as many orders as it takes. Facts: location_id, begins (UTC), found: see `SlotNotOffered`."""

    code = ErrorCode.SLOT_FULL


class SlotNotOffered(DomainError):
    """The slot cannot be had, whoever else has it.

    Facts: location_id, begins, slot_reason, and found: the next slots of the place that can be had, as {location_id,
    begins, ends, left}.
    """

    code = ErrorCode.SLOT_NOT_OFFERED


class SlotMissing(DomainError):
    """The store hands over by slots, and none was chosen. Facts: location_id, found: see `SlotNotOffered`."""

    code = ErrorCode.SLOT_MISSING
