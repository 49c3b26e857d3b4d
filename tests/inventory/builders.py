"""Stock for tests."""

from collections.abc import Mapping
from typing import Final

from app.inventory.actions.receive_stock import receive_stock
from app.inventory.model import StockLine
from app.kit.db import Database, WriteTx
from app.kit.ids import new_id
from app.kit.statement import Statement

_COUNTERS: Final = Statement("""
    SELECT variant_id, location_id, on_hand, reserved, allocated, safety, version
      FROM stock ORDER BY variant_id, location_id
""")
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
