"""The card company's answer places the order or gives everything back, once."""

import asyncio
from uuid import UUID

import pytest

from app.checkout.actions.cancel_unpaid import cancel_unpaid
from app.checkout.actions.settle_payments import settle_payments
from app.inventory.errors import ReservationExpired
from app.kit.db import Database
from app.kit.errors import DomainError, NotFound, answer_of
from app.kit.ids import new_id
from app.orders.model import OrderStatus
from app.payments.model import AuthorizationResult
from tests.checkout.builders import CARD, TRACES, check_out, expire_holds, holds_of, make_shop, ready_cart, transfers_of
from tests.conftest import NOW
from tests.inventory.builders import counters
from tests.orders.builders import history_kinds, order_row, published, row_counts
from tests.payments.builders import payment_row

YES, NO = AuthorizationResult(reference="r-1"), AuthorizationResult(failure="card_declined")


async def settle(db: Database, order_id: UUID, result: AuthorizationResult) -> OrderStatus:
    """In a transaction of its own, as `complete_payment` does."""
    if not result.is_authorized:
        return await db.in_write(lambda tx: cancel_unpaid(tx, order_id, declined=result, actor="shopper", now=NOW))
    answers = await db.in_write(lambda tx: settle_payments(tx, {order_id: result}, actor="shopper", now=NOW))
    return answer_of(answers[order_id])


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


async def test_payments_that_came_too_late_do_not_disturb_those_in_time(db: Database) -> None:
    shop = await make_shop(db, {("A", "osaka"): 20})
    carts = [await ready_cart(db, shop, {"A": 2}, "shibuya") for _ in range(6)]
    late, *orders = [await check_out(db, cart_id, CARD) for cart_id in carts]
    assert await expire_holds(db) == [late, *orders]
    fresh = [await check_out(db, await ready_cart(db, shop, {"A": 2}, "shibuya"), CARD) for _ in range(2)]
    await db.in_write(lambda tx: cancel_unpaid(tx, orders[0], actor="system", now=NOW))
    unknown = new_id()
    results = dict.fromkeys((late, fresh[0], orders[0], unknown, fresh[1]), YES)

    async def settle_all() -> dict[UUID, OrderStatus | DomainError]:
        return await db.in_write(lambda tx: settle_payments(tx, results, actor="shopper", now=NOW))

    answers = await settle_all()
    assert [type(answers[key]) for key in (late, unknown)] == [ReservationExpired, NotFound]
    assert [answers[key] for key in (*fresh, orders[0])] == ["PLACED", "PLACED", "CANCELED"]
    assert await history_kinds(db, late) == ["CREATED"]
    assert await history_kinds(db, orders[0]) == ["CREATED", "CANCELED", "LATE_AUTHORIZATION"]
    assert [len(await transfers_of(db, order_id)) for order_id in (*fresh, late)] == [1, 1, 0]
    assert await counters(db) == {(shop.variants["A"], shop.places["osaka"]): (20, 0, 4, 0)}
    again = await settle_all()
    assert [again[key] for key in fresh] == ["PLACED", "PLACED"]
    assert await counters(db) == {(shop.variants["A"], shop.places["osaka"]): (20, 0, 4, 0)}
