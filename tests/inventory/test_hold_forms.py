"""The accelerated and the portable form of `hold_stock` give the same verdicts and write the same rows."""

import contextlib
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from app.inventory.actions.hold_stock import hold_stock
from app.inventory.actions.set_safety_stock import set_safety_stock
from app.inventory.model import Demand, HoldRequest, OwnerKind, ReservationReason, Verdict
from app.inventory.sql.portable import hold_portable
from app.kit.db import Database, WriteTx
from app.kit.ids import new_id
from tests.catalog.builders import make_variant
from tests.conftest import NOW
from tests.inventory.builders import put_stock, stocked, wish
from tests.locations.builders import make_location

VARIANTS: Final = 2
STORES: Final = 3
OWNERS: Final = tuple(UUID(int=number) for number in range(1, 7))
WRITTEN: Final = {
    "holds": "SELECT to_jsonb(h) - 'held_at' AS hold FROM holds h ORDER BY owner_id, line_no, variant_id, location_id",
    "stock": "SELECT variant_id, location_id, on_hand, reserved, allocated, safety, version FROM stock ORDER BY 1, 2",
    "ledger": """
        SELECT variant_id, location_id, d_on_hand, d_reserved, d_allocated, d_safety, kind, reason, cause_kind,
               cause_id, actor FROM ledger ORDER BY cause_id, variant_id, location_id, d_reserved, d_allocated, actor
    """,
    "outbox": "SELECT topic, key, payload FROM outbox ORDER BY xid, id",
}


class RolledBackError(Exception):
    """The end of a trial."""


places = some.lists(some.integers(0, STORES - 1), max_size=STORES + 1)
demands = some.tuples(some.integers(0, VARIANTS - 1), some.integers(1, 6), places, some.booleans())
drafts = some.tuples(
    some.sampled_from(OWNERS),
    some.sampled_from(OwnerKind),
    some.dictionaries(some.integers(1, 3), demands, max_size=3),
    some.sampled_from([None, NOW, NOW + timedelta(minutes=15)]),
    some.booleans(),
    some.sampled_from(ReservationReason),
    some.sampled_from([None, NOW + timedelta(hours=1)]),
    some.sampled_from(["key:a", "shopper", None]),
)
batches = some.lists(some.lists(drafts, max_size=6), min_size=1, max_size=3)
levels = some.lists(some.integers(0, 12), min_size=VARIANTS * STORES, max_size=VARIANTS * STORES)
kept = some.lists(some.integers(0, 4), min_size=VARIANTS * STORES, max_size=VARIANTS * STORES)


@pytest.fixture
async def ground(db: Database) -> tuple[list[int], list[int]]:
    async with db.write() as tx:
        return [await make_variant(tx) for _ in range(VARIANTS)], [await make_location(tx) for _ in range(STORES)]


def build(batch: Sequence[Any], variants: list[int], stores: list[int]) -> list[HoldRequest]:
    """Requests of a batch, each line of an owner once."""
    asked: set[tuple[UUID, int]] = set()
    requests = []
    for owner, kind, lines, expires_at, *rest in batch:
        fresh = {line_no: line for line_no, line in lines.items() if (owner, line_no) not in asked}
        asked |= {(owner, line_no) for line_no in fresh}
        wanted = tuple(
            Demand(line_no, variants[variant], quantity, tuple(stores[place] for place in candidates), may_split)
            for line_no, (variant, quantity, candidates, may_split) in fresh.items()
        )
        requests.append(HoldRequest(kind, owner, wanted, expires_at, *rest))
    return requests


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(levels=levels, kept=kept, batches=batches)
async def test_both_forms_decide_and_write_the_same(
    db: Database, ground: tuple[list[int], list[int]], levels: list[int], kept: list[int], batches: list[Any]
) -> None:
    variants, stores = ground

    async def trial(tx: WriteTx) -> tuple[list[list[Verdict]], dict[str, list[dict[str, Any]]]]:
        keys = [(variant, store) for variant in variants for store in stores]
        for (variant, store), units, safety in zip(keys, levels, kept, strict=True):
            if units:
                await put_stock(tx, variant, store, units)
                if safety:
                    await set_safety_stock(
                        tx, variant_id=variant, location_id=store, quantity=safety, cause_id=OWNERS[0], actor="t"
                    )
        verdicts = [await hold_stock(tx, build(batch, variants, stores), actor="test") for batch in batches]
        rows = {name: [dict(row) for row in await tx.connection.fetch(query)] for name, query in WRITTEN.items()}
        for row in rows["ledger"]:
            if row["cause_kind"] == "TEST":
                del row["cause_id"]
        return verdicts, rows

    async def tried(*, accelerated: bool) -> Any:
        with contextlib.suppress(RolledBackError):
            async with db.write() as tx:
                tx.accelerated = accelerated
                result = await trial(tx)
                raise RolledBackError
        return result

    by_function, by_python = await tried(accelerated=True), await tried(accelerated=False)
    assert by_function[0] == by_python[0]
    assert by_function[1] == by_python[1]


async def test_the_forms_meet_in_one_database(db: Database) -> None:
    """Requests that one process decides in Python and another one in PostgreSQL know of each other."""
    shirt, [store] = await stocked(db, 3)
    request = wish(shirt, 2, store, owner_id=new_id())
    async with db.write() as tx:
        [first] = await hold_portable(tx, [request], actor="a")
    async with db.write() as tx:
        [again, other] = await hold_stock(tx, [request, wish(shirt, 2, store)], actor="b")
    assert again == first
    assert [shortage.available for shortage in other.shortages] == [1]
