"""Promise units to one who asks, in one commit with all who ask at the same time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from app.inventory.actions.expire_reservations import expire_reservations
from app.inventory.actions.hold_stock import hold_stock
from app.inventory.model import HoldRequest, Shortage, Verdict
from app.inventory.model.selling import StockKey
from app.inventory.sql.claims import claims_of_owners
from app.inventory.sql.sold_out import sold_out
from app.inventory.sql.stock import lock_empty
from app.kit.db import Database, WriteTx

# Two use both cores of a small machine; what is hot gets one more.
LANES: Final = 2


@dataclass(frozen=True, slots=True)
class _Look:
    """Of what somebody got too little. keys: all that would have done."""

    keys: frozenset[StockKey]
    now: datetime


async def promise_units(
    db: Database, request: HoldRequest, *, actor: str, now: datetime, is_new: bool = False
) -> Verdict:
    """`hold_stock` for one request, committed when this returns. Shortages are data there, too.

    Whoever finds too little gets what expired reservations give back, if there are any. now: decides what is expired
    (UTC). is_new: the owner cannot hold any of these lines yet; then a request for what this process knows to be sold
    out is answered without the database. Raises InvalidQuantity for quantities outside of 1..1,000,000, ValueError
    for a line that is asked for twice.
    """
    request = replace(request, actor=request.actor or actor)
    if sold_out(db).is_known(request):
        return await _refused(db, request, is_new=is_new)
    # All or nothing at first, so that a partial request does not settle for less than there would be.
    verdict = await _ask(db, replace(request, partial=False))
    if not verdict.shortages:
        return verdict
    came_back = await _look(db, verdict.shortages, request, now)
    if came_back or request.partial:
        verdict = await _ask(db, request)
    if verdict.claims or is_new:
        return verdict
    # A twin that was asked for at the same time may have got the units after this one came away empty.
    return await _held(db, request) or verdict


async def _ask(db: Database, request: HoldRequest) -> Verdict:
    lane = request.demands[0].variant_id if request.demands else 0
    return await db.group(_hold, lanes=LANES).ask(request, identity=request.owner_id, lane=lane)


async def _hold(tx: WriteTx, requests: Sequence[HoldRequest]) -> list[Verdict]:
    return await hold_stock(tx, requests, actor="system")


async def _look(db: Database, shortages: Sequence[Shortage], request: HoldRequest, now: datetime) -> bool:
    """Whether reservations of what is short were expired just now; if not, what is sold out is remembered."""
    lines = {shortage.line_no for shortage in shortages}
    demands = [demand for demand in request.demands if demand.line_no in lines]
    keys = frozenset((demand.variant_id, place) for demand in demands for place in demand.candidates)
    with sold_out(db).look() as mark:
        versions = await db.group(_sweep).ask(_Look(keys, now))
        if versions is not None:
            mark(versions)
    return versions is None


async def _sweep(tx: WriteTx, looks: Sequence[_Look]) -> list[dict[StockKey, int] | None]:
    """None where something came back, else the versions of the rows that have nothing."""
    keys = {key for look in looks for key in look.keys}
    now = max(look.now for look in looks)
    if await expire_reservations(tx, now=now, variant_ids=sorted({variant_id for variant_id, _ in keys})):
        return [None] * len(looks)
    empty = await lock_empty(tx, keys)
    return [{key: empty[key] for key in look.keys if key in empty} for look in looks]


async def _refused(db: Database, request: HoldRequest, *, is_new: bool) -> Verdict:
    """What is sold out is refused without a transaction; whoever holds it already is told so."""
    held = None if is_new else await _held(db, request)
    if held is not None:
        return held
    return Verdict(
        (), tuple(Shortage(demand.line_no, demand.variant_id, demand.quantity, 0) for demand in request.demands)
    )


async def _held(db: Database, request: HoldRequest) -> Verdict | None:
    """What the owner holds of these lines, if anything."""
    lines = {demand.line_no for demand in request.demands}
    async with db.read(generic=True) as tx:
        held = await claims_of_owners(tx, [request.owner_id])
    claims = tuple(claim for claim in held.get(request.owner_id, ()) if claim.line_no in lines)
    return Verdict(claims) if claims else None
