"""A batch of requests for units in statements that every engine has: Python decides."""

from collections.abc import Sequence

from app.inventory.model import Claim, HoldRequest, Verdict, decide
from app.inventory.model.selling import WAITING, SellingRule, StockKey, needs_of
from app.inventory.sql.backorders import write_backorders
from app.inventory.sql.claims import claims_of_owners
from app.inventory.sql.holds import write_holds
from app.inventory.sql.selling import lock_rules
from app.inventory.sql.stock import lock_available
from app.kit.db import WriteTx


async def hold_portable(tx: WriteTx, requests: Sequence[HoldRequest], *, actor: str) -> list[Verdict]:
    """The verdicts on all requests, whose claims are held now, or wait."""
    ruled = _ruled(requests)
    rules = await lock_rules(tx, ruled) if ruled else {}
    available = await lock_available(tx, _keys(requests))
    # One request alone finds its earlier self when it writes, or when it comes away empty. A partial one may hold other
    # lines than it would get now, and one that waited might not have to any more.
    single = len(requests) == 1 and not requests[0].partial and not ruled
    verdicts = dict[int, Verdict]() if single else await _held_before(tx, requests)
    fresh = [number for number in range(len(requests)) if number not in verdicts]
    decided = decide(available, [requests[number] for number in fresh], rules)
    verdicts.update(zip(fresh, decided, strict=True))
    granted = [(number, requests[number], claim) for number in fresh for claim in verdicts[number].claims]
    await _let_wait(tx, [one for one in granted if one[2].location_id == WAITING], rules)
    held = [one for one in granted if one[2].location_id != WAITING]
    repeated = await write_holds(tx, held, actor=actor) if held else set[int]()
    if repeated or (single and not granted):
        verdicts.update(await _held_before(tx, requests))
    return [verdicts[number] for number in range(len(requests))]


def _keys(requests: Sequence[HoldRequest]) -> set[StockKey]:
    return {
        (variant_id, location_id)
        for request in requests
        for demand in request.demands
        for variant_id, _ in needs_of(demand.variant_id, demand.terms)
        for location_id in demand.candidates
    }


def _ruled(requests: Sequence[HoldRequest]) -> set[int]:
    """The variants whose queue has a say."""
    return {
        variant_id
        for request in requests
        for demand in request.demands
        if demand.terms is not None
        for variant_id in demand.terms.ruled(demand.variant_id)
    }


async def _let_wait(
    tx: WriteTx, granted: Sequence[tuple[int, HoldRequest, Claim]], rules: dict[int, SellingRule]
) -> None:
    if granted:
        demands = {(number, demand.line_no): demand for number, request, _ in granted for demand in request.demands}
        await write_backorders(tx, granted, [demands[number, claim.line_no] for number, _, claim in granted], rules)


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
