"""The raw limit: bare ASGI, asyncpg, orjson, and answers nested by hand. Reads; the writes are in `raw_writes`.

Reference data (the channel, the names of its locations) is in the process, connections are taken from a plain stack
and never reset, plans are made once.
"""

import asyncio
from binascii import b2a_base64
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from hashlib import sha256
from typing import Any, Final

import asyncpg
import orjson

from app.kit.ids import parse_global_id
from app.kit.paging import decode_cursor, encode_cursor
from bench.engine import raw_sql
from bench.engine.shop import CHANNEL

Headers = Mapping[bytes, bytes]
Handler = Callable[[Any, Headers], Awaitable[bytes]]
NOTHING: Final = {"available": 0, "locations": []}


class Connections:
    """So many connections to PostgreSQL, the one used last first. Who finds none waits in a queue."""

    def __init__(self, free: list[Any]) -> None:
        self._free = free
        self._waiting: deque[asyncio.Future[Any]] = deque()

    @classmethod
    async def open(cls, dsn: str, size: int) -> "Connections":
        """All of them at once."""
        settings = {"plan_cache_mode": "force_generic_plan"}
        return cls(
            [await asyncpg.connect(dsn, server_settings=settings, max_cacheable_statement_size=0) for _ in range(size)]
        )

    @asynccontextmanager
    async def one(self) -> AsyncGenerator[Any, None]:
        """A connection for a block."""
        connection = await self.take()
        try:
            yield connection
        finally:
            self.give(connection)

    async def take(self) -> Any:
        """Without a context manager, which costs as much as decoding the request."""
        if self._free:
            return self._free.pop()
        waiting = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        return await waiting

    def give(self, connection: Any) -> None:
        """Back."""
        while self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.done():
                waiting.set_result(connection)
                return
        self._free.append(connection)

    async def close(self) -> None:
        """Those that are free."""
        for connection in self._free:
            await connection.close()


class RawReads:
    """Handlers for a shopper's reads."""

    def __init__(self, connections: Connections, channel_id: int, names: Mapping[int, str]) -> None:
        self._connections = connections
        self._channel_id = channel_id
        self._places = {key: {"name": name} for key, name in names.items()}
        self._json_names = [
            orjson.dumps(names[key]).decode() if key in names else None for key in range(1, max(names) + 1)
        ]
        self.handlers: dict[str, Handler] = {
            "list/rows": self.list_rows,
            "list/json": self.list_json,
            "detail/arrays": self.detail_arrays,
            "detail/json": self.detail_json,
            "node/rows": self.node,
            "stock/rows": self.stock,
        }

    @classmethod
    async def open(cls, connections: Connections) -> "RawReads":
        """Read the reference data."""
        async with connections.one() as connection:
            channel = await connection.fetchrow("SELECT id, location_group_id FROM channels WHERE code = $1", CHANNEL)
            rows = await connection.fetch(
                "SELECT l.id, l.names->>'ja' FROM locations l JOIN location_group_members m ON m.location_id = l.id"
                " WHERE m.group_id = $1 AND l.is_active AND l.holds_stock",
                channel["location_group_id"],
            )
        return cls(connections, channel["id"], dict(rows))

    async def list_rows(self, sent: Any, _headers: Headers) -> bytes:
        """Three set-based statements."""
        (after,) = decode_cursor(sent["after"], [int])
        connection = await self._connections.take()
        try:
            products = await connection.fetch(raw_sql.PAGE, self._channel_id, after)
            has_next = len(products) > 24
            products = products[:24]
            variants = await connection.fetch(raw_sql.VARIANTS, self._channel_id, [row[0] for row in products])
            stock = await connection.fetch(raw_sql.STOCK, [row[1] for row in variants])
        finally:
            self._connections.give(connection)
        levels = self._group(stock)
        listed: dict[int, list[Any]] = {row[0]: [] for row in products}
        for product_id, key, sku, name in variants:
            found = levels.get(key)
            listed[product_id].append(
                {
                    "id": global_id(b"Variant:%d", key),
                    "sku": sku,
                    "name": name,
                    "availability": self._availability(found, 5) if found else NOTHING,
                }
            )
        nodes = [
            {
                "id": global_id(b"Product:%d", key),
                "name": name,
                "slug": slug,
                "priceRange": {"minimum": {"amount": price, "currency": "JPY"}},
                "variants": listed[key],
            }
            for key, name, slug, price in products
        ]
        page_info = {"hasNextPage": has_next, "endCursor": encode_cursor([products[-1][0]]) if products else None}
        return orjson.dumps({"data": {"products": {"nodes": nodes, "pageInfo": page_info}}})

    async def list_json(self, sent: Any, _headers: Headers) -> bytes:
        """One statement that builds the JSON."""
        (after,) = decode_cursor(sent["after"], [int])
        connection = await self._connections.take()
        try:
            nodes, count, last = await connection.fetchrow(raw_sql.LIST_JSON, self._channel_id, after, self._json_names)
        finally:
            self._connections.give(connection)
        page_info = orjson.dumps({"hasNextPage": count > 24, "endCursor": encode_cursor([last]) if last else None})
        return b"".join((
            b'{"data":{"products":{"nodes":[', (nodes or "").encode(), b'],"pageInfo":', page_info, b"}}}",
        ))  # fmt: skip

    async def detail_arrays(self, sent: Any, _headers: Headers) -> bytes:
        """One statement, one row per variant."""
        connection = await self._connections.take()
        try:
            rows = await connection.fetch(raw_sql.DETAIL, self._channel_id, sent["slug"])
        finally:
            self._connections.give(connection)
        if not rows:
            return b'{"data":{"product":null}}'
        places = self._places
        key, name, slug, description, *_ = rows[0]
        variants = [
            {
                "id": global_id(b"Variant:%d", variant_id),
                "sku": sku,
                "name": variant_name,
                "price": {"amount": {"amount": price, "currency": "JPY"}},
                "availability": self._availability(
                    [(-unit, place) for place, unit in zip(locations, units, strict=True) if place in places], 20
                )
                if units
                else NOTHING,
            }
            for _, _, _, _, variant_id, sku, variant_name, price, locations, units in rows
            if variant_id is not None
        ]
        product = {
            "id": global_id(b"Product:%d", key),
            "name": name,
            "slug": slug,
            "description": description,
            "variants": variants,
        }
        return orjson.dumps({"data": {"product": product}})

    async def detail_json(self, sent: Any, _headers: Headers) -> bytes:
        """One statement that builds the JSON."""
        connection = await self._connections.take()
        try:
            found = await connection.fetchval(raw_sql.DETAIL_JSON, self._channel_id, sent["slug"], self._json_names)
        finally:
            self._connections.give(connection)
        return b"".join((b'{"data":{"product":', found.encode() if found else b"null", b"}}"))

    async def node(self, sent: Any, _headers: Headers) -> bytes:
        """One row."""
        key = int(decode_id(sent["id"]))
        connection = await self._connections.take()
        try:
            row = await connection.fetchrow(raw_sql.NODE, self._channel_id, key)
        finally:
            self._connections.give(connection)
        found = None
        if row is not None:
            found = {"id": global_id(b"Product:%d", row[0]), "name": row[1], "slug": row[2]}
        return orjson.dumps({"data": {"node": found}})

    async def stock(self, sent: Any, headers: Headers) -> bytes:
        """One statement for the key, and one for each of ten pages."""
        pages: dict[str, Any] = {}
        places = self._places
        token = headers[b"authorization"].removeprefix(b"Bearer ")
        connection = await self._connections.take()
        try:
            scopes = await connection.fetchval(raw_sql.KEY, sha256(token).digest())
            if "stock:read" not in scopes:
                raise PermissionError
            for number in range(10):
                after = decode_cursor(sent[f"a{number}"], [int, int])
                rows = await connection.fetch(raw_sql.STOCK_PAGE, *after)
                pages[f"p{number}"] = {
                    "nodes": [
                        {
                            "variant": {"sku": sku},
                            "location": places[location_id],
                            "available": available,
                            "onHand": on_hand,
                            "reserved": reserved,
                            "allocated": allocated,
                            "safety": safety,
                            "version": version,
                        }
                        for sku, location_id, available, on_hand, reserved, allocated, safety, version in rows
                    ]
                }
        finally:
            self._connections.give(connection)
        return orjson.dumps({"data": pages})

    def _group(self, stock: list[Any]) -> dict[int, list[tuple[int, int]]]:
        """(minus units, location) by variant, as far as the channel sells from there."""
        places = self._places
        levels: dict[int, list[tuple[int, int]]] = {}
        get = levels.get
        for variant_id, location_id, units in stock:
            if location_id in places:
                found = get(variant_id)
                if found is None:
                    levels[variant_id] = [(-units, location_id)]
                else:
                    found.append((-units, location_id))
        return levels

    def _availability(self, levels: list[tuple[int, int]], first: int) -> dict[str, Any]:
        levels.sort()
        total = 0
        for units, _ in levels:
            total -= units
        places = self._places
        listed = [{"available": -units, "location": places[key]} for units, key in levels[:first]]
        return {"available": total, "locations": listed}


def global_id(form: bytes, key: int) -> str:
    """As `app.kit.ids.global_id`, for names without a character that the two alphabets of base64 tell apart."""
    return b2a_base64(form % key, newline=False).rstrip(b"=").decode()


def decode_id(value: str) -> str:
    """The key in a global id."""
    parsed = parse_global_id(value)
    return parsed[1] if parsed else "0"
