"""The raw limit of mutations: the very work of ours, called from a bare handler and answered by hand.

The work is the whole of what a resolver does in its transaction, the look at the key before it, and the reads after
the commit. `own_work` runs nothing else, so that it can be taken off both sides.
"""

import asyncio
import random
import time
from types import SimpleNamespace
from typing import Any, Final

import orjson

from app.api.auth import identify
from app.carts.graphql.batches import carts_by_id, lines_by_cart
from app.carts.graphql.mutations import CartMutation
from app.carts.graphql.types import CartLineInput, CartLinesAddInput
from app.inventory.graphql.batches import level_by_key
from app.inventory.graphql.corrections.forms import StockAdjustInput
from app.inventory.graphql.corrections.mutations import CorrectionMutation
from app.inventory.model.corrections import AdjustmentReason
from app.kit.clock import utc_now
from app.kit.config import Config
from app.kit.db import Database
from app.kit.graphql.context import Context
from app.kit.ids import global_id
from app.kit.permissions import Actor
from bench.engine.shop import CHANNEL, Shop
from bench.engine.workload import WORKLOADS

CONFIG: Final = Config(secret_key=b"only for benchmarks, not in shops")
TASKS: Final = 16


def resolver(root: Any, name: str) -> Any:
    """The function behind a root field, without strawberry's wrapping."""
    (field,) = [field for field in root.__strawberry_definition__.fields if field.python_name == name]
    return field.base_resolver.wrapped_func


_ADJUST: Final = resolver(CorrectionMutation, "stock_adjust")
_ADD: Final = resolver(CartMutation, "cart_lines_add")


class RawWrites:
    """Handlers for `stockAdjust` and `cartLinesAdd`."""

    def __init__(self, db: Database, shop: Shop) -> None:
        self._db = db
        self._shop = shop
        self.handlers: Any = {
            "adjust/action": self.adjust,
            "cart/action": self.add,
            "adjust/own": self.own_work,
            "cart/own": self.own_work,
        }

    async def adjust(self, sent: Any, headers: Any) -> bytes:
        """`stockAdjust`, answered with five counters and the version."""
        payload, level = await self._adjust(sent, text_headers(headers))
        counters = None
        if level is not None:
            counters = {
                "onHand": level["on_hand"],
                "reserved": level["reserved"],
                "allocated": level["allocated"],
                "safety": level["safety"],
                "available": level["available"],
                "version": level["version"],
            }
        answer = {"userErrors": _errors(payload), "stockLevel": counters}
        return orjson.dumps({"data": {"stockAdjust": answer}})

    async def add(self, sent: Any, headers: Any) -> bytes:
        """`cartLinesAdd`, answered with the cart's lines."""
        payload, cart, lines = await self._add(sent, text_headers(headers))
        found = None
        if cart is not None:
            found = {
                "id": global_id("Cart", cart["id"]),
                "version": cart["version"],
                "lines": [
                    {
                        "id": global_id("CartLine", line["id"]),
                        "sku": line["sku"],
                        "quantity": line["quantity"],
                        "total": {"amount": line["total_minor"], "currency": line["currency"]},
                    }
                    for line in lines
                ],
            }
        return orjson.dumps({"data": {"cartLinesAdd": {"userErrors": _errors(payload), "cart": found}}})

    async def own_work(self, sent: Any, headers: Any) -> bytes:
        """The work alone, by as many tasks as the load has connections; answers how often it was done."""
        row = WORKLOADS[sent["row"]]
        work = self._adjust if row.name == "adjust" else self._add
        ends = time.monotonic() + sent["seconds"]
        names = text_headers(headers)

        async def repeat(seed: int) -> int:
            choose = random.Random(seed)  # noqa: S311  # no secret
            count = 0
            while time.monotonic() < ends:
                await work(row.variables(self._shop, choose), names)
                count += 1
            return count

        counts = await asyncio.gather(*(repeat(sent["seed"] * TASKS + task) for task in range(TASKS)))
        return orjson.dumps({"count": sum(counts)})

    async def _adjust(self, sent: Any, headers: dict[str, str]) -> tuple[Any, Any]:
        context = await self._context(headers)
        if not context.actor.may("stock:write"):
            raise PermissionError
        given = sent["input"]
        payload = await _ADJUST(
            None,
            SimpleNamespace(context=context),
            StockAdjustInput(
                sku=given["sku"],
                location_id=given["locationId"],
                delta=given["delta"],
                reason=AdjustmentReason[given["reason"]],
                idempotency_key=given["idempotencyKey"],
            ),
        )
        if payload.stock_key is None:
            return payload, None
        key = (payload.stock_key[0], payload.stock_key[1])
        return payload, (await level_by_key(context, [key], None)).get(key)

    async def _add(self, sent: Any, headers: dict[str, str]) -> tuple[Any, Any, list[Any]]:
        context = await self._context(headers)
        given = sent["input"]
        payload = await _ADD(
            None,
            SimpleNamespace(context=context),
            CartLinesAddInput(
                cart_id=given["cartId"],
                lines=[CartLineInput(sku=line["sku"], quantity=line["quantity"]) for line in given["lines"]],
                idempotency_key=given["idempotencyKey"],
            ),
        )
        if payload.cart_id is None:
            return payload, None, []
        (cart,) = (await carts_by_id(context, [payload.cart_id], None)).values()
        return payload, cart, (await lines_by_cart(context, [cart["id"]], None)).get(cart["id"], [])

    async def _context(self, headers: dict[str, str]) -> Context:
        now = utc_now()
        actor: Actor = await identify(self._db, headers, now=now)
        return Context(db=self._db, config=CONFIG, actor=actor, now=now, language="ja", channel=CHANNEL)


def text_headers(headers: Any) -> dict[str, str]:
    """As our own server hands them on."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in headers.items()}


def _errors(payload: Any) -> list[dict[str, str]]:
    return [{"code": error.code.name, "message": error.message} for error in payload.user_errors]
