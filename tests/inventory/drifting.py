"""Somebody writes past the application."""

from typing import Any

from app.inventory.actions.repair_stock import Repair, repair_stock
from app.inventory.model.corrections import Cause
from app.inventory.sql.drifts import drifts_of
from app.kit.db import Database
from app.kit.ids import new_id
from tests.conftest import NOW, WITHOUT_TRIGGERS


async def tamper(db: Database, *statements: str) -> None:
    """As a superuser who switches triggers off."""
    async with db.write() as tx:
        await tx.connection.execute("; ".join([WITHOUT_TRIGGERS, *statements]))


async def repair(db: Database, variant_id: int, location_id: int, counted: int | None = None) -> Repair:
    """`repair_stock` in a transaction of its own."""
    cause = Cause("REPAIR", new_id(), "key:boss", NOW, "CORRECTION", "somebody typed into the database")
    return await db.in_write(lambda tx: repair_stock(tx, (variant_id, location_id), counted=counted, cause=cause))


async def drifts(db: Database, *keys: tuple[int, int]) -> list[dict[str, Any]]:
    """What differs of these stock rows."""
    async with db.read() as tx:
        return [dict(row) for row in await drifts_of(tx, keys)]
