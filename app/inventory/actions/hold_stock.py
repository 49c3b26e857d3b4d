"""Promise units to whoever asks first."""

from collections.abc import Sequence

from app.inventory.model import HoldRequest, StockKey, Verdict, check_quantity, decide
from app.inventory.sql.claims import claims_of_owners
from app.inventory.sql.holds import write_holds
from app.inventory.sql.stock import lock_available
from app.kit.db import WriteTx


async def hold_stock(tx: WriteTx, requests: Sequence[HoldRequest], *, actor: str) -> list[Verdict]:
    """Reserve or allocate for all requests in their order; one verdict a request.

    Shortages are data: a request that gets nothing changes nothing and does not stand in the way of the
    others. A line that is held already is not held again: its request is answered with what the owner has, so
    that sending one twice is safe while its units are held. Raises InvalidQuantity for quantities outside of
    1..1,000,000.
    """
    _check(requests)
    available = await lock_available(tx, _keys(requests))
    # One request alone finds its earlier self when it writes, or when it comes away empty.
    single = len(requests) == 1
    verdicts = dict[int, Verdict]() if single else await _held_before(tx, requests)
    fresh = [number for number in range(len(requests)) if number not in verdicts]
    decided = decide(available, [requests[number] for number in fresh])
    verdicts.update(zip(fresh, decided, strict=True))
    granted = [(number, requests[number], claim) for number in fresh for claim in verdicts[number].claims]
    repeated = await write_holds(tx, granted, actor=actor) if granted else set[int]()
    if repeated or (single and not granted):
        verdicts.update(await _held_before(tx, requests))
    return [verdicts[number] for number in range(len(requests))]


def _check(requests: Sequence[HoldRequest]) -> None:
    lines = [(request.owner_id, demand.line_no) for request in requests for demand in request.demands]
    if len(set(lines)) < len(lines):
        message = "One call asks twice for one line of one owner."
        raise ValueError(message)
    for request in requests:
        for demand in request.demands:
            check_quantity(demand.quantity)


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
