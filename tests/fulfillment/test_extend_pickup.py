"""Goods are kept for longer."""

import asyncio
from datetime import datetime, timedelta
from uuid import UUID

import pytest

from app.fulfillment.actions.extend_pickup import extend_pickup
from app.fulfillment.errors import PickupNotExtendable
from app.kit.db import Database
from app.kit.errors import DomainError, InvalidInput, InvalidTransition, NotFound
from app.kit.permissions import SHOPPER, Actor
from tests.conftest import NOW
from tests.fulfillment.builders import STAFF, konbini_pickup, planned_order, store_pickup
from tests.fulfillment.due import expire
from tests.fulfillment.views import everything, history_of, make_arrived, make_ready, pickup_of

DAY = timedelta(days=1)


async def _extend(
    db: Database,
    pickup_id: UUID,
    actor: Actor = SHOPPER,
    *,
    order_id: UUID | None = None,
    until: datetime | None = None,
) -> None:
    await db.in_write(
        lambda tx: extend_pickup(tx, pickup_id, order_id=order_id, until=until, actor=actor, now=NOW + DAY)
    )


async def _refused(db: Database, pickup_id: UUID, actor: Actor = SHOPPER, **asked: object) -> DomainError:
    before = await everything(db)
    with pytest.raises(DomainError) as refusal:
        await _extend(db, pickup_id, actor, **asked)  # pyright: ignore[reportArgumentType]
    assert await everything(db) == before
    return refusal.value


async def test_a_buyer_gets_three_days_more_at_a_store_once(db: Database) -> None:
    _, order_id = await planned_order(db, store_pickup)
    pickup = await make_ready(db, order_id)
    await _extend(db, pickup.id, order_id=order_id)
    after = await pickup_of(db, order_id)
    assert (after.status, after.hold_until, after.ready_at, after.extensions) == (
        "READY",
        pickup.hold_until + 3 * DAY,
        pickup.ready_at,
        1,
    )
    assert (await history_of(db, order_id))[-1] == "PICKUP_EXTENDED"
    refusal = await _refused(db, pickup.id, order_id=order_id)
    assert (type(refusal), refusal.facts) == (PickupNotExtendable, {"hold_until": after.hold_until})


async def test_at_a_point_it_is_a_report_that_the_point_sees(db: Database) -> None:
    shop, order_id = await planned_order(db, konbini_pickup)
    pickup = await make_arrived(db, shop, order_id)
    await _extend(db, pickup.id, order_id=order_id)
    after = await pickup_of(db, order_id)
    assert (after.status, after.hold_until) == ("READY", pickup.hold_until + 3 * DAY)
    assert (await history_of(db, order_id))[-1] == "PICKUP_EXTENDED"
    assert [row["kind"] for row in (await everything(db))["pickup_reports"]] == ["ARRIVED", "EXTENDED"]


@pytest.mark.parametrize("days", [0, 5])
async def test_a_network_says_by_how_many_days(db: Database, days: int) -> None:
    shop, order_id = await planned_order(db, konbini_pickup)
    async with db.write() as tx:
        await tx.connection.execute(
            "INSERT INTO pickup_networks (code, names, hold_days, extension_days) VALUES ('N', '{}', 4, $1)", days
        )
        await tx.connection.execute("UPDATE locations SET network_code = 'N' WHERE id = $1", shop.konbini)
    pickup = await make_arrived(db, shop, order_id)
    if days == 0:
        assert isinstance(await _refused(db, pickup.id, order_id=order_id), PickupNotExtendable)
    else:
        await _extend(db, pickup.id, order_id=order_id)
        assert (await pickup_of(db, order_id)).hold_until == pickup.hold_until + days * DAY


async def test_staff_sets_any_later_end_up_to_two_months(db: Database) -> None:
    _, order_id = await planned_order(db, store_pickup)
    pickup = await make_ready(db, order_id)
    for until in (pickup.hold_until, pickup.hold_until - DAY, NOW + 61 * DAY):
        refusal = await _refused(db, pickup.id, STAFF, until=until)
        assert (type(refusal), refusal.path) == (InvalidInput, ["input", "until"])
    for until in (pickup.hold_until + DAY, NOW + 60 * DAY):
        await _extend(db, pickup.id, STAFF, until=until)
        assert (await pickup_of(db, order_id)).hold_until == until


async def test_who_does_not_know_the_order_is_told_nothing(db: Database) -> None:
    _, order_id = await planned_order(db, store_pickup)
    pickup = await make_ready(db, order_id)
    assert isinstance(await _refused(db, pickup.id), NotFound)
    assert isinstance(await _refused(db, pickup.id, order_id=UUID(int=4)), NotFound)
    assert isinstance(await _refused(db, UUID(int=4), order_id=order_id), NotFound)


async def test_a_buyer_sets_no_end_of_an_own_choice(db: Database) -> None:
    _, order_id = await planned_order(db, store_pickup)
    pickup = await make_ready(db, order_id)
    await _extend(db, pickup.id, order_id=order_id, until=NOW + 59 * DAY)
    assert (await pickup_of(db, order_id)).hold_until == pickup.hold_until + 3 * DAY


async def test_only_what_waits_is_kept_for_longer(db: Database) -> None:
    _, order_id = await planned_order(db, store_pickup)
    pickup = await pickup_of(db, order_id)
    assert isinstance(await _refused(db, pickup.id, order_id=order_id), InvalidTransition)


async def test_it_is_kept_for_longer_or_given_up(db: Database) -> None:
    _, order_id = await planned_order(db, store_pickup)
    pickup = await make_ready(db, order_id)
    late = pickup.hold_until + timedelta(days=1, seconds=1)
    first, second, swept = await asyncio.gather(
        _extend(db, pickup.id, order_id=order_id),
        _extend(db, pickup.id, order_id=order_id),
        expire(db, late),
        return_exceptions=True,
    )
    after = await pickup_of(db, order_id)
    extended = [first, second].count(None)
    assert (extended, swept, after.status) in {(1, 0, "READY"), (0, 1, "EXPIRED")}
    assert after.hold_until == pickup.hold_until + extended * 3 * DAY
