"""Test orders: the only ones that are ever deleted."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from app.kit.db import WriteTx
from app.kit.statement import Statement

_OLD: Final = Statement("""
    SELECT id FROM orders
     WHERE source_system = 'sandbox' AND placed_at < :before ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED
""")
_DELETE: Final = tuple(
    Statement(f"DELETE FROM {table} WHERE {key} = ANY(CAST(:ids AS uuid[]))")  # noqa: S608  # names of ours
    for table, key in (
        ("order_history", "order_id"),
        ("order_taxes", "order_id"),
        ("order_lines", "order_id"),
        ("order_deliveries", "order_id"),
        ("orders", "id"),
    )
)


async def lock_old_test_orders(tx: WriteTx, *, before: datetime, limit: int) -> list[UUID]:
    """Test orders that were placed before this instant and that nobody is dealing with, locked."""
    return [row["id"] for row in await tx.fetch(_OLD, before=before, limit=limit)]


async def delete_test_orders(tx: WriteTx, order_ids: Sequence[UUID]) -> None:
    """Delete locked test orders, on which nothing hangs any more."""
    for statement in _DELETE:
        await tx.execute(statement, ids=list(order_ids))
