"""Transfers for tests."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from app.inventory.actions.create_transfer import create_transfer
from app.inventory.actions.receive_transfer import receive_transfer
from app.inventory.actions.ship_transfer import ship_transfer
from app.inventory.model.transfers import Arrival, TransferLineDraft
from app.inventory.sql.transfers import lines_of
from app.kit.db import Database
from app.locations.sql import transit_location_id
from tests.conftest import NOW


async def send(
    db: Database,
    source: int,
    destination: int,
    *lines: tuple[int, int] | tuple[int, int, int],
    order_id: UUID | None = None,
    is_draft: bool = False,
) -> UUID:
    """A transfer of (variant, quantity) or (variant, quantity, line of the order)."""
    drafts = [TransferLineDraft(*line) for line in lines]
    async with db.write() as tx:
        return await create_transfer(
            tx,
            from_location_id=source,
            to_location_id=destination,
            lines=drafts,
            order_id=order_id,
            is_draft=is_draft,
            actor="test",
            now=NOW,
        )


async def ship(db: Database, transfer_id: UUID, quantities: Mapping[int, int] | None = None) -> None:
    """`ship_transfer` in a transaction of its own."""
    async with db.write() as tx:
        await ship_transfer(tx, transfer_id, quantities=quantities, actor="test", now=NOW)


async def receive(
    db: Database,
    transfer_id: UUID,
    quantities: Mapping[int, int] | None = None,
    lost: Mapping[int, int] | None = None,
    **options: Any,
) -> None:
    """`receive_transfer` in a transaction of its own."""
    parts = {name: options.pop(name) for name in ("damaged", "surplus") if name in options}
    arrival = Arrival(quantities, lost=lost or {}, **parts)
    async with db.write() as tx:
        await receive_transfer(tx, transfer_id, arrival, actor="test", now=NOW, **options)


async def state(db: Database, transfer_id: UUID) -> tuple[str, int, list[tuple[int, int, int, int]]]:
    """(status, version, (quantity, shipped, received, lost) of each line)."""
    async with db.read() as tx:
        row: Any = await tx.connection.fetchrow("SELECT status, version FROM transfers WHERE id = $1", transfer_id)
        lines = await lines_of(tx, transfer_id)
    return (
        row["status"],
        row["version"],
        [
            (line["quantity"], line["shipped_quantity"], line["received_quantity"], line["lost_quantity"])
            for line in lines
        ],
    )


async def transit(db: Database) -> int:
    """The location of units under way."""
    async with db.read() as tx:
        return await transit_location_id(tx)
