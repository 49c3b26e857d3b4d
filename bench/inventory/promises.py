"""Orders of one unit: batches in lanes against a lock each and a call each, on one hot SKU and on many."""

import random
from collections.abc import Sequence
from typing import Any, Final

from app.inventory.actions.hold_stock import hold_stock
from app.inventory.model import Demand, HoldRequest, OwnerKind
from app.kit.db import WriteTx
from app.kit.errors import DomainError
from app.kit.graphql.payload import Asked, Outcome, grouped
from app.kit.idempotency import Keyed
from app.kit.ids import new_id
from bench.inventory.baselines import ORDER_ONE, PLAIN, PLAIN_AUDIT, connect, order_by_call, order_with_lock
from bench.inventory.contest import Contestant, contest
from bench.inventory.ground import Ground, ground
from bench.inventory.registry import Options
from bench.record import Table

# As for reservations.
LANES: Final = 2
HEADS: Final = ("{title}", "orders/s", "p50 ms", "p99 ms", "lanes ÷ this", "at least", "p99 ÷ p99 of lanes", "at least")
TARGETS: Final = {
    ("hot", "lock"): (80.0, 50.0),
    ("hot", "call"): (25.0, None),
    ("spread", "lock"): (6.0, None),
}
NAMES: Final = {
    "lock": "`SELECT FOR UPDATE`, then `UPDATE`: a connection each",
    "call": "one function call per order: a connection each",
    "lanes": "group allocation in lanes",
    "portable": "group allocation, decided in Python",
}
_COUNTED: Final = "SELECT count(*) FROM requests WHERE caller = $1"


async def work(tx: WriteTx, requests: Sequence[HoldRequest]) -> list[Outcome | DomainError]:
    """What a mutation of a group does."""
    verdicts = await hold_stock(tx, requests, actor="bench")
    return [Outcome({"held": len(verdict.claims)}) for verdict in verdicts]


keyed_work = grouped(work)


async def measure(row: str, options: Options) -> list[Table]:
    """One table: the contestants of a row."""
    async with ground(1 if row == "hot" else options.skus) as place:
        await place.connection.execute(ORDER_ONE)
        for statement in PLAIN.split(";"):
            await place.connection.execute(statement)
        connections = await connect(place.db.dsn, options.clients)
        contestants = [_lock(place, connections), _call(place, connections), *(_lanes(place, name) for name in _FORMS)]
        await contest(contestants, clients=options.clients, seconds=options.seconds, rounds=options.rounds)
        await place.audit()
        for connection in connections:
            await connection.close()
    what = "One hot SKU" if row == "hot" else f"{options.skus:,} SKUs"
    return [_table(row, f"{what}, {options.clients} clients", {one.name: one for one in contestants})]


_FORMS: Final = ("lanes", "portable")


def _lock(place: Ground, connections: Sequence[Any]) -> Contestant:
    async def order(client: int, _number: int) -> None:
        await order_with_lock(connections[client], place, random.choice(place.variants))  # noqa: S311

    async def check(done: int) -> None:
        row = await place.connection.fetchrow(PLAIN_AUDIT)
        assert set(row.values()) == {done}, (done, dict(row))

    return Contestant("lock", order, check)


def _call(place: Ground, connections: Sequence[Any]) -> Contestant:
    async def order(client: int, _number: int) -> None:
        await order_by_call(connections[client], place, random.choice(place.variants))  # noqa: S311

    return Contestant("call", order, _counts(place, "bench-one"))


def _lanes(place: Ground, name: str) -> Contestant:
    async def order(_client: int, _number: int) -> None:
        place.db.accelerated = name == "lanes"
        variant_id, owner = random.choice(place.variants), new_id()  # noqa: S311
        request = HoldRequest(OwnerKind.ORDER, owner, (Demand(1, variant_id, 1, (place.location_id,)),))
        asked = Asked(request, Keyed(f"bench-{name}", str(owner), "order", b""))
        answered = await place.db.group(keyed_work, lanes=LANES).ask(asked, identity=owner, lane=variant_id)
        assert answered.stored == {"values": {"held": 1}}

    return Contestant(name, order, _counts(place, f"bench-{name}"))


def _counts(place: Ground, caller: str) -> Any:
    async def check(done: int) -> None:
        assert await place.connection.fetchval(_COUNTED, caller) == done
        await place.audit()

    return check


def _table(row: str, title: str, found: dict[str, Contestant]) -> Table:
    ours = found["lanes"]
    lines: list[Sequence[str]] = []
    for name, one in found.items():
        rate, tail = TARGETS.get((row, name), (None, None))
        low, high = one.extremes
        lines.append(
            (
                NAMES[name],
                f"{one.rate:,.0f} ({low:,.0f}–{high:,.0f})",
                f"{one.p50:,.1f}",
                f"{one.p99:,.1f}",
                *_judged(ours.rate / one.rate, rate),
                *_judged(one.p99 / ours.p99, tail),
            )
        )
    return Table(lines, (title, *HEADS[1:]))


def _judged(ratio: float, target: float | None) -> tuple[str, str]:
    if target is None:
        return f"{ratio:,.1f}", "–"
    text = f"{ratio:,.1f}"
    return (text if ratio >= target else f"**{text}**"), f"{target:g}"
