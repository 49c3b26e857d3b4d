"""A server for many connections, and a shop with much stock."""

import contextlib
import tempfile
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import asyncpg

from app.inventory.invariants import INVARIANTS
from app.kit.db import Database
from app.kit.embedded import create_database, start_embedded, stop_embedded
from app.kit.migrations import migrate

UNITS: Final = 1_000_000_000
_SETTINGS: Final = {"max_connections": "400", "shared_buffers": "'1GB'", "max_wal_size": "'8GB'"}
_SHOP: Final = """
    INSERT INTO locations (code, kind, names, holds_stock, ships_orders, hands_over)
    VALUES ('BENCH', 'EC_WAREHOUSE', '{}', true, true, false);
    INSERT INTO products (slug, names, tax_class, sort_name_ja, sort_name_en, search_text, search_grams)
    VALUES ('bench', '{}', 'STANDARD_10', '', '', '', '{}');
"""
_VARIANTS: Final = """
    INSERT INTO variants (product_id, sku, names)
    SELECT (SELECT id FROM products), 'BENCH-' || n, '{}' FROM generate_series(1, $1) n RETURNING id
"""
_STOCK: Final = """
    INSERT INTO ledger (variant_id, location_id, d_on_hand, kind, cause_kind, cause_id, actor)
    SELECT v, $2, $3, 'RECEIVED', 'BENCH', gen_random_uuid(), 'bench' FROM unnest($1::bigint[]) v
"""


@dataclass
class Ground:
    """variants: each with many units at the location."""

    db: Database
    connection: Any
    location_id: int
    variants: list[int]

    async def audit(self) -> None:
        """Raises when anything that must hold does not."""
        for claim, query in INVARIANTS.items():
            rows = await self.connection.fetch(query)
            assert rows == [], (claim, rows[:3])


@contextlib.asynccontextmanager
async def ground(variants: int) -> AsyncGenerator[Ground, None]:
    """An embedded server and a database, both gone at the end."""
    with tempfile.TemporaryDirectory(prefix="hikiate-bench-", ignore_cleanup_errors=True) as folder:
        path = Path(folder)
        first = await asyncpg.connect(start_embedded(path))
        for name, value in _SETTINGS.items():
            await first.execute(f"ALTER SYSTEM SET {name} = {value}")
        await first.close()
        stop_embedded(path)
        dsn = await create_database(start_embedded(path), "bench")
        await migrate(dsn)
        db = await Database.open(dsn)
        connection = await asyncpg.connect(dsn)
        try:
            await connection.execute(_SHOP)
            location_id = await connection.fetchval("SELECT id FROM locations WHERE code = 'BENCH'")
            ids = [row["id"] for row in await connection.fetch(_VARIANTS, variants)]
            units = min(UNITS, UNITS // variants * 10)
            await connection.execute(_STOCK, ids, location_id, units)
            await connection.execute("VACUUM (FREEZE, ANALYZE)")
            yield Ground(db, connection, location_id, ids)
        finally:
            await connection.close()
            await db.close()
            stop_embedded(path)
