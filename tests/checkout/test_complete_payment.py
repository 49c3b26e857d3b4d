"""Asking the card company: once or many times, before and after crashes, in time and too late."""

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from app.checkout import jobs
from app.checkout.actions.complete_payment import PaymentOutcome, complete_payment
from app.kit.db import Database
from app.kit.ids import new_id
from app.payments import model as payments
from app.payments.errors import ProviderUnreachable
from app.payments.model import AuthorizationRequest, AuthorizationResult
from tests.checkout.builders import AT_PICKUP, CARD, TRACES, check_out, expire_holds, holds_of, make_shop, ready_cart
from tests.conftest import NOW
from tests.inventory.builders import counters
from tests.orders.builders import history_kinds, order_row, row_counts
from tests.payments.builders import payment_row
from tests.pump import pump


class Bank:
    """A card company that remembers what it was asked, as real ones do: one answer per key."""

    def __init__(self) -> None:
        self.authorized: list[UUID] = []
        self.voided: list[UUID] = []
        self.is_reachable = True
        self.declines = False
        self.hangs = False

    async def authorize(self, request: AuthorizationRequest) -> AuthorizationResult:
        """The same key gets the same answer."""
        if self.hangs:
            await asyncio.Event().wait()
        if not self.is_reachable:
            raise ProviderUnreachable
        if self.declines:
            return AuthorizationResult(failure="card_declined")
        self.authorized.append(request.key)
        return AuthorizationResult(reference=f"bank-{request.key}")

    async def capture(self, key: UUID, reference: str, amount_minor: int) -> None:
        """Not asked for here."""

    async def void(self, key: UUID) -> None:
        """Whatever was set aside."""
        self.voided.append(key)


@pytest.fixture
def bank(monkeypatch: pytest.MonkeyPatch) -> Bank:
    bank = Bank()
    monkeypatch.setitem(payments.PROVIDERS, payments.CARD_PROVIDER, bank)
    return bank


async def pending_order(db: Database, units: int = 2) -> UUID:
    shop = await make_shop(db, {("A", "osaka"): units})
    return await check_out(db, await ready_cart(db, shop, {"A": 2}, "osaka"), CARD)


async def complete(db: Database, order_id: UUID) -> PaymentOutcome:
    return await complete_payment(db, order_id, actor="shopper", now=NOW)


async def test_a_yes_places_the_order(db: Database, bank: Bank) -> None:
    order_id = await pending_order(db)
    assert await complete(db, order_id) is PaymentOutcome.SETTLED
    assert (await order_row(db, order_id))["status"] == "PLACED"
    key = (await payment_row(db, order_id))["id"]
    assert await complete(db, order_id) is PaymentOutcome.SETTLED
    assert bank.authorized == [key]


async def test_a_no_is_the_same_however_often_it_is_asked(db: Database, bank: Bank) -> None:
    bank.declines = True
    order_id = await pending_order(db)
    assert await complete(db, order_id) is PaymentOutcome.DECLINED
    before = await row_counts(db, *TRACES)
    assert await complete(db, order_id) is PaymentOutcome.DECLINED
    assert await row_counts(db, *TRACES) == before
    assert (await order_row(db, order_id))["status"] == "CANCELED"


async def test_a_company_that_hangs_is_asked_again_later(
    db: Database, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.checkout.actions.complete_payment.PROVIDER_TIMEOUT_S", 0.01)
    bank.hangs = True
    order_id = await pending_order(db)
    assert await complete(db, order_id) is PaymentOutcome.WAITING
    assert (await order_row(db, order_id))["status"] == "PENDING_PAYMENT"
    bank.hangs = False
    assert await complete(db, order_id) is PaymentOutcome.SETTLED
    assert (await order_row(db, order_id))["status"] == "PLACED"


async def test_many_who_ask_at_once_place_it_once_under_one_key(db: Database, bank: Bank) -> None:
    order_id = await pending_order(db)
    outcomes = await asyncio.gather(*(complete(db, order_id) for _ in range(10)))
    assert set(outcomes) == {PaymentOutcome.SETTLED}
    assert len(set(bank.authorized)) == 1
    assert await history_kinds(db, order_id) == ["CREATED", "PLACED"]


async def test_a_job_asks_again_when_nobody_else_came_back(db: Database, bank: Bank) -> None:
    bank.is_reachable = False
    order_id = await pending_order(db)
    assert await complete(db, order_id) is PaymentOutcome.WAITING
    assert (await order_row(db, order_id))["status"] == "PENDING_PAYMENT"
    bank.is_reachable = True
    assert await jobs.complete_payments(db, now=NOW + timedelta(seconds=59)) == 0
    assert await jobs.complete_payments(db, now=NOW + timedelta(seconds=61)) == 1
    assert (await order_row(db, order_id))["status"] == "PLACED"
    assert await jobs.complete_payments(db, now=NOW + timedelta(hours=1)) == 0


async def test_an_order_whose_reservation_ended_is_given_up_and_its_money_too(db: Database, bank: Bank) -> None:
    bank.is_reachable = False
    order_id = await pending_order(db)
    assert await complete(db, order_id) is PaymentOutcome.WAITING
    assert await expire_holds(db) == [order_id]
    await pump(db, now=NOW)
    order, payment = await order_row(db, order_id), await payment_row(db, order_id)
    assert (order["status"], order["payment_status"], payment["status"]) == ("CANCELED", "VOIDED", "VOIDED")
    assert bank.voided == [payment["id"]]
    assert await complete(db, order_id) is PaymentOutcome.TOO_LATE


async def test_a_yes_that_comes_after_the_reservation_ended_is_voided(
    db: Database, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id = await pending_order(db)
    answer = bank.authorize

    async def slowly(request: AuthorizationRequest) -> AuthorizationResult:
        assert await expire_holds(db) == [order_id]
        return await answer(request)

    monkeypatch.setattr(bank, "authorize", slowly)
    assert await complete(db, order_id) is PaymentOutcome.TOO_LATE
    assert (await order_row(db, order_id))["status"] == "CANCELED"
    await pump(db, now=NOW)
    assert bank.voided
    assert set(bank.voided) == set(bank.authorized) == {(await payment_row(db, order_id))["id"]}


async def test_a_yes_that_comes_after_the_order_was_given_up_is_voided_again(
    db: Database, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    order_id = await pending_order(db)
    answer = bank.authorize

    async def very_slowly(request: AuthorizationRequest) -> AuthorizationResult:
        await expire_holds(db)
        await pump(db, now=NOW)
        assert bank.voided == [request.key]
        return await answer(request)

    monkeypatch.setattr(bank, "authorize", very_slowly)
    assert await complete(db, order_id) is PaymentOutcome.TOO_LATE
    await pump(db, now=NOW)
    assert len(bank.voided) == 2
    assert await history_kinds(db, order_id) == ["CREATED", "CANCELED", "LATE_AUTHORIZATION"]


async def test_payment_and_expiry_never_both_win(db: Database, bank: Bank) -> None:
    shop = await make_shop(db, {("A", "osaka"): 12})
    carts = [await ready_cart(db, shop, {"A": 2}, "osaka") for _ in range(6)]
    orders = [await check_out(db, cart_id, CARD) for cart_id in carts]
    outcomes = await asyncio.gather(
        expire_holds(db), *(complete(db, order_id) for order_id in orders), expire_holds(db)
    )
    await pump(db, now=NOW)
    rows = [await order_row(db, order_id) for order_id in orders]
    placed = [row["id"] for row in rows if row["status"] == "PLACED"]
    assert len(placed) + sum(row["status"] == "CANCELED" for row in rows) == 6
    assert sum(outcome is PaymentOutcome.SETTLED for outcome in outcomes) == len(placed)
    for row in rows:
        assert bool(await holds_of(db, row["id"])) is (row["id"] in placed)
    key = (shop.variants["A"], shop.places["osaka"])
    assert await counters(db) == {key: (12, 0, 2 * len(placed), 0)}


async def test_one_failing_payment_does_not_keep_the_others_waiting(
    db: Database, bank: Bank, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = await make_shop(db, {("A", "osaka"): 2})
    carts = [await ready_cart(db, shop, {"A": 1}, "osaka") for _ in range(2)]
    first, second = [await check_out(db, cart_id, CARD) for cart_id in carts]
    key = (await payment_row(db, first))["id"]
    answer = bank.authorize

    async def fails_once(request: AuthorizationRequest) -> AuthorizationResult:
        if request.key == key:
            message = "A bug of the bank's client."
            raise RuntimeError(message)
        return await answer(request)

    monkeypatch.setattr(bank, "authorize", fails_once)
    with pytest.raises(ExceptionGroup) as failure:
        await jobs.complete_payments(db, now=NOW + timedelta(minutes=2))
    assert [str(error) for error in failure.value.exceptions] == ["A bug of the bank's client."]
    assert (await order_row(db, first))["status"] == "PENDING_PAYMENT"
    assert (await order_row(db, second))["status"] == "PLACED"


async def test_what_needs_no_provider_is_settled(db: Database, bank: Bank) -> None:
    shop = await make_shop(db, {("A", "osaka"): 2})
    order_id = await check_out(db, await ready_cart(db, shop, {"A": 2}, "osaka"), AT_PICKUP)
    assert await complete(db, order_id) is PaymentOutcome.SETTLED
    assert await complete(db, new_id()) is PaymentOutcome.SETTLED
    assert bank.authorized == []
