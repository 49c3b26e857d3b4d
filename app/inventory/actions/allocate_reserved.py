"""Reservations become allocations."""

from collections.abc import Sequence
from uuid import UUID

from app.inventory.model import Claim
from app.inventory.sql.claims import claims_of_owners
from app.inventory.sql.holds import allocate_holds
from app.kit.db import WriteTx


async def allocate_reserved(tx: WriteTx, owner_ids: Sequence[UUID], *, actor: str) -> dict[UUID, list[Claim]]:
    """Make the owners' reservations permanent, in two statements. What is allocated to each of them, by owner.

    Repeating it is harmless. A reservation past its time may still be allocated as long as nobody has given its units
    back; an owner for whom nothing is held any more is left out.
    """
    await allocate_holds(tx, owner_ids, actor=actor)
    return await claims_of_owners(tx, owner_ids)
