"""Orders for tests: made by `create_orders`, valid and dull unless the test says otherwise."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import count
from typing import Any
from uuid import UUID

from app.kit.db import Database, WriteTx
from app.kit.ids import new_id
from app.kit.statement import Statement
from app.orders.actions.create_orders import create_orders
from app.orders.model import CreatedOrder, DeliveryDraft, LineDraft, OrderDraft
from tests.catalog.builders import make_variant
from tests.channels.builders import make_channel
from tests.conftest import NOW
from tests.locations.builders import make_group, make_location

_references = count(1)
ADDRESS = {
    "name": "山田 花子",
    "phone": "0312345678",
    "postal_code": "1500001",
    "prefecture": 13,
    "city": "渋谷区",
    "line1": "神宮前1-1-1",
    "line2": "",
}


@dataclass(frozen=True)
class Ground:
    """What every order stands on."""

    channel_id: int
    store_id: int
    variant_ids: tuple[int, ...]


async def make_ground(tx: WriteTx, *, variants: int = 2, **channel: Any) -> Ground:
    """A store, a channel `web` that sells from it, and variants SKU-A, SKU-B, … at 1,100 yen."""
    store_id = await make_location(tx, code="shibuya", kind="STORE", near=(35.66, 139.70))
    channel_id = await make_channel(tx, await make_group(tx, [store_id]), **channel)
    ids = [
        await make_variant(tx, f"SKU-{chr(65 + index)}", price=1100, channel_id=channel_id) for index in range(variants)
    ]
    return Ground(channel_id, store_id, tuple(ids))


def order_draft(
    ground: Ground,
    *,
    lines: Sequence[tuple[int, int]] = ((2, 1100), (1, 540)),
    mode: str = "HOME_DELIVERY",
    **fields: Any,
) -> OrderDraft:
    """A draft with one delivery; lines are (quantity, unit price in minor units), the second one at 8 %."""
    is_home = mode == "HOME_DELIVERY"
    delivery = DeliveryDraft(
        id=new_id(), mode=mode, location_id=None if is_home else ground.store_id, address=ADDRESS if is_home else None
    )
    drafts = tuple(
        LineDraft(
            line_no=index,
            variant_id=ground.variant_ids[(index - 1) % len(ground.variant_ids)],
            sku=f"SKU-{chr(64 + index)}",
            names={"ja": f"商品{index}", "en": f"Product {index}"},
            quantity=quantity,
            unit_price_minor=price,
            tax_class="REDUCED_8" if index == 2 else "STANDARD_10",
            delivery_id=delivery.id,
        )
        for index, (quantity, price) in enumerate(lines, start=1)
    )
    draft = OrderDraft(
        id=new_id(),
        source_system="test",
        external_reference=f"T-{next(_references)}",
        channel_id=ground.channel_id,
        currency="JPY",
        status="PLACED",
        payment_status="AUTHORIZED",
        email="hanako@example.jp",
        placed_at=NOW,
        deliveries=(delivery,),
        lines=drafts,
    )
    return replace(draft, **fields)


async def make_order(tx: WriteTx, ground: Ground, **draft: Any) -> CreatedOrder:
    """An order; keywords as of `order_draft`."""
    [created] = await create_orders(tx, [order_draft(ground, **draft)], actor="test", now=NOW)
    assert created is not None
    return created


async def order_row(db: Database, order_id: UUID) -> dict[str, Any]:
    """All columns."""
    async with db.read() as tx:
        row = await tx.fetchrow(Statement("SELECT * FROM orders WHERE id = :id"), id=order_id)
    assert row is not None
    return dict(row)


async def history_kinds(db: Database, order_id: UUID) -> list[str]:
    """The kinds of the order's history, oldest first."""
    async with db.read() as tx:
        rows = await tx.fetch(Statement("SELECT kind FROM order_history WHERE order_id = :id ORDER BY id"), id=order_id)
    return [row.kind for row in rows]


async def published(db: Database, *topics: str) -> list[tuple[str, dict[str, Any]]]:
    """(topic, payload) of all facts of these topics, in order."""
    async with db.read() as tx:
        rows = await tx.fetch(
            Statement("SELECT topic, payload FROM outbox WHERE topic = ANY(CAST(:topics AS text[])) ORDER BY id"),
            topics=list(topics),
        )
    return [(row.topic, row.payload) for row in rows]


async def row_counts(db: Database, *tables: str) -> dict[str, int]:
    """How many rows these tables have: a refusal leaves none behind."""
    async with db.read() as tx:
        return {table: await tx.connection.fetchval(f"SELECT count(*) FROM {table}") for table in tables}
