"""How orders are usually written: a lock and an update on one connection each, or one function call each."""

from typing import Any, Final

import asyncpg

from app.kit.ids import new_id
from bench.inventory.ground import Ground

# Like ours in columns, indexes and constraints; without the trigger that moves the counters.
PLAIN: Final = """
    CREATE TABLE plain_stock (LIKE stock INCLUDING ALL) WITH (fillfactor = 70);
    CREATE TABLE plain_holds (LIKE holds INCLUDING ALL) WITH (fillfactor = 90);
    CREATE TABLE plain_requests (LIKE requests_now INCLUDING ALL);
    CREATE TABLE plain_outbox (LIKE outbox INCLUDING ALL);
    CREATE TABLE plain_ledger (LIKE ledger INCLUDING ALL);
    INSERT INTO plain_stock SELECT * FROM stock;
    VACUUM (FREEZE, ANALYZE) plain_stock
"""
LOCK: Final = """
    SELECT on_hand - reserved - allocated - safety AS available FROM plain_stock
     WHERE variant_id = $1 AND location_id = $2 FOR UPDATE
"""
UPDATE: Final = """
    UPDATE plain_stock SET allocated = allocated + 1, version = version + 1
     WHERE variant_id = $1 AND location_id = $2 RETURNING on_hand, reserved, allocated, safety, version
"""
REQUEST: Final = """
    INSERT INTO plain_requests (caller, key, operation, body_hash, answer)
    VALUES ('bench', $1, 'order', '', '{"values": {"held": 1}}')
"""
HOLD: Final = """
    INSERT INTO plain_holds (owner_kind, owner_id, line_no, variant_id, location_id, quantity, state)
    VALUES ('ORDER', $1, 1, $2, $3, 1, 'A')
"""
LEDGER: Final = """
    INSERT INTO plain_ledger (variant_id, location_id, d_allocated, kind, cause_kind, cause_id, actor)
    VALUES ($2, $3, 1, 'ALLOCATED', 'ORDER', $1, 'bench')
"""
OUTBOX: Final = """
    INSERT INTO plain_outbox (topic, key, payload)
    VALUES ('stock', $1, jsonb_build_object('variant_id', $2::bigint, 'location_id', $3::int, 'on_hand', $4::int,
            'reserved', $5::int, 'allocated', $6::int, 'safety', $7::int, 'version', $8::bigint))
"""
# One order in one round trip, on our own tables: inserts first, the hot row last, moved by the ledger's trigger.
ORDER_ONE: Final = """
    CREATE FUNCTION order_one(owner uuid, variant bigint, location int) RETURNS void LANGUAGE plpgsql AS $$
    BEGIN
      INSERT INTO requests_now (caller, key, operation, body_hash, answer)
      VALUES ('bench-one', owner::text, 'order', '', '{"values": {"held": 1}}');
      INSERT INTO holds (owner_kind, owner_id, line_no, variant_id, location_id, quantity, state)
      VALUES ('ORDER', owner, 1, variant, location, 1, 'A');
      INSERT INTO ledger (variant_id, location_id, d_allocated, kind, cause_kind, cause_id, actor)
      VALUES (variant, location, 1, 'ALLOCATED', 'ORDER', owner, 'bench');
    END $$
"""
PLAIN_AUDIT: Final = """
    SELECT (SELECT sum(allocated) FROM plain_stock) AS counters,
           (SELECT sum(version) - count(*) FROM plain_stock) AS versions,
           (SELECT count(*) FROM plain_requests) AS requests, (SELECT count(*) FROM plain_holds) AS holds,
           (SELECT count(*) FROM plain_ledger) AS ledger, (SELECT count(*) FROM plain_outbox) AS facts
"""


async def connect(dsn: str, count: int) -> list[Any]:
    """Connections of their own for as many clients."""
    return [await asyncpg.connect(dsn) for _ in range(count)]


async def order_with_lock(connection: Any, ground: Ground, variant_id: int) -> None:
    """The textbook's way: five writes in one transaction."""
    owner, place = new_id(), ground.location_id
    async with connection.transaction():
        assert await connection.fetchval(LOCK, variant_id, place) > 0
        level = await connection.fetchrow(UPDATE, variant_id, place)
        await connection.execute(REQUEST, str(owner))
        await connection.execute(HOLD, owner, variant_id, place)
        await connection.execute(LEDGER, owner, variant_id, place)
        await connection.execute(OUTBOX, f"{variant_id}:{place}", variant_id, place, *level)


async def order_by_call(connection: Any, ground: Ground, variant_id: int) -> None:
    """The same five writes by one function call, which is its own transaction."""
    await connection.execute("SELECT order_one($1, $2, $3)", new_id(), variant_id, ground.location_id)
