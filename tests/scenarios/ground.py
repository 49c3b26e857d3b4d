"""What bad requests are thrown at: a cart, an order, a place. Nothing of it may change."""

from dataclasses import dataclass
from typing import Any

from app.kit.db import Database
from app.kit.ids import uuid_key
from tests.scenarios.client import Client
from tests.scenarios.journeys import fill_cart, order_to_home, place_id, send_home, work_of
from tests.scenarios.serving import until
from tests.scenarios.shop import Shop

# Every table that a request can write to, with what would show a change of its rows.
_WATCHED = {
    "carts": "sum(version)",
    "cart_lines": "sum(quantity)",
    "cart_deliveries": "max(id::text)",
    "orders": "sum(version)",
    "payments": "max(updated_at)",
    "stock": "sum(version)",
    "ledger": "max(entry_id)",
    "holds": "sum(quantity)",
    "transfers": "sum(version)",
    "fulfillments": "string_agg(status, ' ' ORDER BY id)",
    "shipments": "max(id::text)",
    "pickups": "string_agg(concat(status, failed_attempts), ' ' ORDER BY id)",
    "work_instructions": "string_agg(status, ' ' ORDER BY id)",
    "outbox": "max(id)",
    "requests": "max(created_at)",
}
_LONG_AGO = """
    UPDATE carts SET created_at = created_at - interval '31 days', updated_at = updated_at - interval '31 days',
                     expires_at = expires_at - interval '31 days'
     WHERE id = $1
"""
_IS_BUSY = """
    SELECT EXISTS (SELECT FROM pgqueuer WHERE status IN ('queued', 'picked'))
        OR EXISTS (SELECT FROM outbox AS fact JOIN feed_cursors AS cursor ON cursor.reader = 'jobs'
                    WHERE (fact.xid, fact.id) > (cursor.xid, cursor.id))
"""


@dataclass(frozen=True)
class Ground:
    """Ids by what they are."""

    shop: Shop
    known: dict[str, str]

    async def traces(self) -> dict[str, tuple[Any, ...]]:
        """What the tables hold, in short: equal before and after whatever changed nothing."""
        return await _traces(self.shop.db)

    def arguments(self) -> dict[str, Any]:
        """What exists, by the names that arguments have for it."""
        known = self.known
        return {
            "cartId": known["cart"],
            "lineId": known["line"],
            "lineIds": [known["line"]],
            "orderId": known["order"],
            "fulfillmentId": known["fulfillment"],
            "workInstructionId": known["work"],
            "locationId": known["place"],
            "locationIds": [known["place"]],
            "fromLocationId": known["place"],
            "toLocationId": known["store"],
            "sku": known["sku"],
            "skus": [known["sku"]],
        }

    def filled(self, values: Any, field: str | None = None, value: Any = None) -> Any:
        """An input whose `<name>`s are known ids; `field` (or its `inner` part, in each row) is `value`."""
        if isinstance(values, str):
            return self.known.get(values.strip("<>"), values) if values.startswith("<") else values
        if isinstance(values, list):
            return [self.filled(item) for item in values]
        if not isinstance(values, dict):
            return values
        found = {name: self.filled(item) for name, item in values.items()}
        if field is not None:
            outer, _, inner = field.partition(".")
            if inner:
                found[outer] = [{**row, inner: value} for row in found[outer]]
            else:
                found[outer] = [value] if outer.endswith("Ids") else value
        return found


async def lay_ground(shop: Shop, shopper: Client, staff: Client) -> Ground:
    """A cart that could be ordered, and an order that could be shipped."""
    sku = await shop.goods(EAST=20)
    cart_id, lines = await fill_cart(shopper, (sku, 1))
    await send_home(shopper, cart_id, list(lines.values()))
    order = await order_to_home(shopper, sku, 2)
    [picking] = await work_of(staff, order, "PICK")
    empty, _ = await fill_cart(shopper)
    expired, expired_lines = await fill_cart(shopper, (sku, 1))
    async with shop.db.write() as tx:
        await tx.connection.execute(_LONG_AGO, uuid_key(expired, "Cart"))
    return Ground(
        shop,
        {
            "sku": sku,
            "cart": cart_id,
            "line": lines[sku],
            "order": order["id"],
            "place": place_id(shop, "EAST"),
            "store": place_id(shop, "SHIBUYA"),
            "empty": empty,
            "expired": expired,
            "expiredLine": expired_lines[sku],
            "fulfillment": picking["fulfillment"]["id"],
            "work": picking["id"],
        },
    )


async def _traces(db: Database) -> dict[str, tuple[Any, ...]]:
    """How many rows each table has, and what would show a change of them; read when no job is under way."""

    async def is_idle() -> bool:
        async with db.read() as tx:
            return not await tx.connection.fetchval(_IS_BUSY)

    await until(is_idle)
    async with db.read_snapshot() as tx:
        return {
            table: tuple(await tx.connection.fetchrow(f"SELECT count(*), {sign} FROM {table}"))
            for table, sign in _WATCHED.items()
        }
