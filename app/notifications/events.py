"""Facts that the notifications slice tells."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from app.kit.events import Event


@dataclass(frozen=True, slots=True)
class WebhookTested(Event):
    """Somebody wants to see whether an endpoint hears."""

    topic: ClassVar[str] = "webhook_tested"
    key_field: ClassVar[str] = "endpoint_id"

    endpoint_id: UUID


@dataclass(frozen=True, slots=True)
class WebhookStopped(Event):
    """An endpoint is sent nothing any more, because it failed for days (SUSPENDED) or said that it is gone (GONE)."""

    topic: ClassVar[str] = "webhook_stopped"
    key_field: ClassVar[str] = "endpoint_id"

    endpoint_id: UUID
    partner_id: UUID | None
    status: str
