"""A locker's compartment from the parcel's way to its buyer: full, broken, forgotten, and reported in any order."""

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from app.fulfillment.actions.cancel_order import cancel_order
from app.fulfillment.model.reports import ReportKind
from app.kit.db import Database
from tests.capacity.builders import cases, claims, doors
from tests.conftest import NOW
from tests.fulfillment.lockers import LockerShop, locker_order, make_locker_shop, sent_order
from tests.fulfillment.views import cases_of, pickup_of, report

K = ReportKind
HOUR = timedelta(hours=1)
LATER = NOW + 40 * HOUR


async def standing(db: Database, order_id: UUID) -> tuple[str, str | None]:
    """State and compartment of the order's claim."""
    return (await claims(db))[(await pickup_of(db, order_id)).delivery_id]


async def tell(db: Database, ground: LockerShop, pickup_id: UUID, kind: ReportKind, at: datetime, **more: Any) -> None:
    await report(db, pickup_id, kind, actor=ground.company, at=at, now=LATER, **more)


async def test_drop_off_occupies_and_collecting_releases(db: Database) -> None:
    ground = await make_locker_shop(db)
    order_id, pickup_id = await sent_order(db, ground)
    assert (await standing(db, order_id), (await doors(db))[0]) == (("PLANNED", "1"), ("1", "RESERVED"))
    await tell(db, ground, pickup_id, K.ARRIVED, NOW + HOUR)
    assert (await standing(db, order_id), (await doors(db))[0]) == (("OCCUPYING", "1"), ("1", "OCCUPIED"))
    await tell(db, ground, pickup_id, K.COLLECTED, NOW + 2 * HOUR)
    assert (await standing(db, order_id), (await doors(db))[0]) == (("ENDED", "1"), ("1", "FREE"))


async def test_goods_that_are_given_up_are_in_the_way_until_they_leave(db: Database) -> None:
    ground = await make_locker_shop(db)
    order_id, pickup_id = await sent_order(db, ground)
    await tell(db, ground, pickup_id, K.ARRIVED, NOW + HOUR)
    await tell(db, ground, pickup_id, K.EXPIRED, NOW + 2 * HOUR, reason="DAMAGED")
    assert (await standing(db, order_id), (await doors(db))[0]) == (("OVERDUE", "1"), ("1", "EXPIRED"))
    await tell(db, ground, pickup_id, K.RETURN_SENT, NOW + 3 * HOUR)
    assert (await standing(db, order_id), (await doors(db))[0]) == (("ENDED", "1"), ("1", "FREE"))


async def test_a_compartment_that_breaks_after_the_drop_off(db: Database) -> None:
    """The goods are stuck, nobody else is let in, and whoever was to come next goes elsewhere."""
    ground = await make_locker_shop(db, ("M", "L"))
    order_id, pickup_id = await sent_order(db, ground)
    await tell(db, ground, pickup_id, K.ARRIVED, NOW + HOUR)
    await tell(db, ground, pickup_id, K.BLOCKED, NOW + 2 * HOUR)
    assert await standing(db, order_id) == ("OCCUPYING", "1")
    assert (await doors(db))[:2] == [("1", "FAULTED"), ("2", "FREE")]
    assert await cases_of(db, pickup_id) == ["BLOCKED_AT_POINT"]
    async with db.write() as tx:
        next_id = await locker_order(tx, ground)
    assert await standing(db, next_id) == ("PLANNED", "2")
    # A technician opens it, the buyer comes; the door stays shut for others until somebody says that it works.
    await tell(db, ground, pickup_id, K.READY, NOW + 3 * HOUR)
    await tell(db, ground, pickup_id, K.COLLECTED, NOW + 4 * HOUR)
    assert await standing(db, order_id) == ("ENDED", "1")
    assert (await doors(db))[:2] == [("1", "FAULTED"), ("2", "RESERVED")]
    assert await cases_of(db, pickup_id) == ["COLLECTED_WITHOUT_CODE"]


@pytest.mark.parametrize(("kind", "reason"), [(K.BLOCKED, None), (K.RETURN_SENT, "NOT_ACCEPTED")])
async def test_a_compartment_that_is_full_at_the_drop_off(db: Database, kind: ReportKind, reason: str | None) -> None:
    """The parcel gets another one; when that does not take it either, a person hears where there is room."""
    ground = await make_locker_shop(db)
    order_id, pickup_id = await sent_order(db, ground)
    await tell(db, ground, pickup_id, kind, NOW + HOUR, reason=reason)
    assert await standing(db, order_id) == ("PLANNED", "2")
    assert (await doors(db))[:2] == [("1", "FAULTED"), ("2", "RESERVED")]
    await tell(db, ground, pickup_id, K.BLOCKED, NOW + 2 * HOUR)
    if kind is K.RETURN_SENT:  # It is on its way back: what it was given stays its own until it is sent again.
        assert await standing(db, order_id) == ("PLANNED", "2")
        return
    assert await standing(db, order_id) == ("UNPLACED", None)
    delivery_id = (await pickup_of(db, order_id)).delivery_id
    assert ("LOCKER_FULL", str(delivery_id), "OPEN") in await cases(db)


async def test_a_canceled_order_frees_its_compartment(db: Database) -> None:
    ground = await make_locker_shop(db)
    async with db.write() as tx:
        order_id = await locker_order(tx, ground)
        await cancel_order(tx, order_id, reason="x", actor="staff", now=NOW)
    assert (await standing(db, order_id), (await doors(db))[0]) == (("ENDED", "1"), ("1", "FREE"))


STORY: Sequence[tuple[ReportKind, int, dict[str, Any]]] = (
    (K.ARRIVED, 1, {"compartment": "2"}),
    (K.BLOCKED, 2, {}),
    (K.READY, 3, {}),
    (K.EXTENDED, 4, {"hold_until": NOW + 200 * HOUR}),
)


@pytest.mark.parametrize("seed", range(6))
async def test_reports_in_any_order_lead_to_the_same_compartment(db: Database, seed: int) -> None:
    ground = await make_locker_shop(db)
    order_id, pickup_id = await sent_order(db, ground)
    for kind, hour, more in random.Random(seed).sample([*STORY, *STORY], 8):
        await tell(db, ground, pickup_id, kind, NOW + hour * HOUR, key=f"{kind}", **more)
    assert await standing(db, order_id) == ("OCCUPYING", "2")
    assert ("2", "FAULTED") in await doors(db) or ("2", "OCCUPIED") in await doors(db)
    await tell(db, ground, pickup_id, K.COLLECTED, NOW + 5 * HOUR)
    assert await standing(db, order_id) == ("ENDED", "2")
