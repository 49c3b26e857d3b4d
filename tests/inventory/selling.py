"""Selling rules for tests."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from uuid import UUID

from app.inventory.actions.set_bundle import set_bundle
from app.inventory.actions.set_selling_rule import set_selling_rule
from app.inventory.model import Demand, HoldRequest, OwnerKind
from app.inventory.model.selling import SellingPolicy, Terms
from app.inventory.sql.selling import terms_of
from app.kit.db import Database, WriteTx
from app.kit.ids import new_id
from app.kit.statement import Statement
from tests.catalog.builders import make_variant
from tests.inventory.builders import put_stock, stocked

TODAY: Final = date(2026, 11, 22)
SOON: Final = date(2026, 12, 10)
_QUEUE: Final = Statement("SELECT * FROM backorders ORDER BY entry_id")
_RULES: Final = Statement("SELECT variant_id, limit_units, waiting FROM selling_rules ORDER BY variant_id")


async def sell_ahead(
    tx: WriteTx, variant_id: int, limit: int, policy: SellingPolicy = SellingPolicy.BACKORDER, day: date = SOON
) -> None:
    """Let up to `limit` units wait."""
    await set_selling_rule(tx, variant_id=variant_id, policy=policy, limit=limit, promised_on=day, today=TODAY)


async def bundle(tx: WriteTx, variant_id: int, components: Mapping[int, int]) -> None:
    """Make a variant a bundle."""
    await set_bundle(tx, variant_id, components)


async def terms(db: Database, variant_id: int, channel_id: int = 0, today: date = TODAY) -> Terms | None:
    """How a variant is sold; None without any rule."""
    async with db.read() as tx:
        return (await terms_of(tx, [variant_id], channel_id, today=today)).get(variant_id)


async def ask(
    db: Database,
    variant_id: int,
    quantity: int,
    *candidates: int,
    owner_id: UUID | None = None,
    expires_at: Any = None,
    may_split: bool = True,
    today: date = TODAY,
) -> HoldRequest:
    """A request of one order with one line, number 1, under the variant's rules."""
    known = await terms(db, variant_id, today=today)
    demand = Demand(1, variant_id, quantity, candidates, may_split, known)
    return HoldRequest(OwnerKind.ORDER, owner_id or new_id(), (demand,), expires_at)


async def queue(db: Database) -> list[tuple[UUID, int, int, str]]:
    """(owner, variant, units, state) of all that waits, oldest first."""
    async with db.read() as tx:
        rows = await tx.fetch(_QUEUE)
    return [(row["owner_id"], row["variant_id"], row["quantity"], row["state"]) for row in rows]


async def waiting(db: Database) -> dict[int, tuple[int, int]]:
    """(units that wait, limit) by variant."""
    async with db.read() as tx:
        return {row["variant_id"]: (row["waiting"], row["limit_units"]) for row in await tx.fetch(_RULES)}


async def bundled(db: Database, cups: int, pots: int) -> tuple[int, int, int, int]:
    """(set of 2 cups and a pot, cup, pot, the place where they lie)."""
    cup, [place] = await stocked(db, cups)
    async with db.write() as tx:
        pot, tea_set = await make_variant(tx), await make_variant(tx)
        if pots:
            await put_stock(tx, pot, place, pots)
        await bundle(tx, tea_set, {cup: 2, pot: 1})
    return tea_set, cup, pot, place
