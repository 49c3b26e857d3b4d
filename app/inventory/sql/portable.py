"""A batch of requests for units in statements that every engine has: Python decides."""

from collections.abc import Sequence

from app.inventory.model import HoldRequest, StockKey, Verdict, decide
from app.inventory.sql.claims import claims_of_owners
from app.inventory.sql.holds import write_holds
from app.inventory.sql.stock import lock_available
from app.kit.db import WriteTx


async def hold_portable(tx: WriteTx, requests: Sequence[HoldRequest], *, actor: str) -> list[Verdict]:
    """The verdicts on all requests, whose claims are held now."""
    available = await lock_available(tx, _keys(requests))
    # One request alone finds its earlier self when it writes, or when it comes away empty. A partial one may hold other
    # lines than it would get now.
    single = len(requests) == 1 and not requests[0].partial
    verdicts = dict[int, Verdict]() if single else await _held_before(tx, requests)
    fresh = [number for number in range(len(requests)) if number not in verdicts]
    decided = decide(available, [requests[number] for number in fresh])
    verdicts.update(zip(fresh, decided, strict=True))
    granted = [(number, requests[number], claim) for number in fresh for claim in verdicts[number].claims]
    repeated = await write_holds(tx, granted, actor=actor) if granted else set[int]()
    if repeated or (single and not granted):
        verdicts.update(await _held_before(tx, requests))
    return [verdicts[number] for number in range(len(requests))]


def _keys(requests: Sequence[HoldRequest]) -> set[StockKey]:
    return {
        (demand.variant_id, location_id)
        for request in requests
        for demand in request.demands
        for location_id in demand.candidates
    }


async def _held_before(tx: WriteTx, requests: Sequence[HoldRequest]) -> dict[int, Verdict]:
    """The verdicts of requests that have been answered before, by their number."""
    held = await claims_of_owners(tx, [request.owner_id for request in requests])
    found: dict[int, Verdict] = {}
    for number, request in enumerate(requests):
        lines = {demand.line_no for demand in request.demands}
        claims = tuple(claim for claim in held.get(request.owner_id, ()) if claim.line_no in lines)
        if claims:
            found[number] = Verdict(claims)
    return found
