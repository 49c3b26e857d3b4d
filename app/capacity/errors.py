"""Refusals of the capacity slice."""

from app.kit.errors import DomainError, ErrorCode


class LockerFull(DomainError):
    """No compartment of the station is free for the goods in their period.

    Facts: location_id, is_too_large (no compartment there could ever take them), found: the nearest others that
    have room, as {location_id, code, distance_km}.
    """

    code = ErrorCode.LOCKER_FULL
