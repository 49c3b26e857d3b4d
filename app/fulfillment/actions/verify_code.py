"""Whoever collects says the pickup code; it is right, or it is counted."""

from datetime import datetime, timedelta
from uuid import UUID

from app.fulfillment.actions.take_pickup import take_pickup
from app.fulfillment.errors import PickupCodeInvalid, PickupCodeLocked, TooManyWrongCodes
from app.fulfillment.model.codes import MAX_CODE_ATTEMPTS, attempt, is_pickup_code, refusal_limits
from app.fulfillment.model.pickups import COLLECTABLE, POINT_MODES
from app.fulfillment.sql import code_refusals, pickups
from app.fulfillment.sql.policies import policies_of
from app.kit.db import WriteTx
from app.kit.errors import DomainError, InvalidTransition
from app.kit.permissions import Actor
from app.orders.actions.add_history import add_history
from app.orders.model import OrderHistoryKind


async def verify_code(
    tx: WriteTx, pickup_id: UUID, code: str, *, secret_key: bytes, actor: Actor, now: datetime
) -> DomainError | None:
    """None when `code` is the pickup's: it may be handed over now, and earlier wrong codes are forgotten.

    A wrong code is returned, not raised, so that the count is kept with the refusal; it also takes back an
    earlier verification. The fifth one locks. Raises NotFound, PickupCodeLocked and TooManyWrongCodes (whatever
    the code), or InvalidTransition when nothing waits to be collected, or the carrier checks
    numbers of its own.
    """
    order, pickup = await take_pickup(tx, pickup_id, actor=actor)
    if pickup.status not in COLLECTABLE:
        message = f"A pickup that is {pickup.status} is not collected."
        raise InvalidTransition(message, current_status=pickup.status)
    if pickup.mode in POINT_MODES and (await policies_of(tx, [pickup.location_id]))[pickup.location_id].asks_own_code:
        message = "The carrier's own numbers are shown at this point, and checked by the carrier."
        raise InvalidTransition(message, current_status=pickup.status)
    if pickup.is_locked:
        raise PickupCodeLocked
    limits = refusal_limits(actor.reference, pickup.location_id, pickup.partner_id)
    hour = now.replace(minute=0, second=0, microsecond=0)
    if await code_refusals.are_exhausted(tx, limits, hour=hour):
        raise TooManyWrongCodes(hour + timedelta(hours=1))
    # Scanners read the pickup's number before the code: see `Pickup.codePicture`.
    is_right = is_pickup_code(code.strip().removeprefix(pickup.number), secret_key, pickup.id, pickup.code_version)
    failed, is_locked = attempt(pickup.failed_attempts, is_right=is_right)
    await pickups.record_attempt(
        tx, pickup_id, failed_attempts=failed, is_locked=is_locked, verified_at=now if is_right else None
    )
    if not is_right:
        await code_refusals.count_refusal(tx, limits, hour=hour)
    facts = {"pickup": pickup.number}
    await add_history(tx, order.id, _told(is_right, is_locked), actor=actor.reference, now=now, facts=facts)
    return None if is_right else PickupCodeInvalid(remaining_attempts=MAX_CODE_ATTEMPTS - failed)


def _told(is_right: bool, is_locked: bool) -> OrderHistoryKind:  # noqa: FBT001  # both are computed
    if is_right:
        return OrderHistoryKind.PICKUP_CODE_VERIFIED
    return OrderHistoryKind.PICKUP_LOCKED if is_locked else OrderHistoryKind.PICKUP_CODE_REFUSED
