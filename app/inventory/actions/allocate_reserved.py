"""A reservation becomes an allocation."""

from uuid import UUID

from app.inventory.errors import ReservationExpired
from app.inventory.model import Claim
from app.inventory.sql.claims import claims_of
from app.inventory.sql.holds import allocate_holds
from app.kit.db import WriteTx


async def allocate_reserved(tx: WriteTx, owner_id: UUID, *, actor: str) -> list[Claim]:
    """Make the owner's reservations permanent and return all that is allocated to it; repeating it is
    harmless.

    A reservation past its time may still be allocated as long as nobody has given its units back. Raises
    ReservationExpired when nothing is held any more.
    """
    await allocate_holds(tx, owner_id, actor=actor)
    claims = await claims_of(tx, owner_id)
    if not claims:
        raise ReservationExpired("The reserved units have been given back.")
    return claims
