"""The plain limit: what an engineer writes first for these answers with ASGI, asyncpg and orjson. Good statements, one
for each level, on the driver's own pool; nothing is kept in the process and nothing about plans is tuned.
"""

from typing import Any

import asyncpg
import orjson

from app.kit.paging import decode_cursor, encode_cursor
from bench.engine.raw import NOTHING, Handler, Headers, global_id
from bench.engine.shop import CHANNEL

_FREE = "s.on_hand - s.reserved - s.allocated - s.safety"
PAGE = """
    SELECT p.id, coalesce(p.names->>'ja', p.names->>'en') AS name, p.slug, l.price_min_minor, c.currency
      FROM channels c
      JOIN product_listings l ON l.channel_id = c.id
      JOIN products p ON p.id = l.product_id
     WHERE c.code = $1 AND l.product_id > $2 ORDER BY l.product_id LIMIT 25
"""
PRODUCT = """
    SELECT p.id, coalesce(p.names->>'ja', p.names->>'en') AS name, p.slug,
           coalesce(p.descriptions->>'ja', p.descriptions->>'en') AS description, c.currency
      FROM channels c
      JOIN product_listings l ON l.channel_id = c.id
      JOIN products p ON p.id = l.product_id
     WHERE c.code = $1 AND p.slug = $2
"""
VARIANTS = """
    SELECT v.product_id, v.id, v.sku, coalesce(v.names->>'ja', v.names->>'en') AS name, l.price_minor
      FROM channels c
      JOIN listings l ON l.channel_id = c.id AND l.is_published
      JOIN variants v ON v.id = l.variant_id
     WHERE c.code = $1 AND v.product_id = ANY($2) AND v.is_active ORDER BY v.product_id, v.position, v.id
"""
STOCK = f"""
    SELECT s.variant_id, {_FREE} AS available, coalesce(p.names->>'ja', p.names->>'en') AS location
      FROM channels c
      JOIN location_group_members m ON m.group_id = c.location_group_id
      JOIN locations p ON p.id = m.location_id AND p.is_active AND p.holds_stock
      JOIN stock s ON s.location_id = p.id
     WHERE c.code = $1 AND s.variant_id = ANY($2) AND {_FREE} > 0
     ORDER BY s.variant_id, available DESC, s.location_id
"""  # noqa: S608  # put together from a piece of this file


class PlainReads:
    """Handlers for a shopper's reads."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self.handlers: dict[str, Handler] = {"list/plain": self.list, "detail/plain": self.detail}

    @classmethod
    async def open(cls, dsn: str, size: int) -> "PlainReads":
        """Connect."""
        return cls(await asyncpg.create_pool(dsn, min_size=size, max_size=size))

    async def list(self, sent: Any, _headers: Headers) -> bytes:
        """Three statements."""
        (after,) = decode_cursor(sent["after"], [int])
        async with self._pool.acquire() as connection:
            products = await connection.fetch(PAGE, CHANNEL, after)
            has_next = len(products) > 24
            products = products[:24]
            variants = await connection.fetch(VARIANTS, CHANNEL, [row["id"] for row in products])
            stock = await connection.fetch(STOCK, CHANNEL, [row["id"] for row in variants])
        levels = _levels(stock)
        listed: dict[int, list[Any]] = {row["id"]: [] for row in products}
        for row in variants:
            listed[row["product_id"]].append(
                {
                    "id": global_id(b"Variant:%d", row["id"]),
                    "sku": row["sku"],
                    "name": row["name"],
                    "availability": _availability(levels, row["id"], 5),
                }
            )
        nodes = [
            {
                "id": global_id(b"Product:%d", row["id"]),
                "name": row["name"],
                "slug": row["slug"],
                "priceRange": {"minimum": {"amount": row["price_min_minor"], "currency": row["currency"]}},
                "variants": listed[row["id"]],
            }
            for row in products
        ]
        page_info = {"hasNextPage": has_next, "endCursor": encode_cursor([products[-1]["id"]]) if products else None}
        return orjson.dumps({"data": {"products": {"nodes": nodes, "pageInfo": page_info}}})

    async def detail(self, sent: Any, _headers: Headers) -> bytes:
        """Three statements."""
        async with self._pool.acquire() as connection:
            product = await connection.fetchrow(PRODUCT, CHANNEL, sent["slug"])
            if product is None:
                return b'{"data":{"product":null}}'
            variants = await connection.fetch(VARIANTS, CHANNEL, [product["id"]])
            stock = await connection.fetch(STOCK, CHANNEL, [row["id"] for row in variants])
        levels = _levels(stock)
        listed = [
            {
                "id": global_id(b"Variant:%d", row["id"]),
                "sku": row["sku"],
                "name": row["name"],
                "price": {"amount": {"amount": row["price_minor"], "currency": product["currency"]}},
                "availability": _availability(levels, row["id"], 20),
            }
            for row in variants
        ]
        found = {
            "id": global_id(b"Product:%d", product["id"]),
            "name": product["name"],
            "slug": product["slug"],
            "description": product["description"],
            "variants": listed,
        }
        return orjson.dumps({"data": {"product": found}})


def _levels(stock: list[Any]) -> dict[int, list[Any]]:
    levels: dict[int, list[Any]] = {}
    for row in stock:
        levels.setdefault(row["variant_id"], []).append(row)
    return levels


def _availability(levels: dict[int, list[Any]], variant_id: int, first: int) -> dict[str, Any]:
    rows = levels.get(variant_id)
    if not rows:
        return NOTHING
    listed = [{"available": row["available"], "location": {"name": row["location"]}} for row in rows[:first]]
    return {"available": sum(row["available"] for row in rows), "locations": listed}
