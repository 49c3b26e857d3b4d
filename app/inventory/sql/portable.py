"""A batch of requests for units in statements that every engine has: Python decides."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from app.inventory.model import Claim, HoldRequest, MovementKind, Verdict
from app.inventory.model.decisions import decide, keys_of, units_of
from app.inventory.model.selling import WAITING, SellingRule
from app.inventory.sql.backorders import write_backorders
from app.inventory.sql.claims import claim_of, claims_of_owners
from app.inventory.sql.holds import write_holds
from app.inventory.sql.reservations import give_back, lock_free, lock_reserved
from app.inventory.sql.selling import lock_rules
from app.inventory.sql.stock import lock_available
from app.kit.db import Row, WriteTx


async def hold_portable(tx: WriteTx, requests: Sequence[HoldRequest], *, actor: str) -> list[Verdict]:
    """The verdicts on all requests, whose claims are held now, or wait."""
    adopted = {request.adopts for request in requests if request.adopts is not None}
    reserved = await lock_reserved(tx, adopted) if adopted else {}
    own = {owner_id: units_of(map(claim_of, rows)) for owner_id, rows in reserved.items()}
    ruled = _ruled(requests)
    rules = await lock_rules(tx, ruled) if ruled else {}
    keys = keys_of(requests)
    owned = {key for units in own.values() for key in units}
    available = await lock_free(tx, keys, owned) if owned else await lock_available(tx, keys)
    # One request alone finds its earlier self when it writes, or when it comes away empty. A partial one may hold other
    # lines than it would get now, one that waited might not have to any more, and one that adopts might adopt twice.
    single = len(requests) == 1 and not requests[0].partial and not ruled and not adopted
    verdicts = dict[int, Verdict]() if single else await _held_before(tx, requests)
    fresh = [number for number in range(len(requests)) if number not in verdicts]
    decided = decide(available, [requests[number] for number in fresh], rules, own)
    verdicts.update(zip(fresh, decided, strict=True))
    granted = [(number, requests[number], verdicts[number]) for number in fresh if verdicts[number].claims]
    anew = [one for one in granted if not _is_unchanged(one[1], one[2], reserved)]
    await _end_adopted(tx, [request for _, request, _ in anew if request.adopts in reserved], actor=actor)
    rows = [(number, request, claim) for number, request, verdict in anew for claim in verdict.claims]
    await _let_wait(tx, [row for row in rows if row[2].location_id == WAITING], rules)
    held = [row for row in rows if row[2].location_id != WAITING]
    repeated = await write_holds(tx, held, actor=actor) if held else set[int]()
    if repeated or (single and not granted):
        verdicts.update(await _held_before(tx, requests))
    return [verdicts[number] for number in range(len(requests))]


def _ruled(requests: Sequence[HoldRequest]) -> set[int]:
    """The variants whose queue has a say."""
    return {
        variant_id
        for request in requests
        for demand in request.demands
        if demand.terms is not None
        for variant_id in demand.terms.ruled(demand.variant_id)
    }


def _is_unchanged(request: HoldRequest, verdict: Verdict, reserved: Mapping[UUID, Sequence[Row]]) -> bool:
    """Whether an owner that reserves anew has just that, until then, already."""
    if request.adopts != request.owner_id or request.owner_id not in reserved:
        return False
    rows = reserved[request.owner_id]
    as_before = sorted(verdict.claims, key=_order) == sorted(map(claim_of, rows), key=_order)
    return as_before and {row["expires_at"] for row in rows} == {request.expires_at}


def _order(claim: Claim) -> tuple[int, int, int]:
    return claim.line_no, claim.variant_id, claim.location_id


async def _end_adopted(tx: WriteTx, requests: Sequence[HoldRequest], *, actor: str) -> None:
    for kind, is_own in ((MovementKind.RESERVATION_CONVERTED, False), (MovementKind.RESERVATION_RELEASED, True)):
        ended = [one for one in requests if (one.adopts == one.owner_id) is is_own]
        await give_back(tx, {one.adopts: one.actor or actor for one in ended if one.adopts is not None}, kind)


async def _let_wait(
    tx: WriteTx, granted: Sequence[tuple[int, HoldRequest, Claim]], rules: dict[int, SellingRule]
) -> None:
    if granted:
        demands = {(number, demand.line_no): demand for number, request, _ in granted for demand in request.demands}
        await write_backorders(tx, granted, [demands[number, claim.line_no] for number, _, claim in granted], rules)


async def _held_before(tx: WriteTx, requests: Sequence[HoldRequest]) -> dict[int, Verdict]:
    """The verdicts of requests that have been answered before, by their number. Who reserves anew has not."""
    asked = [request.owner_id for request in requests if request.adopts != request.owner_id]
    held = await claims_of_owners(tx, asked) if asked else {}
    found: dict[int, Verdict] = {}
    for number, request in enumerate(requests):
        lines = {demand.line_no for demand in request.demands}
        claims = tuple(claim for claim in held.get(request.owner_id, ()) if claim.line_no in lines)
        if claims:
            found[number] = Verdict(claims)
    return found
