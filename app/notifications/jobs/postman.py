"""Gives facts to endpoints and sends what is due: one loop in each worker process, any number of them at once."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from time import monotonic
from typing import Any, Final
from uuid import UUID

from app.kit.db import Database
from app.notifications.actions.continue_replay import continue_replay
from app.notifications.actions.fan_out import fan_out
from app.notifications.actions.record_attempt import Attempt, record_attempt
from app.notifications.jobs.sending import Sender
from app.notifications.model import AT_ONCE, LEASE, WebhookFailure
from app.notifications.model.signing import UnreadableSecret, message_id, sign, unseal
from app.notifications.sql.deliveries import claim_deliveries

log = logging.getLogger(__name__)

_POLL_S: Final = 1.0
_AGENT: Final = "Hikiate-Webhooks/1"


class Postman:
    """An endpoint has its own few places: one that is slow keeps nobody else waiting."""

    def __init__(
        self, db: Database, installation_keys: Sequence[bytes], sender: Sender, clock: Callable[[], datetime]
    ) -> None:
        self._db = db
        self._keys = installation_keys
        self._sender = sender
        self._clock = clock
        self._busy: Counter[UUID] = Counter()
        self._under_way: set[asyncio.Task[None]] = set()
        self._woken = asyncio.Event()
        self._has_facts, self._looked_at = True, 0.0

    def wake(self) -> None:
        """There may be new facts."""
        self._has_facts = True
        self._woken.set()

    async def step(self) -> int:
        """Give out all facts, begin to send all that is due and has a place; returns how many were begun."""
        # Also without a word: notifications may get lost.
        if self._has_facts or monotonic() - self._looked_at >= _POLL_S:
            self._has_facts, self._looked_at = False, monotonic()
            while await self._db.in_write(lambda tx: fan_out(tx, now=self._clock())):
                pass
            if await self._db.in_write(lambda tx: continue_replay(tx, now=self._clock())):
                self.wake()
        now = self._clock()
        due = await self._db.in_write(
            lambda tx: claim_deliveries(tx, busy=+self._busy, at_once=AT_ONCE, until=now + LEASE, now=now)
        )
        for delivery in due:
            self._busy[delivery.endpoint_id] += 1
            task = asyncio.create_task(self._deliver(delivery))
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        return len(due)

    async def rest(self) -> None:
        """Until there may be something to do, a second at most."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_POLL_S):
                await self._woken.wait()
        self._woken.clear()

    async def finish(self) -> None:
        """Wait for what is under way."""
        while self._under_way:
            await asyncio.gather(*self._under_way)

    async def close(self) -> None:
        """Break off what is under way: it is sent again when its time is over."""
        for task in self._under_way:
            task.cancel()
        await asyncio.gather(*self._under_way, return_exceptions=True)
        await self._sender.close()

    async def _deliver(self, delivery: Any) -> None:
        try:
            attempt = await self._attempt(delivery)
            await self._db.in_write(
                lambda tx: record_attempt(tx, delivery.id, delivery.endpoint_id, attempt, now=self._clock())
            )
        except Exception:  # it is sent again when its time is over
            log.exception("The delivery %s was not written down", delivery.id)
        finally:
            self._busy[delivery.endpoint_id] -= 1
            self._woken.set()

    async def _attempt(self, delivery: Any) -> Attempt:
        now, body = self._clock(), delivery.body.encode()
        try:
            keys = [unseal(sealed, *self._keys) for sealed in delivery.sealed or ()]
        except UnreadableSecret:
            return Attempt(now, 0, WebhookFailure.SECRET, answer="The endpoint's secret cannot be read: rotate it.")
        signed = sign(body, message_id(delivery.event_id), now, keys)
        headers = {"content-type": "application/json", "user-agent": _AGENT, **signed}
        return await self._sender.send(delivery.url, headers, body)
