"""What one owner has reserved becomes another's: a cart's units become its order's."""

from collections.abc import Sequence

from app.inventory.model import Claim, MovementKind, Verdict
from app.inventory.model.reservations import Adoption, decide_adoptions, keys_of
from app.inventory.sql.reservations import give_back, lock_free, lock_reserved, write_adopted
from app.kit.db import WriteTx


async def adopt_holds(tx: WriteTx, adoptions: Sequence[Adoption], *, actor: str) -> list[Verdict | None]:
    """Serve requests from what their owners have reserved, and from free units where that is not enough; one verdict
    a request, None where its owner has nothing reserved (any more): `hold_stock` is for those, after this.

    First come, first served. A request that gets something ends its owner's reservations: what it does not need of
    them goes back on sale. One that gets nothing leaves them as they are. Whether they are past their time does not
    matter as long as nobody has given them back. A request's own owner may be the reservation's: then it is reserved
    anew. Nothing waits by this: of variants with a queue or a channel's share a request gets what is reserved for it.
    Of the stock rows of all requests those with units are locked, in key order.
    """
    owner_ids = [adoption.owner_id for adoption in adoptions]
    if len(set(owner_ids)) < len(owner_ids):
        message = "One reservation is to serve two requests."
        raise ValueError(message)
    reserved = await lock_reserved(tx, owner_ids) if owner_ids else {}
    if not reserved:
        return [None] * len(adoptions)
    claims = {
        owner_id: [Claim(row["line_no"], row["variant_id"], row["location_id"], row["quantity"]) for row in rows]
        for owner_id, rows in reserved.items()
    }
    free = await lock_free(
        tx,
        {key for one in adoptions for key in keys_of(one.request)},
        {(claim.variant_id, claim.location_id) for owned in claims.values() for claim in owned},
    )
    served = [adoption for adoption in adoptions if adoption.owner_id in claims]
    decided = decide_adoptions(free, [(adoption.request, claims[adoption.owner_id]) for adoption in served])
    verdicts = {adoption.owner_id: verdict for adoption, verdict in zip(served, decided, strict=True)}
    granted = [adoption for adoption in served if verdicts[adoption.owner_id].claims]
    for kind, is_own in ((MovementKind.RESERVATION_CONVERTED, False), (MovementKind.RESERVATION_RELEASED, True)):
        ended = [one for one in granted if (one.owner_id == one.request.owner_id) is is_own]
        await give_back(tx, {one.owner_id: one.request.actor or actor for one in ended}, kind)
    await write_adopted(
        tx, [(one.request, claim) for one in granted for claim in verdicts[one.owner_id].claims], actor=actor
    )
    return [verdicts.get(adoption.owner_id) for adoption in adoptions]
