"""Whether the database kept its word: each figure that must be zero, with examples where it is not."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson

from app.kit.db import Database
from app.worker import broken_invariants
from tests.chaos.feed import STOCK, TOPIC, Heard, hear
from tests.chaos.journal import Record, Told
from tests.chaos.operations import ACTOR

_HELD: Final = ("hold", "promise", "adopt")
_POSTED: Final = ("receive", "correct", "feed")
_ANSWERS: Final = "SELECT key, answer FROM requests WHERE caller = $1"
_GRANTS: Final = """
    SELECT cause_id::text AS owner, variant_id, location_id, sum(d_reserved + d_allocated) AS units FROM ledger
     WHERE kind IN ('RESERVED', 'ALLOCATED') AND reason IS DISTINCT FROM 'SHRINKAGE' GROUP BY 1, 2, 3
"""
_POSTINGS: Final = "SELECT cause_id::text AS cause, sum(d_on_hand) AS units FROM ledger GROUP BY 1"
_ORDERS: Final = """
    SELECT number, external_reference AS cart FROM orders WHERE source_system = 'cart' AND status = 'PLACED'
"""
_UNLIKE: Final = """
    SELECT o.number, o.status, l.quantity, coalesce(g.units, 0) AS allocated
      FROM orders o
      JOIN (SELECT order_id, sum(quantity) AS quantity FROM order_lines GROUP BY 1) l ON l.order_id = o.id
      LEFT JOIN (SELECT cause_id, sum(d_allocated) AS units FROM ledger
                  WHERE d_allocated > 0 AND kind IN ('ALLOCATED', 'RESERVATION_ALLOCATED') GROUP BY 1) g
             ON g.cause_id = o.id
     WHERE coalesce(g.units, 0) <> CASE o.status WHEN 'PLACED' THEN l.quantity ELSE 0 END
"""
_OVERSOLD: Final = """
    SELECT variant_id, sum(d_on_hand) FILTER (WHERE kind NOT IN ('SHIPPED', 'HANDED_OVER')) AS had,
           sum(CASE WHEN kind IN ('SHIPPED', 'HANDED_OVER') THEN -d_on_hand ELSE 0 END) + sum(d_allocated) AS sold
      FROM ledger GROUP BY 1
    HAVING sum(CASE WHEN kind IN ('SHIPPED', 'HANDED_OVER') THEN -d_on_hand ELSE 0 END) + sum(d_allocated)
           > sum(d_on_hand) FILTER (WHERE kind NOT IN ('SHIPPED', 'HANDED_OVER'))
"""
_OUTBOX: Final = "SELECT xid, id, topic, key, payload FROM outbox ORDER BY xid, id"
_VERSIONS: Final = "SELECT variant_id || ':' || location_id AS key, version FROM stock"


@dataclass
class Findings:
    """figures: what was counted. faults: examples by what must not be; all empty when all is well."""

    figures: dict[str, int] = field(default_factory=dict[str, int])
    faults: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    @property
    def is_well(self) -> bool:
        """Whether nothing was found that must not be."""
        return not any(self.faults.values())

    def must_be_none(self, what: str, examples: Iterable[Any]) -> None:
        """Take notes of all that there is of something that must not be."""
        self.faults[what] = [str(example) for example in examples]


@dataclass(frozen=True)
class _There:
    """What the database holds: stored answers by key, numbers of orders by cart, units by owner and by cause."""

    answers: dict[str, Any]
    orders: dict[str, str]
    grants: dict[str, dict[tuple[int, int], int]]
    posted: dict[str, int]


async def _look(db: Database) -> _There:
    grants: dict[str, dict[tuple[int, int], int]] = defaultdict(dict)
    async with db.read() as tx:
        for row in await tx.connection.fetch(_GRANTS):
            grants[row["owner"]][row["variant_id"], row["location_id"]] = row["units"]
        return _There(
            {row["key"]: row["answer"] for row in await tx.connection.fetch(_ANSWERS, ACTOR)},
            {row["cart"]: row["number"] for row in await tx.connection.fetch(_ORDERS)},
            dict(grants),
            {row["cause"]: row["units"] for row in await tx.connection.fetch(_POSTINGS)},
        )


async def check(db: Database, record: Record, heard: Sequence[Sequence[Heard]]) -> Findings:
    """Everything. heard: what each reader of the feed heard."""
    findings = Findings()
    there = await _look(db)
    async with db.read() as tx:
        unlike = await tx.connection.fetch(_UNLIKE)
        oversold = await tx.connection.fetch(_OVERSOLD)
    done = [told for told in record.told if told.kind == "done"]
    bodies = {request.key: request.body for request in record.sent}
    findings.must_be_none(
        "acknowledged and lost",
        (told for told in done if not _is_kept(told, bodies[told.key], there)),
    )
    findings.must_be_none("told something else the second time", _changed_verdicts(record.told, there.answers))
    findings.must_be_none("answered with an error nobody expects", (one for one in record.told if one.kind == "broken"))
    findings.must_be_none("deadlocks that reached a caller", (one for one in record.trouble if one == "40P01"))
    findings.must_be_none("orders unlike their allocations", map(dict, unlike))
    findings.must_be_none("more units sold than there were", map(dict, oversold))
    findings.must_be_none("audit rows", (await broken_invariants(db)).items())
    await _check_feed(db, heard, findings)
    findings.figures |= {
        "requests": len(record.sent),
        "answers": len(record.told),
        "granted or done": len({told.key for told in done}),
        "refused": sum(told.kind == "refused" for told in record.told),
        "repeated": len(record.sent) - len(bodies),
        "errors that callers waited out": len(record.trouble),
        "orders": len(there.orders),
        "facts": len(heard[0]),
    }
    return findings


def _is_kept(told: Told, body: Any, there: "_There") -> bool:
    """Whether what a caller was told is there."""
    if told.operation == "checkout":
        return there.orders.get(body["cart"]) == told.value
    if told.operation != "promise" and told.key not in there.answers:
        return False
    if told.operation in _HELD:
        owner = body["request"]["owner"] if told.operation == "adopt" else body["owner"]
        units: dict[tuple[int, int], int] = defaultdict(int)
        for _, variant_id, location_id, quantity in told.value:
            units[variant_id, location_id] += quantity
        return there.grants.get(owner) == units
    if told.operation not in _POSTED or told.value is None:
        return True
    return there.posted.get(body["cause"], 0) == told.value


def _changed_verdicts(told: Sequence[Told], answers: Any) -> Iterable[str]:
    """Answers to one key that are not alike, or not like the stored one. A refusal may become a grant, never back."""
    first: dict[str, Told] = {}
    for one in told:
        if one.key in first and (one.kind, one.value) != (first[one.key].kind, first[one.key].value):
            yield f"{first[one.key]}, then {one.kind} {one.value}"
        if one.kind == "done":
            first.setdefault(one.key, one)
    for key, one in first.items():
        stored = answers.get(key)
        if stored is not None and orjson.dumps(stored["values"]["answer"]) != orjson.dumps(one.value):
            yield f"{one}, stored is {stored}"


async def _check_feed(db: Database, heard: Sequence[Sequence[Heard]], findings: Findings) -> None:
    async with db.read() as tx:
        versions = {row["key"]: row["version"] for row in await tx.connection.fetch(_VERSIONS)}
        there = [fact for row in await tx.connection.fetch(_OUTBOX) for fact in hear(row)]
    missed: list[Any] = []
    disorder: list[Any] = []
    for reader in heard:
        topics = {fact.topic for fact in reader}
        missed += {fact for fact in there if fact.topic in topics or fact.topic in (STOCK, TOPIC)} - set(reader)
        disorder += _disorder(reader)
        newest: dict[str, int] = defaultdict(int)
        for fact in reader:
            if fact.topic == STOCK and fact.number is not None:
                newest[fact.key] = max(newest[fact.key], fact.number)
        missed += [f"{key}: heard {newest[key]} of {end}" for key, end in versions.items() if newest[key] != end]
    findings.must_be_none("facts missed", missed)
    findings.must_be_none("facts twice or out of their key's order", disorder)


def _disorder(reader: Sequence[Heard]) -> Iterable[Any]:
    """Facts that came twice, those of writers that are not consecutive, and levels that are older than one before."""
    told: set[tuple[str, str, int]] = set()
    last: dict[str, int] = defaultdict(int)
    for fact in reader:
        if fact.number is None:
            continue
        if (fact.topic, fact.key, fact.number) in told:
            yield f"{fact} again"
            continue
        told.add((fact.topic, fact.key, fact.number))
        is_next = fact.number == last[fact.key] + 1 if fact.topic == TOPIC else fact.number > last[fact.key]
        if not is_next:
            yield f"{fact} after {last[fact.key]}"
        last[fact.key] = fact.number
