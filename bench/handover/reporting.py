"""Points' clients over HTTP: each reports one thing after the other, on a connection of its own."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from bench.engine.client import Connection

REPORT: Final = """mutation ($input: PickupReportInput!) { pickupReport(input: $input) {
  effect pickup { number status } userErrors { code message } } }"""
# What happens to each pickup, in minutes after the parcel left.
STORY: Final = (("ARRIVED", 0), ("BLOCKED", 10), ("READY", 20), ("COLLECTED", 30))


@dataclass
class Points:
    """What so many clients report of these pickups. times: of single reports, in seconds."""

    port: int
    key: str
    numbers: list[str]
    began: datetime
    ends: float = 0.0
    effects: Counter[str] = field(default_factory=Counter[str])
    times: list[float] = field(default_factory=list[float])

    async def report(self, clients: int, seconds: float) -> float:
        """Let them report for so long; how long it took until the last one had an answer."""
        loop = asyncio.get_running_loop()
        connections = [Connection() for _ in range(clients)]
        for connection in connections:
            await loop.create_connection(lambda one=connection: one, "127.0.0.1", self.port)
        start = time.perf_counter()
        self.ends = start + seconds
        await asyncio.gather(*(connection.run(_Point(self)) for connection in connections))
        for connection in connections:
            connection.transport.close()
        return time.perf_counter() - start


class _Point:
    """Asks for one thing after the other: see `bench.engine.client.Connection`."""

    def __init__(self, points: Points) -> None:
        self._points = points
        self._left: list[tuple[str, int]] = []
        self._number = ""
        self._began = 0.0
        self._head = (
            f"POST /graphql HTTP/1.1\r\nhost: 127.0.0.1:{points.port}\r\ncontent-type: application/json\r\n"
            f"authorization: Bearer {points.key}\r\n"
        ).encode()

    def next(self) -> bytes | None:
        """The next report; None when the time or the pickups are over."""
        self._began = time.perf_counter()
        if not self._left:
            if self._began >= self._points.ends or not self._points.numbers:
                return None
            self._number, self._left = self._points.numbers.pop(), list(STORY)
        kind, minutes = self._left.pop(0)
        given = {
            "pickupNumber": self._number,
            "kind": kind,
            "occurredAt": (self._points.began + timedelta(minutes=minutes)).isoformat(),
            "idempotencyKey": f"{self._number} {kind}",
        }
        body = orjson.dumps({"query": REPORT, "variables": {"input": given}})
        return b"%scontent-length: %d\r\n\r\n%s" % (self._head, len(body), body)

    def took(self, answer: bytes) -> None:
        """An answer to it. Raises when the report was not applied."""
        told: dict[str, Any] = orjson.loads(answer.partition(b"\r\n\r\n")[2])
        payload = told["data"]["pickupReport"]
        assert payload["userErrors"] == [], payload
        self._points.effects[payload["effect"]] += 1
        self._points.times.append(time.perf_counter() - self._began)
