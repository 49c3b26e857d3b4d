"""The card company's answer places the order or gives everything back, once."""

import asyncio
from uuid import UUID

import pytest

from app.checkout.actions.cancel_unpaid import cancel_unpaid
from app.checkout.actions.settle_payment import settle_payment
from app.inventory.errors import ReservationExpired
from app.kit.db import Database
from app.orders.model import OrderStatus
from app.payments.model import AuthorizationResult
from tests.checkout.builders import CARD, TRACES, check_out, expire_holds, holds_of, make_shop, ready_cart, transfers_of
from tests.conftest import NOW
from tests.inventory.builders import counters
from tests.orders.builders import history_kinds, order_row, published, row_counts
from tests.payments.builders import payment_row

YES, NO = AuthorizationResult(reference="r-1"), AuthorizationResult(failure="card_declined")


async def settle(db: Database, order_id: UUID, result: AuthorizationResult) -> OrderStatus:
    """In a transaction of its own."""
    return await db.in_write(lambda tx: settle_payment(tx, order_id, result, actor="shopper", now=NOW))


async def test_a_yes_allocates_and_places(db: Database) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 3})
    order_id = await check_out(db, await ready_cart(db, shop, {"A": 2}), CARD)
    assert await settle(db, order_id, YES) is OrderStatus.PLACED
    warehouse = shop.places["warehouse"]
    assert await holds_of(db, order_id) == [(1, warehouse, 2, "A")]
    assert await counters(db) == {(shop.variants["A"], warehouse): (3, 0, 2, 0)}
    order, payment = await order_row(db, order_id), await payment_row(db, order_id)
    assert (order["status"], order["payment_status"]) == ("PLACED", "AUTHORIZED")
    assert (payment["status"], payment["provider_reference"], payment["token"]) == ("AUTHORIZED", "r-1", None)
    assert await history_kinds(db, order_id) == ["CREATED", "PLACED"]
    assert len(await published(db, "order_placed")) == 1


async def test_the_transfer_is_raised_with_the_allocation(db: Database) -> None:
    shop = await make_shop(db, {("A", "osaka"): 3})
    order_id = await check_out(db, await ready_cart(db, shop, {"A": 2}, "shibuya"), CARD)
    assert await transfers_of(db, order_id) == []
    await settle(db, order_id, YES)
    assert await transfers_of(db, order_id) == [
        (shop.places["osaka"], shop.places["shibuya"], [(1, shop.variants["A"], 2)])
    ]


async def test_a_no_cancels_and_gives_the_units_back(db: Database) -> None:
    shop = await make_shop(db, {("A", "osaka"): 3})
    order_id = await check_out(db, await ready_cart(db, shop, {"A": 2}, "shibuya"), CARD)
    assert await settle(db, order_id, NO) is OrderStatus.CANCELED
    assert await holds_of(db, order_id) == []
    assert await counters(db) == {(shop.variants["A"], shop.places["osaka"]): (3, 0, 0, 0)}
    order, payment = await order_row(db, order_id), await payment_row(db, order_id)
    assert (order["status"], order["payment_status"], order["fulfillment_status"]) == ("CANCELED", "FAILED", "CANCELED")
    assert (payment["status"], payment["failure"]) == ("FAILED", "card_declined")
    assert await transfers_of(db, order_id) == []
    assert await published(db, "order_placed") == []


@pytest.mark.parametrize("result", [YES, NO])
async def test_answers_that_come_many_times_at_once_settle_once(db: Database, result: AuthorizationResult) -> None:
    shop = await make_shop(db, {("A", "osaka"): 2})
    order_id = await check_out(db, await ready_cart(db, shop, {"A": 2}, "shibuya"), CARD)
    outcomes = await asyncio.gather(*(settle(db, order_id, result) for _ in range(8)))
    assert set(outcomes) == {OrderStatus.PLACED if result is YES else OrderStatus.CANCELED}
    assert await row_counts(db, "transfers") == {"transfers": 1 if result is YES else 0}


async def test_a_yes_after_the_reservation_ended_keeps_nothing(db: Database) -> None:
    shop = await make_shop(db, {("A", "osaka"): 2})
    order_id = await check_out(db, await ready_cart(db, shop, {"A": 2}, "osaka"), CARD)
    assert await expire_holds(db) == [order_id]
    before = await row_counts(db, *TRACES)
    with pytest.raises(ReservationExpired):
        await settle(db, order_id, YES)
    assert await row_counts(db, *TRACES) == before
    assert (await order_row(db, order_id))["status"] == "PENDING_PAYMENT"


async def test_a_yes_after_the_order_was_given_up_is_told_so_that_the_provider_voids_again(db: Database) -> None:
    shop = await make_shop(db, {("A", "osaka"): 2})
    order_id = await check_out(db, await ready_cart(db, shop, {"A": 2}, "osaka"), CARD)
    await db.in_write(lambda tx: cancel_unpaid(tx, order_id, actor="system", now=NOW))
    assert await settle(db, order_id, YES) is OrderStatus.CANCELED
    assert await history_kinds(db, order_id) == ["CREATED", "CANCELED", "LATE_AUTHORIZATION"]
    [*_, (_, last)] = await published(db, "order")
    assert (last["status"], last["payment_status"], last["version"]) == ("CANCELED", "VOIDED", 3)
    assert (await payment_row(db, order_id))["status"] == "VOIDED"
