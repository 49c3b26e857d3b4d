"""Systems that watch what changes: a partner's its jobs, a shop's its work and its cases."""

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
WORK: Final = """subscription ($locationIds: [ID!], $kinds: [WorkKind!], $after: String, $maxRate: Float) {
  workChanged(locationIds: $locationIds, kinds: $kinds, after: $after, maxRate: $maxRate) {
    kind status assignee version cursor work { id kind status assignee lines { quantity } location { code } } } }"""
CASES: Final = """subscription ($locationIds: [ID!], $kinds: [CaseKind!], $after: String, $maxRate: Float) {
  exceptionCaseChanged(locationIds: $locationIds, kinds: $kinds, after: $after, maxRate: $maxRate) {
    kind status assignee version cursor exceptionCase { id kind status assignee location { code } } } }"""


class Watcher(Listener):
    """A partner's system: versions of a thing never fall, and cursors are kept.

    document: what it subscribes to; thing: where its events have the thing itself.
    """

    document = JOBS
    thing = "pickup"

    def __init__(self, actor: Actor, **variables: Any) -> None:
        super().__init__(actor, **variables)
        self.jobs: list[tuple[str, str]] = []
        self.known: dict[str, tuple[int, str]] = {}

    async def connect(self, server: Server, **variables: Any) -> None:
        sent = {**self.variables, "after": self.cursor, **variables}
        prepared = server.hub.engine.prepare(Request(self.document, sent))
        self._subscribed = await server.hub.subscribe(
            prepared, lambda: server.execute.context(actor=self._actor), self._actor, self
        )

    def read(self, count: int = 1_000_000) -> None:
        for key in list(self._unread)[:count]:
            answer = orjson.loads(self._unread.pop(key))
            assert "errors" not in answer, answer
            [job] = answer["data"].values()
            name = self.name_of(job)
            before = self.known.get(name, (0, ""))[0]
            assert job["version"] >= before
            self.known[name] = (job["version"], job["status"])
            self.cursor = job["cursor"] or self.cursor
            if job["version"] > before:  # else it has come again
                self.jobs.append((self.said_of(job), job["status"]))

    def name_of(self, job: Any) -> str:
        """What tells it from all others; it and its event agree."""
        assert job["pickup"]["number"] == job["number"]
        return job["number"]

    def said_of(self, job: Any) -> str:
        """What tests call it."""
        return job["number"]

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


class Board(Watcher):
    """A screen at a location that shows the work there."""

    document = WORK
    thing = "work"

    def __init__(self, actor: Actor, **variables: Any) -> None:
        super().__init__(actor, **variables)
        self.differing: dict[str, tuple[Any, Any]] = {}

    def name_of(self, job: Any) -> str:
        """What is told and the thing itself are read one after the other: only the last ones must agree."""
        now, of = job[self.thing], ("kind", "status", "assignee")
        told, is_now = tuple(job[name] for name in of), tuple(now[name] for name in of)
        self.differing.pop(now["id"], None)
        if told != is_now:
            self.differing[now["id"]] = (told, is_now)
        return now["id"]

    async def told(self, server: Server, count: int) -> list[tuple[str, str]]:
        found = await super().told(server, count)
        assert self.differing == {}
        return found

    def said_of(self, job: Any) -> str:
        return job["kind"]


class Desk(Board):
    """Where the shop's people see what they have to solve."""

    document = CASES
    thing = "exceptionCase"


async def numbers(db: Database, *orders: Any) -> list[str]:
    return [(await pickup_of(db, order)).number for order in orders]


async def cancel(db: Database, order_id: UUID) -> None:
    async with db.write() as tx:
        await cancel_order(tx, order_id, reason="for a test", actor="test", now=NOW)


def jobs_key(actor: Actor, **more: Any) -> Actor:
    given: Any = {"scopes": frozenset({"partner:jobs"}), "partner_id": actor.partner_id, **more}
    return Actor(kind=ActorKind.PARTNER, reference="key:jobs", **given)
