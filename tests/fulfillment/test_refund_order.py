"""Money goes back by one mutation: a card's by its company, other money by who says so."""

from typing import Any
from uuid import UUID

import pytest

from app.fulfillment.actions.refund_order import refund_order
from app.kit.db import Database
from app.kit.ids import global_id, new_id
from app.kit.permissions import Actor, ActorKind
from app.payments.model import PROVIDERS, RefundReason, RefundResult
from tests.conftest import NOW, Execute
from tests.fulfillment.builders import home, planned_order
from tests.fulfillment.views import everything, history_of, order_states, ship_all
from tests.payments.builders import refunds_of
from tests.pump import pump

STAFF = Actor(kind=ActorKind.STAFF, reference="key:s", scopes=frozenset({"orders:write", "orders:read"}))
REFUND = """mutation ($input: OrderRefundInput!) { orderRefund(input: $input) {
  replayed userErrors { code path ... on RefundTooLargeError { refundableMinor } }
  order { paymentStatus payment { status refunded { amount }
    refunds { status reason note failure settledAt amount { amount currency } } } } } }"""


async def _charged(db: Database) -> UUID:
    """An order of 2,000 yen whose card was charged."""
    _, order_id = await planned_order(db, home)
    await ship_all(db, order_id)
    await pump(db)
    return order_id


def _input(order_id: UUID, amount: int, key: str = "k-1", **more: Any) -> dict[str, Any]:
    given = {"orderId": global_id("Order", order_id), "amountMinor": amount, "reason": "GOODS_RETURNED", **more}
    return {"input": {**given, "idempotencyKey": key}}


async def test_a_card_is_given_back_once_by_its_company(
    db: Database, execute: Execute, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id = await _charged(db)
    asked: list[tuple[UUID, str, int]] = []

    class Company:
        async def refund(self, key: UUID, reference: str, amount_minor: int) -> RefundResult:
            asked.append((key, reference, amount_minor))
            return RefundResult(reference="r-1")

    for name in PROVIDERS:
        monkeypatch.setitem(PROVIDERS, name, Company())
    for replayed in (False, True):
        payload = (await execute(REFUND, _input(order_id, 1500, note="torn"), actor=STAFF))["orderRefund"]
        assert (payload["userErrors"], payload["replayed"]) == ([], replayed)
        assert payload["order"]["payment"]["refunded"] == {"amount": 1500}
        assert [one["status"] for one in payload["order"]["payment"]["refunds"]] == ["PENDING"]
    await pump(db)
    [refund] = await refunds_of(db, order_id)
    assert asked == [(refund["id"], "auth-1", 1500)]
    assert (refund["status"], refund["provider_reference"]) == ("DONE", "r-1")
    assert (await history_of(db, order_id))[-2:] == ["REFUND_STARTED", "REFUND_DONE"]
    payload = (await execute(REFUND, _input(order_id, 501, "k-2"), actor=STAFF))["orderRefund"]
    path = ["input", "amountMinor"]
    assert payload["userErrors"] == [{"code": "REFUND_TOO_LARGE", "path": path, "refundableMinor": 500}]
    payload = (await execute(REFUND, _input(order_id, 500, "k-2"), actor=STAFF))["orderRefund"]
    assert payload["userErrors"] == []
    await pump(db)
    assert (await order_states(db, order_id))[1] == "REFUNDED"
    assert [amount for _, _, amount in asked] == [1500, 500]
    answer = (await execute(REFUND, _input(order_id, 1, "k-3"), actor=STAFF))["orderRefund"]
    assert [error["code"] for error in answer["userErrors"]] == ["INVALID_TRANSITION"]


async def test_other_money_is_written_down(db: Database, execute: Execute) -> None:
    _, order_id = await planned_order(db, home, payment="EXTERNAL")
    payload = (await execute(REFUND, _input(order_id, 2000), actor=STAFF))["orderRefund"]
    assert payload["order"] == {
        "paymentStatus": "REFUNDED",
        "payment": {
            "status": "REFUNDED",
            "refunded": {"amount": 2000},
            "refunds": [
                {
                    "status": "DONE", "reason": "GOODS_RETURNED", "note": None, "failure": None,
                    "settledAt": payload["order"]["payment"]["refunds"][0]["settledAt"],
                    "amount": {"amount": 2000, "currency": "JPY"},
                }
            ],
        },
    }  # fmt: skip
    assert (await history_of(db, order_id))[-2:] == ["REFUND_DONE", "PAYMENT_CHANGED"]


@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        ({"amountMinor": 0}, "INVALID_INPUT", ["input", "amountMinor"]),
        ({"note": "x" * 201}, "INVALID_INPUT", ["input", "note"]),
        ({"note": "a\u0000b"}, "INVALID_INPUT", ["input", "note"]),
        ({"orderId": "nonsense"}, "NOT_FOUND", ["input", "orderId"]),
        ({"orderId": global_id("Order", new_id())}, "NOT_FOUND", ["input", "orderId"]),
    ],
)
async def test_what_cannot_be(
    db: Database, execute: Execute, change: dict[str, Any], code: str, path: list[str]
) -> None:
    order_id = await _charged(db)
    before = await everything(db)
    given = _input(order_id, 10)["input"] | change
    payload = (await execute(REFUND, {"input": given}, actor=STAFF))["orderRefund"]
    assert [(error["code"], error["path"]) for error in payload["userErrors"]] == [(code, path)]
    assert await everything(db) == before
    assert await refunds_of(db, order_id) == []


async def test_buyers_do_not_pay_themselves(db: Database, execute: Execute) -> None:
    order_id = await _charged(db)
    answer = await execute.raw(REFUND, _input(order_id, 10))
    assert answer.errors is not None
    assert await refunds_of(db, order_id) == []


async def test_an_order_without_a_payment_that_was_taken(db: Database) -> None:
    _, order_id = await planned_order(db, home)
    with pytest.raises(Exception, match="AUTHORIZED"):
        await db.in_write(lambda tx: refund_order(tx, order_id, 1, reason=RefundReason.OTHER, actor="key:s", now=NOW))
