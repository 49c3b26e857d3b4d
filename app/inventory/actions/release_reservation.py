"""Reserved units go back on sale before their time."""

from uuid import UUID

from app.inventory.model import MovementKind
from app.inventory.sql.reservations import give_back, lock_reserved
from app.kit.db import WriteTx


async def release_reservation(tx: WriteTx, owner_id: UUID, *, actor: str) -> bool:
    """End an owner's reservations, never its allocations; whether there were any. Repeating it is harmless."""
    if not await lock_reserved(tx, [owner_id]):
        return False
    await give_back(tx, {owner_id: actor}, MovementKind.RESERVATION_RELEASED)
    return True
