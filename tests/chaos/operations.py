"""The requests: each a JSON body under an idempotency key, and what it does in its transaction."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias
from uuid import UUID, uuid5

from app.inventory.actions.allocate_reserved import allocate_reserved
from app.inventory.actions.change_stock_state import change_stock_state
from app.inventory.actions.correct_stock import correct_stock
from app.inventory.actions.expire_reservations import expire_reservations
from app.inventory.actions.extend_reservation import extend_reservation
from app.inventory.actions.hold_stock import hold_stock
from app.inventory.actions.import_stock_rows import import_stock_rows
from app.inventory.actions.receive_stock import receive_stock
from app.inventory.actions.release_holds import release_holds
from app.inventory.actions.release_reservation import release_reservation
from app.inventory.actions.set_safety_stock import set_safety_stock
from app.inventory.actions.ship_claims import ship_claims
from app.inventory.actions.transfer_reservation import transfer_reservation
from app.inventory.errors import InsufficientStock
from app.inventory.model import Claim, Demand, HoldRequest, StockLine, Verdict
from app.inventory.model.corrections import Cause, Correction, PromisePolicy
from app.inventory.model.feeds import FeedRow
from app.inventory.model.states import StockState
from app.inventory.sql.claims import claims_of, claims_of_owners
from app.kit.db import WriteTx
from app.kit.errors import DomainError
from app.kit.graphql.payload import Outcome, grouped
from tests.inventory.moving import elsewhere

Body: TypeAlias = dict[str, Any]
Operation: TypeAlias = Callable[[WriteTx, Body, datetime], Awaitable[Any]]

ACTOR: Final = "key:chaos"
OPERATIONS: Final[dict[str, Operation]] = {}
_CAUSES: Final = UUID(int=4)


def cause_of(key: str) -> UUID:
    """What the ledger names as the cause of a request's movements."""
    return uuid5(_CAUSES, key)


def operation(work: Operation) -> Operation:
    """One kind of request, by the name of its function. It returns what its caller is told."""
    OPERATIONS[work.__name__] = work
    return work


# ── what is asked for most: units ───────────────────────────────────────────────────────────────────────────────


def hold_request(body: Body, now: datetime) -> HoldRequest:
    """The request of a body: `owner`, `kind`, `ttl` in seconds or None, `partial` and `lines`."""
    ttl = body["ttl"]
    demands = tuple(
        Demand(number, line["variant"], line["quantity"], tuple(line["places"]), line["split"])
        for number, line in enumerate(body["lines"], 1)
    )
    end = None if ttl is None else now + timedelta(seconds=ttl)
    until = None if end is None else end + timedelta(hours=1)
    return HoldRequest(body["kind"], UUID(body["owner"]), demands, end, body["partial"], extendable_until=until)


def told_claims(verdict: Verdict) -> list[list[int]]:
    """Claims as JSON."""
    return sorted([one.line_no, one.variant_id, one.location_id, one.quantity] for one in verdict.claims)


async def _hold(tx: WriteTx, requests: Sequence[HoldRequest]) -> list[Outcome | DomainError]:
    verdicts = await hold_stock(tx, requests, actor=ACTOR)
    return [
        Outcome({"answer": told_claims(verdict)})
        if verdict.claims
        else InsufficientStock("Sold out.", requested=1, available=0, variant_id=request.demands[0].variant_id)
        for request, verdict in zip(requests, verdicts, strict=True)
    ]


keyed_hold = grouped(_hold)


async def promise(tx: WriteTx, requests: Sequence[HoldRequest]) -> list[Verdict]:
    """Without a key: the owner's id makes it safe to ask again."""
    return await hold_stock(tx, requests, actor=ACTOR)


# ── what becomes of them ────────────────────────────────────────────────────────────────────────────────────────


@operation
async def release(tx: WriteTx, body: Body, _now: datetime) -> Any:
    claims = await release_holds(tx, UUID(body["owner"]), actor=ACTOR)
    return len(claims)


@operation
async def give_back(tx: WriteTx, body: Body, _now: datetime) -> Any:
    return await release_reservation(tx, UUID(body["owner"]), actor=ACTOR)


@operation
async def extend(tx: WriteTx, body: Body, now: datetime) -> Any:
    await extend_reservation(tx, UUID(body["owner"]), expires_at=now + timedelta(seconds=body["ttl"]), now=now)
    return True


@operation
async def move(tx: WriteTx, body: Body, _now: datetime) -> Any:
    places = {"from_location_ids": body["sources"], "to_location_id": body["place"]}
    return await transfer_reservation(tx, UUID(body["owner"]), **places, actor=ACTOR)


@operation
async def allocate(tx: WriteTx, body: Body, _now: datetime) -> Any:
    owners = [UUID(body["owner"])]
    await allocate_reserved(tx, owners, actor=ACTOR)
    return len(await claims_of_owners(tx, owners))


@operation
async def adopt(tx: WriteTx, body: Body, now: datetime) -> Any:
    """A cart's reservation becomes its order's."""
    request = replace(hold_request(body["request"], now), adopts=UUID(body["owner"]))
    [verdict] = await hold_stock(tx, [request], actor=ACTOR)
    if not verdict.claims:
        raise InsufficientStock("Gone.", requested=1, available=0, variant_id=request.demands[0].variant_id)
    return told_claims(verdict)


@operation
async def ship(tx: WriteTx, body: Body, _now: datetime) -> Any:
    owner_id = UUID(body["owner"])
    claims = [
        Claim(one.line_no, one.variant_id, one.location_id, one.quantity)
        for one in await claims_of(tx, owner_id)
        if one.location_id in body["places"]
    ]
    await ship_claims(tx, owner_id, claims, actor=ACTOR)
    return len(claims)


@operation
async def sweep(tx: WriteTx, _body: Body, now: datetime) -> Any:
    return len(await expire_reservations(tx, now=now, limit=50))


# ── units themselves ────────────────────────────────────────────────────────────────────────────────────────────


@operation
async def receive(tx: WriteTx, body: Body, _now: datetime) -> Any:
    lines = [StockLine(body["variant"], body["place"], body["quantity"])]
    await receive_stock(tx, lines, cause_kind="CHAOS", cause_id=UUID(body["cause"]), actor=ACTOR)
    return body["quantity"]


def _cause(body: Body, now: datetime) -> Cause:
    return Cause("STAFF", UUID(body["cause"]), ACTOR, now, "CORRECTION")


def _promises(body: Body) -> dict[str, Any]:
    """What becomes of those that fewer units cannot keep."""
    policy = PromisePolicy(body["policy"])
    return {"policy": policy, "elsewhere": elsewhere(policy, body["places"])}


@operation
async def feed(tx: WriteTx, body: Body, now: datetime) -> Any:
    """Another system's numbers; rows are refused each for itself."""
    rows = [FeedRow(body["variant"], place, quantity) for place, quantity in body["rows"]]
    cause = Cause("STOCK_FEED", UUID(body["cause"]), ACTOR, now)
    done = await import_stock_rows(tx, rows, is_absolute=body["absolute"], **_promises(body), cause=cause)
    return sum(verdict.change for verdict in done.verdicts)


@operation
async def correct(tx: WriteTx, body: Body, now: datetime) -> Any:
    """By so many units or to so many, at times below what is promised."""
    correction = Correction(body["variant"], body["place"], body["delta"], body["quantity"], body["expected"])
    done = await correct_stock(tx, [correction], **_promises(body), cause=_cause(body, now))
    if isinstance(done.results[0], DomainError):
        raise done.results[0]
    return body["delta"]


@operation
async def set_aside(tx: WriteTx, body: Body, now: datetime) -> Any:
    """Units are damaged, looked at, shown, sold again, or leave the books."""
    line = StockLine(body["variant"], body["place"], body["quantity"])
    states = {"before": StockState(body["before"]), "after": StockState(body["after"])}
    await change_stock_state(tx, line, **states, **_promises(body), cause=_cause(body, now))
    return True


@operation
async def keep(tx: WriteTx, body: Body, _now: datetime) -> Any:
    where = {"variant_id": body["variant"], "location_id": body["place"]}
    await set_safety_stock(tx, **where, quantity=body["quantity"], cause_id=UUID(body["cause"]), actor=ACTOR)
    return True
