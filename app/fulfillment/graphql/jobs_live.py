"""The stream behind `partnerJobs`."""

from collections.abc import Mapping
from typing import Any, Final

from app.fulfillment.sql import jobs
from app.kit.graphql.context import Context
from app.kit.graphql.state_live import StateLive, Told

_TOLD: Final = Told("pickup_changed", "pickup_id", jobs.OPEN_JOBS, jobs.JOBS_BY_ID, jobs.CHANGED_JOBS)


class JobsLive(StateLive):
    """All pickups of a partner, or all that a key of the shop's own sees."""

    def __init__(self, context: Context, *, after: str | None, max_rate: float | None) -> None:
        actor = context.actor
        self._partner_id = actor.partner_id
        self._allowed = None if actor.location_ids is None else sorted(actor.location_ids)
        seen = {"partner_id": self._partner_id, "allowed": self._allowed}
        super().__init__(context, _TOLD, seen, after=after, max_rate=max_rate)

    def concerns(self, payload: Mapping[str, Any]) -> bool:
        """Nobody hears of another's tests or points."""
        if self._partner_id is None:
            if payload.get("is_sandbox"):
                return False
        elif payload["partner_id"] != str(self._partner_id):
            return False
        return self._allowed is None or payload["location_id"] in self._allowed
