"""Stock for tests."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.inventory.actions.correct_stock import Correctness, correct_stock
from app.inventory.actions.hold_stock import hold_stock
from app.inventory.actions.receive_stock import receive_stock
from app.inventory.model import Demand, HoldRequest, OwnerKind, StockLine, Verdict
from app.inventory.model.corrections import Cause, Correction
from app.kit.db import Database, WriteTx
from app.kit.ids import new_id
from app.kit.statement import Statement
from tests.catalog.builders import make_variant
from tests.conftest import NOW
from tests.locations.builders import make_location

_COUNTERS: Final = Statement("""
    SELECT variant_id, location_id, on_hand, reserved, allocated, safety, version
      FROM stock ORDER BY variant_id, location_id
""")
_FACTS: Final = Statement("SELECT payload FROM outbox WHERE topic = :topic ORDER BY xid, id")
_LEDGER: Final = Statement("""
    SELECT variant_id, location_id, kind, d_on_hand, d_reserved, d_allocated, d_safety, cause_kind, cause_id,
           actor, reason
      FROM ledger ORDER BY entry_id
""")


async def put_stock(tx: WriteTx, variant_id: int, location_id: int, on_hand: int) -> None:
    """Receive units of a variant at a location."""
    await receive_stock(
        tx, [StockLine(variant_id, location_id, on_hand)], cause_kind="TEST", cause_id=new_id(), actor="test"
    )


async def counters(db: Database) -> Mapping[tuple[int, int], tuple[int, int, int, int]]:
    """(on_hand, reserved, allocated, safety) of every stock row."""
    async with db.read() as tx:
        return {
            (row["variant_id"], row["location_id"]): (
                row["on_hand"],
                row["reserved"],
                row["allocated"],
                row["safety"],
            )
            for row in await tx.fetch(_COUNTERS)
        }


async def movements(db: Database) -> list[tuple[str, int, int, int, int]]:
    """(kind, on_hand, reserved, allocated, location_id) of every ledger row in order."""
    async with db.read() as tx:
        return [
            (row["kind"], row["d_on_hand"], row["d_reserved"], row["d_allocated"], row["location_id"])
            for row in await tx.fetch(_LEDGER)
        ]


async def stocked(db: Database, *on_hand: int) -> tuple[int, list[int]]:
    """A variant and one store for each number of units on hand: (variant id, location ids)."""
    async with db.write() as tx:
        variant_id = await make_variant(tx)
        stores = [await make_location(tx) for _ in on_hand]
        for store, units in zip(stores, on_hand, strict=True):
            if units:
                await put_stock(tx, variant_id, store, units)
    return variant_id, stores


def wish(
    variant_id: int,
    quantity: int,
    *candidates: int,
    owner_id: UUID | None = None,
    expires_at: datetime | None = None,
    may_split: bool = False,
    partial: bool = False,
) -> HoldRequest:
    """A request of one order with one line, number 1."""
    demand = Demand(1, variant_id, quantity, candidates, may_split)
    return HoldRequest(OwnerKind.ORDER, owner_id or new_id(), (demand,), expires_at, partial)


async def hold(db: Database, *requests: HoldRequest) -> list[Verdict]:
    """`hold_stock` in a transaction of its own."""
    return await db.in_write(lambda tx: hold_stock(tx, requests, actor="test"))


async def facts(db: Database, topic: str) -> list[dict[str, Any]]:
    """The payloads in the outbox with this topic, in order."""
    async with db.read() as tx:
        return [row["payload"] for row in await tx.fetch(_FACTS, topic=topic)]


async def corrected(db: Database, *corrections: Correction, **options: Any) -> Correctness:
    """`correct_stock` in a transaction of its own, tried again as at the edge."""
    return await db.in_write(lambda tx: correct_stock(tx, corrections, cause=because(), **options))


def because(reason: str = "CORRECTION") -> Cause:
    """A cause of its own."""
    return Cause("STAFF", new_id(), "test", NOW, reason)
