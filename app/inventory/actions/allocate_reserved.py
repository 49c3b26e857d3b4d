"""Reservations become allocations."""

from collections.abc import Sequence
from uuid import UUID

from app.inventory.sql.holds import allocate_holds
from app.kit.db import WriteTx


async def allocate_reserved(tx: WriteTx, owner_ids: Sequence[UUID], *, actor: str) -> None:
    """Make the owners' reservations permanent, in one statement.

    Repeating it is harmless. A reservation past its time may still be allocated as long as nobody has given its units
    back; for an owner for whom nothing is held any more nothing is done.
    """
    await allocate_holds(tx, owner_ids, actor=actor)
