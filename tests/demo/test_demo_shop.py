"""The demo shop has what its page promises, and loading it again changes nothing."""

from collections.abc import AsyncGenerator

import pytest

from app.demo.load import demo_is_loaded, load_demo
from app.kit.clock import utc_now
from app.kit.db import Database
from tests.conftest import broken_invariants
from tests.demo.template import demo_database

COUNTS = {
    "products": "SELECT count(*) FROM products",
    "variants": "SELECT count(*) FROM variants",
    "in both languages": "SELECT count(*) FROM products WHERE names ? 'ja' AND names ? 'en'",
    "tax classes": "SELECT count(DISTINCT tax_class) FROM products",
    "warehouses": "SELECT count(*) FROM locations WHERE kind = 'EC_WAREHOUSE'",
    "stores": "SELECT count(*) FROM locations WHERE kind = 'STORE'",
    "points": "SELECT count(*) FROM locations WHERE partner_id IS NOT NULL",
    "stores with slots": "SELECT count(*) FROM pickup_slot_plans WHERE is_on AND NOT is_required",
    "changes of slots": "SELECT sum(version) FROM pickup_slot_plans",
    "prefectures": "SELECT count(DISTINCT prefecture) FROM locations",
    "members": "SELECT count(*) FROM members",
    "open carts": "SELECT count(*) FROM carts WHERE status = 'OPEN'",
    "orders": "SELECT count(*) FROM orders",
    "states of orders": "SELECT count(DISTINCT status) FROM orders",
    "states of pickups": "SELECT count(DISTINCT status) FROM pickups",
    "stock rows": "SELECT count(*) FROM stock",
    "ledger rows": "SELECT count(*) FROM ledger",
    "sold out everywhere": """
        SELECT count(*) FROM variants v WHERE NOT EXISTS (
               SELECT FROM stock s
                WHERE s.variant_id = v.id AND s.on_hand - s.reserved - s.allocated - s.safety > 0)""",
    "facts": "SELECT count(*) FROM outbox",
}


@pytest.fixture
async def demo(worker_id: str) -> AsyncGenerator[Database, None]:
    """The demo shop, with nobody at work in it."""
    async with demo_database(f"{worker_id}_quiet") as dsn:
        db = await Database.open(dsn, read_connections=2, write_connections=2)
        yield db
        broken = await broken_invariants(db)
        await db.close()
        assert broken == {}


async def _counts(db: Database) -> dict[str, int]:
    async with db.read() as tx:
        return {what: await tx.connection.fetchval(query) for what, query in COUNTS.items()}


async def test_the_demo_shop_is_complete_and_loaded_once(demo: Database) -> None:
    found = await _counts(demo)
    assert found["products"] >= 1_200
    assert found["variants"] >= 3_000
    assert found["in both languages"] == found["products"]
    assert found["tax classes"] >= 2
    assert (found["warehouses"], found["stores"], found["points"]) == (2, 60, 320)
    assert (found["stores with slots"], found["changes of slots"]) == (60, 60)
    assert found["prefectures"] >= 40
    assert found["members"] > 0
    assert found["open carts"] > 0
    # All but RETURNED, which only imported orders are.
    assert found["states of orders"] == 4
    assert found["states of pickups"] >= 6
    assert found["sold out everywhere"] > 0

    async with demo.read() as tx:
        assert await demo_is_loaded(tx)
    await load_demo(demo, now=utc_now(), report=lambda _stage: None)
    assert await _counts(demo) == found
