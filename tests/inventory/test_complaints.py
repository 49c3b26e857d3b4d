"""What users of other systems complain about in their stock, and the tests that keep it from happening here.

C-1   two buyers, one unit, both succeed
      tests/inventory/test_hold_stock.py::test_racing_takers_never_get_more_than_there_is
      tests/scenarios/test_race.py::test_one_unit_and_a_hundred_buyers_make_one_order
      tests/inventory/test_break_promises.py::test_shrinkage_while_buyers_come_and_parcels_leave
C-2   a deadlock is not recognised, or retried within the aborted transaction
      tests/kit/test_db.py::test_two_transactions_in_each_others_way_both_succeed
      tests/kit/test_db.py::test_what_is_worth_a_retry
C-3   allocations count as zero as soon as reservations are switched on
      tests/inventory/test_complaints.py::test_c3_promises_never_exceed_the_stock_with_and_without_reservations
      tests/inventory/test_random_walk.py::test_every_step_keeps_the_invariants
C-4   lines of one item are each checked against the same undiminished number
      tests/inventory/test_selling_holds.py::test_c4_a_batch_sums_what_bundles_and_single_sales_take_of_one_component
      tests/inventory/test_import_stock_rows.py::test_c_4_rows_of_one_key_see_what_earlier_rows_have_left
      tests/checkout/test_import_releases.py::test_c_1_c_4_rows_release_beside_buyers_who_take_the_other_places_units
C-5   the check is in the caller, and whoever calls the service itself passes it by
      tests/inventory/test_ledger.py::test_history_and_counters_cannot_be_written_by_hand
      tests/inventory/test_ledger.py::test_a_movement_that_breaks_a_promise_is_refused
      tests/inventory/test_set_selling_rule.py::test_the_database_refuses_to_sell_past_the_limit_whoever_asks
C-6   the reserved counter becomes negative and stays it
      tests/inventory/test_ledger.py::test_a_movement_that_breaks_a_promise_is_refused
      tests/inventory/test_complaints.py::test_c6_what_was_released_twice_is_not_below_zero
      tests/inventory/test_drift_api.py::test_a_repair_is_done_once_and_told_in_the_timeline
C-7   the sellable number and the real one drift apart, and nobody can tell why
      tests/inventory/test_stock_history.py::test_c7_why_is_this_number_30
      tests/inventory/test_stock_history.py::test_the_timeline_leads_to_what_caused_each_row
      tests/inventory/test_complaints.py::test_c7_a_variant_with_another_sku_keeps_units_promises_and_history
      tests/api/test_metrics.py::test_drift_rings
      tests/inventory/test_random_walk.py::test_every_step_keeps_the_invariants
C-8   deadlocks under a hundred buyers
      tests/inventory/test_hold_stock.py::test_orders_that_cross_each_other_never_deadlock
      tests/inventory/test_correct_stock.py::test_corrections_of_the_same_rows_in_other_orders_do_not_deadlock
      tests/chaos/test_chaos.py::test_whatever_breaks_every_word_is_kept
      tests/inventory/test_complaints.py::test_c8_a_database_error_is_told_as_one_that_may_be_tried_again
C-9   availability is right some seconds after the order
      tests/inventory/test_complaints.py::test_c9_whoever_reads_after_the_answer_reads_what_is_left
C-10  an expired payment that is rolled back twice gives units back twice
      tests/inventory/test_reservation_mutations.py::test_releasing_is_harmless_to_repeat_and_returns_stock_once
      tests/checkout/test_cancel_unpaid.py::test_units_payment_and_order_are_given_up_together_once
C-11  a lock on the hot product is the speed of all sales
      tests/inventory/test_hold_groups.py::test_many_share_a_commit_and_no_unit_is_promised_twice
      tests/bench/test_inventory.py::test_the_command_runs
C-12  carts hold nothing, and channels sell what another has sold
      tests/inventory/test_adoptions.py::test_the_last_unit_is_its_carts_and_nobody_elses
      tests/checkout/test_reserved_carts.py::test_the_order_takes_over_the_carts_units_though_nothing_else_is_left
      tests/inventory/test_set_channel_share.py::test_a_channel_leaves_its_share_for_others_by_category_and_by_variant
C-13  a reservation ends between the payment and the order
      tests/checkout/test_complete_payment.py::test_payment_and_expiry_never_both_win
      tests/checkout/test_reserved_carts.py::test_c13_checkout_and_expiry_at_the_same_instant_never_both_win
      tests/inventory/test_allocate_reserved.py::test_allocation_and_expiry_race_and_one_of_them_wins_all_lines
C-14  who has paid hears that it is sold out, and the money is kept
      tests/checkout/test_complete_payment.py::test_a_yes_that_comes_after_the_reservation_ended_is_voided
      tests/checkout/test_paying_again.py::test_a_cart_whose_reservation_expired_is_open_and_can_be_paid
C-15  not enough stock, although the checkout showed some
      tests/inventory/test_selling_mutations.py::test_c15_what_is_shown_is_granted_when_asked_alone
      tests/inventory/test_promises.py::test_safety_stock_is_filled_before_anything_is_promised
      tests/inventory/test_promised.py::test_promises_obey_the_rules_and_todays_are_what_can_be_bought_now
"""

import asyncio
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import asyncpg
import pytest

from app.api.masking import public_error
from app.inventory.actions.expire_reservations import expire_reservations
from app.inventory.actions.release_holds import release_holds
from app.inventory.actions.release_reservation import release_reservation
from app.inventory.model import HoldRequest
from app.kit.db import Database
from tests.conftest import NOW, ROOT, keyed
from tests.inventory.builders import counters, hold, stocked, wish
from tests.inventory.purchases import deliver, ordered
from tests.inventory.reservations import CREATE, make, wanted
from tests.inventory.shop import STAFF

_TIMELINE = "query ($sku: String!) { stockMovements(sku: $sku, first: 9) { nodes { kind } } }"
_LEVELS = "query ($sku: String!) { stockLevels(skus: [$sku], first: 9) { nodes { onHand variant { sku } } } }"
_LEFT = "query ($sku: String!) { variant(sku: $sku) { availability { available } } }"


@pytest.mark.parametrize("number", range(1, 16))
def test_every_complaint_has_tests_that_are_there(number: int) -> None:
    [part] = re.findall(rf"^C-{number} .*\n((?: +tests/\S+\n)+)", __doc__ or "", re.MULTILINE)
    for line in part.split():
        path, _, name = line.partition("::")
        assert f"def {name}(" in (ROOT / path).read_text(), line


@pytest.mark.parametrize("with_reservations", [False, True])
async def test_c3_promises_never_exceed_the_stock_with_and_without_reservations(
    db: Database, *, with_reservations: bool
) -> None:
    """Thirty orders for twelve units, some of them from carts that had reserved before."""
    shirt, stores = await stocked(db, 7, 5)
    carts = [wish(shirt, 1, *stores, expires_at=NOW + timedelta(hours=1)) for _ in range(8 * with_reservations)]
    for cart in carts:
        await hold(db, cart)
    orders = [wish(shirt, 1, *stores) for _ in range(30)]

    async def buy(order: HoldRequest, cart: HoldRequest | None) -> bool:
        [verdict] = await hold(db, order if cart is None else replace(order, adopts=cart.owner_id))
        return bool(verdict.claims)

    pairs = [(order, carts[number] if number < len(carts) else None) for number, order in enumerate(orders)]
    got = await asyncio.gather(*(buy(order, cart) for order, cart in reversed(pairs)))
    assert sum(got) == 12
    assert sum(got[len(got) - len(carts) :]) == len(carts)
    assert await counters(db) == {(shirt, stores[0]): (7, 0, 7, 0), (shirt, stores[1]): (5, 0, 5, 0)}


async def test_c6_what_was_released_twice_is_not_below_zero(db: Database) -> None:
    """By everybody who can release, at once."""
    shirt, [store] = await stocked(db, 5)
    cart = wish(shirt, 3, store, expires_at=NOW)
    await hold(db, cart)
    ways: list[Any] = [
        lambda tx: release_holds(tx, cart.owner_id, actor="test"),
        lambda tx: release_reservation(tx, cart.owner_id, actor="test"),
        lambda tx: expire_reservations(tx, now=NOW),
    ]
    ended = await asyncio.gather(*(db.in_write(way) for way in ways * 3))
    assert sum(map(bool, ended)) == 1
    assert await counters(db) == {(shirt, store): (5, 0, 0, 0)}


async def test_c9_whoever_reads_after_the_answer_reads_what_is_left(db: Database, execute: Any) -> None:
    """No worker, no cache and no stream stands between: what was just promised is not shown any more."""
    shop = await make(db, umeda=5)
    for left in (3, 1):
        [made] = (await execute(CREATE, keyed(wanted(shop, ("SHIRT", 2))), actor=STAFF)).values()
        assert made["userErrors"] == []
        shown = (await execute(_LEFT, {"sku": "SHIRT"}))["variant"]["availability"]["available"]
        assert shown == left


async def test_c7_a_variant_with_another_sku_keeps_units_promises_and_history(db: Database, execute: Any) -> None:
    """What is held, bought and told knows the variant, not what it is called."""
    shop = await make(db, umeda=5)
    shirt, umeda = shop.variants["SHIRT"], shop.places["umeda"]
    order = wish(shirt, 2, umeda)
    await hold(db, order)
    bought = await ordered(db, umeda, (shirt, 4))
    async with db.write() as tx:
        await tx.connection.execute("UPDATE variants SET sku = 'BLOUSE' WHERE id = $1", shirt)
    await deliver(db, bought)
    async with db.write() as tx:
        assert len(await release_holds(tx, order.owner_id, actor="test")) == 1
    assert await counters(db) == {(shirt, umeda): (9, 0, 0, 0)}
    told = (await execute(_TIMELINE, {"sku": "BLOUSE"}, actor=STAFF))["stockMovements"]["nodes"]
    assert [one["kind"] for one in told] == ["ALLOCATION_RELEASED", "RECEIVED", "ALLOCATED", "RECEIVED"]
    [level] = (await execute(_LEVELS, {"sku": "BLOUSE"}, actor=STAFF))["stockLevels"]["nodes"]
    assert level == {"onHand": 9, "variant": {"sku": "BLOUSE"}}


@pytest.mark.parametrize(
    "trouble", [asyncpg.DeadlockDetectedError, asyncpg.SerializationError, asyncpg.LockNotAvailableError]
)
async def test_c8_a_database_error_is_told_as_one_that_may_be_tried_again(
    db: Database, execute: Any, monkeypatch: pytest.MonkeyPatch, trouble: type[Exception]
) -> None:
    """When trying again on our side did not help: with a code, without words of the database, and nothing is kept."""
    shop = await make(db, umeda=5)
    tries = 0

    async def stuck(*_: Any, **__: Any) -> None:
        nonlocal tries
        tries += 1
        message = "process 17 waits for ShareLock"
        raise trouble(message)

    monkeypatch.setattr("app.inventory.graphql.mutations.receive_stock", stuck)
    document = "mutation ($input: StockReceiveInput!) { stockReceive(input: $input) { userErrors { code } } }"
    lines = [{"sku": "SHIRT", "quantity": 1}]
    values = keyed({"locationId": shop.place("umeda"), "lines": lines, "idempotencyKey": "k"})
    result = await execute.raw(document, values, actor=STAFF)
    [error] = [public_error(one) for one in result.errors]
    assert (error.extensions["code"], error.extensions["retryable"]) == ("SERVICE_UNAVAILABLE", True)
    assert "ShareLock" not in error.message
    assert tries > 1
    monkeypatch.undo()
    assert (await execute(document, values, actor=STAFF))["stockReceive"] == {"userErrors": []}
    assert await counters(db) == {(shop.variants["SHIRT"], shop.places["umeda"]): (6, 0, 0, 0)}
