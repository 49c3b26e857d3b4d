"""One idempotency key is one intent: with another body, or for another operation, it is refused."""

from typing import Any

import pytest

from tests.scenarios import documents as ask
from tests.scenarios.client import Client
from tests.scenarios.ground import Ground

# What is not refused here changes the stock: the invariants of the shop have to hold.
pytestmark = pytest.mark.usefixtures("shop")


@pytest.mark.parametrize(
    ("document", "first", "second"),
    [
        (
            ask.CART_LINES_ADD,
            {"cartId": "<cart>", "lines": [{"sku": "<sku>", "quantity": 1}]},
            {"cartId": "<cart>", "lines": [{"sku": "<sku>", "quantity": 2}]},
        ),
        (
            ask.STOCK_RECEIVE,
            {"locationId": "<place>", "lines": [{"sku": "<sku>", "quantity": 1}]},
            {"locationId": "<store>", "lines": [{"sku": "<sku>", "quantity": 1}]},
        ),
        (
            ask.STOCK_ADJUST,
            {"locationId": "<place>", "sku": "<sku>", "delta": 1, "reason": "FOUND"},
            {"locationId": "<place>", "sku": "<sku>", "delta": 1, "reason": "COUNT"},
        ),
    ],
    ids=["cart", "receive", "adjust"],
)
async def test_a_key_with_another_body(
    laid_ground: Ground, staff: Client, document: str, first: dict[str, Any], second: dict[str, Any]
) -> None:
    key = {"idempotencyKey": f"key of {document[:60]}"}
    done = await staff.do(document, **laid_ground.filled(first), **key)
    again = await staff.do(document, **laid_ground.filled(first), **key)
    assert (done["replayed"], again["replayed"]) == (False, True)
    before = await laid_ground.traces()
    [error] = await staff.refused(document, **laid_ground.filled(second), **key)
    assert (error["code"], error["path"]) == ("IDEMPOTENCY_KEY_REUSED", ["input", "idempotencyKey"])
    assert await laid_ground.traces() == before


async def test_a_key_of_another_operation(laid_ground: Ground, staff: Client) -> None:
    received = {"locationId": "<place>", "lines": [{"sku": "<sku>", "quantity": 1}], "idempotencyKey": "one key"}
    await staff.do(ask.STOCK_RECEIVE, **laid_ground.filled(received))
    adjusted = {"locationId": "<place>", "sku": "<sku>", "delta": 1, "reason": "FOUND", "idempotencyKey": "one key"}
    before = await laid_ground.traces()
    [error] = await staff.refused(ask.STOCK_ADJUST, **laid_ground.filled(adjusted))
    assert error["code"] == "IDEMPOTENCY_KEY_REUSED"
    assert await laid_ground.traces() == before


async def test_a_refused_request_leaves_its_key_free(laid_ground: Ground, staff: Client) -> None:
    values = {"locationId": "<place>", "sku": "<sku>", "reason": "COUNT", "idempotencyKey": "tried twice"}
    [error] = await staff.refused(ask.STOCK_ADJUST, **laid_ground.filled(values), delta=-9_999)
    assert error["code"] == "INSUFFICIENT_STOCK"
    done = await staff.do(ask.STOCK_ADJUST, **laid_ground.filled(values), delta=1)
    assert done["replayed"] is False


@pytest.mark.parametrize("key", ["", "   ", "k" * 201])
async def test_a_key_that_is_none(laid_ground: Ground, staff: Client, key: str) -> None:
    values = {"locationId": "<place>", "sku": "<sku>", "delta": 1, "reason": "FOUND", "idempotencyKey": key}
    before = await laid_ground.traces()
    [error] = await staff.refused(ask.STOCK_ADJUST, **laid_ground.filled(values))
    assert (error["code"], error["path"]) == ("INVALID_INPUT", ["input", "idempotencyKey"])
    assert await laid_ground.traces() == before
