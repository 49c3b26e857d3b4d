"""Write what became of an attempt to deliver."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from app.kit.db import WriteTx
from app.notifications.actions.stop_endpoint import stop_endpoint
from app.notifications.model import (
    KEPT_ATTEMPTS,
    SUSPENDED_AFTER,
    EndpointStep,
    WebhookDeliveryStatus,
    WebhookEndpointStatus,
    WebhookFailure,
    delay_after,
    rest_after,
)
from app.notifications.sql import deliveries, endpoints

_GONE: Final = 410


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of an attempt.

    failure: None for an answer of 2xx. status_code: None without an answer. answer: its first characters. retry_after:
    how long the receiver asks to be left alone.
    """

    began_at: datetime
    duration_ms: int
    failure: WebhookFailure | None = None
    status_code: int | None = None
    answer: str = ""
    retry_after: timedelta = timedelta()

    def entry(self) -> dict[str, Any]:
        """As it is kept."""
        return {
            "at": self.began_at.isoformat(),
            "duration_ms": self.duration_ms,
            "failure": self.failure,
            "status_code": self.status_code,
            "answer": self.answer,
        }


async def record_attempt(
    tx: WriteTx, delivery_id: int, endpoint_id: UUID, attempt: Attempt, *, now: datetime
) -> WebhookDeliveryStatus | None:
    """Write an attempt, when the delivery is tried again, and how its endpoint does; returns the delivery's status.

    None, changing nothing, when the delivery is gone or was finished by somebody else meanwhile.
    """
    if attempt.failure is None:
        return await _succeeded(tx, delivery_id, endpoint_id, attempt, now)
    endpoint = await endpoints.lock_endpoint(tx, endpoint_id)
    delivery = await deliveries.lock_delivery(tx, delivery_id)
    if endpoint is None or delivery is None or delivery.status != WebhookDeliveryStatus.WAITING:
        return None
    delay = delay_after(delivery.attempts + 1)
    is_gone = attempt.status_code == _GONE
    status = WebhookDeliveryStatus.DEAD if delay is None and not is_gone else WebhookDeliveryStatus.WAITING
    next_at = now + max(delay or timedelta(), attempt.retry_after)
    await deliveries.record(
        tx, delivery_id, status=status, next_at=next_at, entry=attempt.entry(), kept=KEPT_ATTEMPTS, now=now
    )
    if status == WebhookDeliveryStatus.WAITING:
        await deliveries.delay_later(tx, endpoint_id, delivery.key, next_at)
    rest = rest_after(endpoint.failures + 1)
    await endpoints.note_failure(tx, endpoint_id, now=now, resting_until=None if rest is None else now + rest)
    if endpoint.status == WebhookEndpointStatus.ACTIVE:
        if is_gone:
            await stop_endpoint(tx, endpoint, EndpointStep.GIVE_UP)
        elif endpoint.failing_since is not None and now - endpoint.failing_since >= SUSPENDED_AFTER:
            await stop_endpoint(tx, endpoint, EndpointStep.SUSPEND)
    return status


async def _succeeded(
    tx: WriteTx, delivery_id: int, endpoint_id: UUID, attempt: Attempt, now: datetime
) -> WebhookDeliveryStatus | None:
    await endpoints.note_success(tx, endpoint_id)
    delivery = await deliveries.lock_delivery(tx, delivery_id)
    if delivery is None or delivery.status == WebhookDeliveryStatus.DELIVERED:
        return None
    status = WebhookDeliveryStatus.DELIVERED
    await deliveries.record(
        tx, delivery_id, status=status, next_at=None, entry=attempt.entry(), kept=KEPT_ATTEMPTS, now=now
    )
    if delivery.attempts:
        await deliveries.hurry_later(tx, endpoint_id, delivery.key, now=now)
    return status
