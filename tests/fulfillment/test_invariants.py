"""Each invariant objects when what it forbids is written past the actions."""

from contextlib import suppress

import pytest

from app.fulfillment.invariants import INVARIANTS
from app.fulfillment.jobs import promise_broken
from app.inventory.model.corrections import Correction, PromisePolicy
from app.kit.db import Database
from app.kit.queue import Hearing, dispatch
from tests.conftest import NOW, WITHOUT_TRIGGERS
from tests.fulfillment.builders import home, konbini_pickup, planned_order, store_pickup
from tests.inventory.builders import corrected
from tests.kit.feed_tools import until
from tests.pump import pump

_SLOT = (
    "INSERT INTO pickup_slot_bookings (delivery_id, order_id, begins, ends, state, location_id)"
    " SELECT delivery_id, order_id, now(), now(), 'BOOKED'"
)
# Claim -> what breaks it, in a shop with an open home delivery, pickup at a store and pickup at a partner's point.
SABOTAGE = {
    "units of an open fulfillment are claimed by its order": "DELETE FROM holds WHERE line_no = 1",
    "a slot is kept for goods that somebody will collect at its store": f"{_SLOT}, 1 FROM pickups",
    "preparations are due when their slots begin": f"{_SLOT}, location_id FROM pickups WHERE partner_id IS NULL",
    "a line with a bundle claims whole bundles at each place": (
        "INSERT INTO order_line_components (order_id, line_no, variant_id, quantity)"
        " SELECT owner_id, line_no, variant_id, quantity + 1 FROM holds WHERE line_no = 1"
    ),
    "nothing of a shipped, collected or canceled fulfillment is still claimed": (
        "UPDATE fulfillments SET status = 'SHIPPED'"
    ),
    "fulfillments stay within their order's lines": "UPDATE fulfillment_lines SET quantity = 99 WHERE line_no = 1",
    "a fulfillment has lines": "DELETE FROM fulfillment_lines WHERE line_no = 1",
    "a parcel has left if and only if its fulfillment says so": "UPDATE fulfillments SET status = 'SHIPPED'",
    "a shipment has parcels, numbered from 1": (
        "INSERT INTO shipments (id, fulfillment_id, order_id, shipped_at)"
        " SELECT id, id, order_id, now() FROM fulfillments WHERE kind = 'SHIP'"
    ),
    "what is told of parcels has come of them": (
        "INSERT INTO packages (id, shipment_id, number, carrier, tracking_number, status)"
        " SELECT id, id, 1, 'x', CAST(id AS text), 'LOST' FROM fulfillments"
    ),
    "completed fulfillments, and only they, have a time of completion": (
        "UPDATE fulfillments SET status = 'COMPLETED'"
    ),
    "units of shipped home deliveries and of collected pickups count as fulfilled": (
        "UPDATE fulfillments SET status = 'SHIPPED' WHERE kind = 'SHIP'"
    ),
    "collected pickups, and only they, belong to completed fulfillments": (
        "UPDATE pickups SET status = 'COLLECTED', collected_at = now()"
    ),
    "a pickup is canceled with its order, expired goods of an own store are given up": (
        "UPDATE pickups SET status = 'EXPIRED' WHERE partner_id IS NULL"
    ),
    "parcels of a pickup on its way have left": (
        "UPDATE pickups SET status = 'IN_TRANSIT_TO_POINT' WHERE partner_id IS NOT NULL"
    ),
    "pickups have the times of their states": "UPDATE pickups SET status = 'READY'",
    "what is reported of goods at a point has come of them": (
        "UPDATE pickups SET status = 'COLLECTED', collected_at = now() WHERE partner_id IS NOT NULL"
    ),
    "at the counter as much was paid as was handed over": (
        "UPDATE payments SET method = 'PAY_AT_PICKUP', captured_minor = 1"
    ),
    "a pickup is locked after five wrong codes and not before": "UPDATE pickups SET failed_attempts = 5",
    "finished fulfillments ask for no more work, open ones for some": (
        "UPDATE work_instructions SET status = 'CANCELED' WHERE kind = 'PREPARE_PICKUP'"
    ),
    "what is to be prepared for a pickup is being prepared": "UPDATE pickups SET status = 'REQUESTED'",
    "goods are shipped only after they were picked and packed": (
        "UPDATE work_instructions SET status = 'OPEN' WHERE kind = 'SHIP'"
    ),
    "goods that were picked and packed can be shipped": (
        "UPDATE work_instructions SET status = 'DONE', completed_at = now() WHERE kind = 'PICK'"
    ),
    "unfinished work is in open pick lists at its location": (
        "WITH list AS (INSERT INTO pick_lists (id, number, location_id, status, created_at, created_by)"
        " SELECT gen_random_uuid(), 'PL-1', location_id, 'CANCELED', now(), 'x' FROM work_instructions LIMIT 1"
        " RETURNING id) UPDATE work_instructions SET pick_list_id = list.id FROM list WHERE kind = 'PICK'"
    ),
    "a canceled order has no open fulfillment, a completed one neither": "UPDATE orders SET status = 'CANCELED'",
    "nobody works for a pickup that is over": (
        "INSERT INTO work_instructions (id, kind, location_id, status, order_id, pickup_id, created_at)"
        " SELECT id, 'LOCKER_DROP_OFF', location_id, 'OPEN', order_id, id, now() FROM pickups;"
        " UPDATE pickups SET status = 'CANCELED' WHERE partner_id IS NOT NULL"
    ),
    "work is about its order": "UPDATE work_instructions SET order_id = NULL",
}


class _Enough(Exception):
    pass


def test_every_invariant_is_broken_once() -> None:
    assert set(SABOTAGE) == set(INVARIANTS)


@pytest.mark.parametrize("claim", sorted(SABOTAGE))
async def test_an_invariant_objects(db: Database, claim: str) -> None:
    await planned_order(db, home, store_pickup, konbini_pickup)
    with suppress(_Enough):
        async with db.write() as tx:
            assert await tx.connection.fetch(INVARIANTS[claim]) == []
            await tx.connection.execute(f"{WITHOUT_TRIGGERS}; {SABOTAGE[claim]}")
            assert await tx.connection.fetch(INVARIANTS[claim]) != []
            raise _Enough


CLAIMED = "units of an open fulfillment are claimed by its order"


async def objections(db: Database, sabotage: str = "") -> int:
    """How many rows contradict the claim, if somebody does this."""
    found = -1
    with suppress(_Enough):
        async with db.write() as tx:
            await tx.connection.execute(f"{WITHOUT_TRIGGERS}; {sabotage}")
            found = len(await tx.connection.fetch(INVARIANTS[CLAIMED]))
            raise _Enough
    return found


async def shrunk(db: Database) -> None:
    """Of two units one is left; nobody has heard of it."""
    shop, _ = await planned_order(db, home)
    missing = Correction(shop.variants[0], shop.warehouse, quantity=1)
    await corrected(db, missing, policy=PromisePolicy.BREAK_YOUNGEST)


async def test_a_loss_excuses_missing_claims_until_it_is_heard_and_never_after(db: Database) -> None:
    await shrunk(db)
    assert await objections(db) == 0
    assert await objections(db, "UPDATE holds SET quantity = 3") == 1  # more is no loss
    await pump(db, now=NOW)
    assert await objections(db) == 0
    assert await objections(db, "DELETE FROM holds") == 1


async def test_a_job_that_waits_is_not_done_and_one_that_failed_never_will_be(db: Database) -> None:
    await shrunk(db)
    hearing = Hearing("fulfillment:promise_broken", "promise_broken", promise_broken)

    async def is_queued() -> bool:
        await dispatch(db, [hearing])
        async with db.read() as tx:
            return await tx.connection.fetchval("SELECT count(*) FROM pgqueuer") == 1

    await until(is_queued)
    assert await objections(db) == 0
    assert await objections(db, "UPDATE pgqueuer SET status = 'failed'") == 1
    assert await objections(db, "DELETE FROM pgqueuer") == 1
    await pump(db, now=NOW)
