"""Buyers over HTTP: each opens a cart, orders it, and comes again, on a connection of its own."""

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import uuid4

import orjson

from bench.engine.client import Connection

CREATE: Final = """mutation ($input: CartCreateInput!) { cartCreate(input: $input) {
  cart { id } userErrors { code message } } }"""
COMPLETE: Final = """mutation ($input: CheckoutCompleteInput!) { checkoutComplete(input: $input) {
  order { id number status total { amount } } userErrors { code message } } }"""
_ADDRESS: Final = {
    "name": "山田 花子",
    "phone": "03-1234-5678",
    "postalCode": "1500001",
    "prefecture": 13,
    "city": "渋谷区",
    "line1": "神宮前1-1-1",
}
_PLACED: Final = "PLACED"


@dataclass
class Crowd:
    """What so many buyers of one SKU were told. times: of whole checkouts, in seconds."""

    port: int
    sku: str
    ends: float = 0.0
    outcomes: Counter[str] = field(default_factory=Counter[str])
    times: list[float] = field(default_factory=list[float])

    async def rush(self, buyers: int, seconds: float) -> float:
        """Let them buy for so long; how long it took until the last one had an answer."""
        loop = asyncio.get_running_loop()
        connections = [Connection() for _ in range(buyers)]
        for connection in connections:
            await loop.create_connection(lambda one=connection: one, "127.0.0.1", self.port)
        start = time.perf_counter()
        self.ends = start + seconds
        await asyncio.gather(*(connection.run(Buyer(self)) for connection in connections))
        for connection in connections:
            connection.transport.close()
        return time.perf_counter() - start


class Buyer:
    """Asks for one thing after the other: see `bench.engine.client.Connection`."""

    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        self._cart: str | None = None
        self._began = 0.0
        self._head = f"POST /graphql HTTP/1.1\r\nhost: 127.0.0.1:{crowd.port}\r\ncontent-type: application/json\r\n"

    def next(self) -> bytes | None:
        """The next request; None when the time is over."""
        if self._cart is not None:
            payment = {"method": "CARD", "token": "tok_ok"}
            given = {"cartId": self._cart, "email": "buyer@example.jp", "payment": payment}
            return self._request(COMPLETE, given)
        self._began = time.perf_counter()
        if self._began >= self._crowd.ends:
            return None
        delivery = {"mode": "HOME_DELIVERY", "address": _ADDRESS}
        return self._request(CREATE, {"lines": [{"sku": self._crowd.sku}], "delivery": delivery})

    def took(self, answer: bytes) -> None:
        """An answer to it. Raises when it is none that a shop may give."""
        data: dict[str, Any] = orjson.loads(answer.partition(b"\r\n\r\n")[2])["data"]
        if self._cart is None:
            self._cart = data["cartCreate"]["cart"]["id"]
            return
        self._cart = None
        payload = data["checkoutComplete"]
        order = payload["order"]
        outcome = payload["userErrors"][0]["code"] if order is None else order["status"]
        self._crowd.outcomes[outcome] += 1
        if outcome == _PLACED:
            self._crowd.times.append(time.perf_counter() - self._began)

    def _request(self, document: str, given: dict[str, Any]) -> bytes:
        body = orjson.dumps({"query": document, "variables": {"input": {**given, "idempotencyKey": str(uuid4())}}})
        return b"%scontent-length: %d\r\n\r\n%s" % (self._head.encode(), len(body), body)
