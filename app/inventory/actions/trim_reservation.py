"""What somebody has reserved and does not want any more goes back on sale."""

from dataclasses import replace

from app.inventory.model import Ahead, HoldRequest, MovementKind
from app.inventory.model.decisions import decide, units_of
from app.inventory.sql.claims import claim_of
from app.inventory.sql.holds import write_holds
from app.inventory.sql.reservations import give_back, lock_reserved
from app.kit.db import WriteTx


async def trim_reservation(tx: WriteTx, request: HoldRequest, *, actor: str) -> int:
    """Keep of an owner's reservations what the request can use, under its lines' numbers; returns the units that went
    back on sale.

    Nothing is added, and the end stays. Units at places that are no candidates of their line any more go back, too.
    """
    rows = (await lock_reserved(tx, [request.owner_id])).get(request.owner_id)
    if rows is None:
        return 0
    before, owned = [claim_of(row) for row in rows], units_of(map(claim_of, rows))
    wanted = replace(request, partial=True, ahead=Ahead.REFUSE, adopts=request.owner_id)
    [verdict] = decide({}, [wanted], own={request.owner_id: owned})
    if set(verdict.claims) == set(before):
        return 0
    first = rows[0]
    kept = replace(
        request,
        expires_at=first["expires_at"],
        reason=first["reason"],
        extendable_until=first["extendable_until"],
        extended_at=first["extended_at"],
    )
    # Both move the same stock rows in one transaction: nobody comes in between.
    await give_back(tx, {request.owner_id: actor}, MovementKind.RESERVATION_RELEASED)
    if verdict.claims:
        await write_holds(tx, [(0, kept, claim) for claim in verdict.claims], actor=actor)
    return owned.total() - units_of(verdict.claims).total()
