"""The buyer is there."""

from datetime import timedelta
from uuid import UUID

import pytest

from app.fulfillment.actions.announce_buyer import announce_buyer
from app.kit.db import Database
from app.kit.errors import InvalidInput, InvalidTransition, NotFound
from app.kit.permissions import SHOPPER
from tests.conftest import NOW
from tests.fulfillment.builders import konbini_pickup, planned_order, store_pickup
from tests.fulfillment.views import everything, history_of, make_arrived, make_ready, pickup_of


async def _announce(db: Database, pickup_id: UUID, order_id: UUID, note: str | None, minutes: int = 0) -> None:
    now = NOW + timedelta(minutes=minutes)
    await db.in_write(lambda tx: announce_buyer(tx, pickup_id, note, order_id=order_id, actor=SHOPPER, now=now))


async def test_the_stores_people_see_since_when_and_where_and_the_last_word_counts(db: Database) -> None:
    _, order_id = await planned_order(db, store_pickup)
    pickup = await make_ready(db, order_id)
    await _announce(db, pickup.id, order_id, "silver van, bay 3")
    await _announce(db, pickup.id, order_id, " bay 5 ", minutes=4)
    after = await pickup_of(db, order_id)
    assert (after.status, after.announced_at, after.curbside_note) == ("READY", NOW + timedelta(minutes=4), "bay 5")
    assert (await history_of(db, order_id)).count("PICKUP_CHANGED") == 2


async def test_a_note_has_an_end(db: Database) -> None:
    _, order_id = await planned_order(db, store_pickup)
    pickup = await make_ready(db, order_id)
    before = await everything(db)
    for note in ("x" * 201, "a\x00"):
        with pytest.raises(InvalidInput):
            await _announce(db, pickup.id, order_id, note)
    with pytest.raises(NotFound):
        await _announce(db, pickup.id, UUID(int=1), None)
    assert await everything(db) == before


async def test_nobody_waits_for_goods_that_are_not_there_or_at_a_point(db: Database) -> None:
    _, order_id = await planned_order(db, store_pickup)
    with pytest.raises(InvalidTransition):
        await _announce(db, (await pickup_of(db, order_id)).id, order_id, None)


async def test_points_know_no_announcements(db: Database) -> None:
    shop, order_id = await planned_order(db, konbini_pickup)
    pickup = await make_arrived(db, shop, order_id)
    with pytest.raises(InvalidTransition):
        await _announce(db, pickup.id, order_id, None)
