"""A partner's system that watches its jobs."""

from typing import Any, Final
from uuid import UUID

import orjson

from app.engine.request import Request
from app.fulfillment.actions.cancel_order import cancel_order
from app.kit.db import Database
from app.kit.permissions import Actor, ActorKind
from tests.conftest import NOW
from tests.fulfillment.views import pickup_of
from tests.inventory.listeners import Listener, Server
from tests.kit.feed_tools import until

JOBS: Final = """subscription ($after: String, $maxRate: Float) { partnerJobs(after: $after, maxRate: $maxRate) {
  number status version cursor pickup { number status lines { quantity } } } }"""


class Watcher(Listener):
    """A partner's system: versions of a pickup never fall, and cursors are kept."""

    def __init__(self, actor: Actor, **variables: Any) -> None:
        super().__init__(actor, **variables)
        self.jobs: list[tuple[str, str]] = []
        self.known: dict[str, tuple[int, str]] = {}

    async def connect(self, server: Server, **variables: Any) -> None:
        sent = {**self.variables, "after": self.cursor, **variables}
        prepared = server.hub.engine.prepare(Request(JOBS, sent))
        self._subscribed = await server.hub.subscribe(
            prepared, lambda: server.execute.context(actor=self._actor), self._actor, self
        )

    def read(self, count: int = 1_000_000) -> None:
        for key in list(self._unread)[:count]:
            answer = orjson.loads(self._unread.pop(key))
            assert "errors" not in answer, answer
            job = answer["data"]["partnerJobs"]
            assert job["pickup"]["number"] == job["number"]
            before = self.known.get(job["number"], (0, ""))[0]
            assert job["version"] >= before
            self.known[job["number"]] = (job["version"], job["status"])
            self.cursor = job["cursor"] or self.cursor
            if job["version"] > before:  # else it has come again
                self.jobs.append((job["number"], job["status"]))

    async def told(self, server: Server, count: int) -> list[tuple[str, str]]:
        """So many events, then nothing more."""

        async def is_enough() -> bool:
            self.read()
            return len(self.jobs) >= count

        await until(is_enough)
        await server.idle()
        self.read()
        found, self.jobs = self.jobs, []
        return found


async def numbers(db: Database, *orders: Any) -> list[str]:
    return [(await pickup_of(db, order)).number for order in orders]


async def cancel(db: Database, order_id: UUID) -> None:
    async with db.write() as tx:
        await cancel_order(tx, order_id, reason="for a test", actor="test", now=NOW)


def jobs_key(actor: Actor, **more: Any) -> Actor:
    given: Any = {"scopes": frozenset({"partner:jobs"}), "partner_id": actor.partner_id, **more}
    return Actor(kind=ActorKind.PARTNER, reference="key:jobs", **given)
