"""By when work should be done, by the clocks and hours of the place."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.fulfillment.actions.follow_transfer import follow_transfer
from app.fulfillment.actions.plan_work import plan_work
from app.fulfillment.model import WorkKind, due_at
from app.inventory.actions.receive_transfer import receive_transfer
from app.inventory.actions.ship_transfer import ship_transfer
from app.kit.db import Database
from app.kit.statement import Statement
from app.locations.model import is_open
from tests.conftest import NOW
from tests.fulfillment.builders import home, make_order, make_shop, store_pickup
from tests.fulfillment.views import transfer_of, work_rows

TOKYO = ZoneInfo("Asia/Tokyo")
SIX_DAYS = {day: [["10:00", "20:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat")}
LUNCH = {day: [["10:00", "11:00"], ["12:00", "20:00"]] for day in ("mon", "tue")}
NIGHT = {"sat": [["18:00", "26:00"]]}


def tokyo(day: int, hour: int, minute: int = 0) -> datetime:
    """November 2026: the 22nd is a Sunday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=TOKYO)


@pytest.mark.parametrize("kind", [WorkKind.PICK, WorkKind.SHIP])
@pytest.mark.parametrize(
    ("hours", "since", "due"),
    [
        (SIX_DAYS, tokyo(20, 9), tokyo(21, 20)),
        (SIX_DAYS, tokyo(21, 9), tokyo(23, 20)),  # on Saturday for Monday
        (SIX_DAYS, tokyo(22, 12), tokyo(23, 20)),
        (SIX_DAYS, tokyo(22, 23, 59), tokyo(23, 20)),
        (SIX_DAYS, tokyo(23, 0), tokyo(24, 20)),
        (LUNCH, tokyo(23, 8), tokyo(24, 20)),
        (LUNCH, tokyo(24, 8), tokyo(30, 20)),
        (NIGHT, tokyo(22, 1), tokyo(29, 2)),  # in the night to Sunday, whose hours are Saturday's
        (NIGHT, tokyo(20, 12), tokyo(22, 2)),
        ({}, tokyo(22, 12), tokyo(24, 0)),  # always open: until midnight of the next day
    ],
)
def test_parcels_have_until_the_close_of_the_next_business_day(
    kind: WorkKind, hours: dict[str, list[list[str]]], since: datetime, due: datetime
) -> None:
    assert due_at(kind, since, hours, "Asia/Tokyo") == due


@pytest.mark.parametrize("kind", [WorkKind.PREPARE_PICKUP, WorkKind.TRANSFER])
@pytest.mark.parametrize(
    ("hours", "since", "due"),
    [
        (SIX_DAYS, tokyo(23, 12), tokyo(23, 14)),
        (SIX_DAYS, tokyo(23, 18), tokyo(23, 20)),
        (SIX_DAYS, tokyo(23, 19, 30), tokyo(24, 11, 30)),
        (SIX_DAYS, tokyo(21, 19, 30), tokyo(23, 11, 30)),  # over Sunday
        (SIX_DAYS, tokyo(22, 12), tokyo(23, 12)),
        (LUNCH, tokyo(23, 10, 30), tokyo(23, 13, 30)),
        (NIGHT, tokyo(22, 1), tokyo(28, 19)),
        ({}, tokyo(22, 23), tokyo(23, 1)),
    ],
)
def test_stores_have_two_opening_hours(
    kind: WorkKind, hours: dict[str, list[list[str]]], since: datetime, due: datetime
) -> None:
    assert due_at(kind, since, hours, "Asia/Tokyo") == due


@pytest.mark.parametrize("kind", WorkKind)
def test_nothing_is_due_where_nobody_opens(kind: WorkKind) -> None:
    assert due_at(kind, tokyo(22, 12), {"mon": []}, "Asia/Tokyo") is None


def test_nobody_knows_when_others_bring_something() -> None:
    assert due_at(WorkKind.RECEIVE, tokyo(22, 12), SIX_DAYS, "Asia/Tokyo") is None


def test_the_clocks_of_the_place_count_also_when_they_are_moved() -> None:
    # New York turns its clocks back on 1 November 2026, at two at night.
    since = datetime(2026, 11, 1, 3, 30, tzinfo=UTC)
    assert due_at(WorkKind.PICK, since, {}, "America/New_York") == datetime(2026, 11, 2, 5, tzinfo=UTC)
    assert due_at(WorkKind.TRANSFER, since, {}, "America/New_York") == since + timedelta(hours=2)


@given(
    st.sampled_from([WorkKind.PICK, WorkKind.SHIP, WorkKind.PREPARE_PICKUP, WorkKind.TRANSFER]),
    st.sampled_from([SIX_DAYS, LUNCH, NIGHT, {}]),
    st.timedeltas(timedelta(0), timedelta(days=700)),
)
def test_work_is_due_later_and_while_somebody_is_there(
    kind: WorkKind, hours: dict[str, list[list[str]]], after: timedelta
) -> None:
    since = datetime(2026, 1, 1, tzinfo=UTC) + after
    due = due_at(kind, since, hours, "Asia/Tokyo")
    assert due is not None
    assert since < due <= since + timedelta(days=9)
    assert is_open(hours, "Asia/Tokyo", due - timedelta(microseconds=1))


async def _due(db: Database) -> dict[tuple[str, str], datetime | None]:
    return {(row.kind, row.status): row.due_at for row in await work_rows(db)}


async def test_work_is_written_with_its_time_and_a_preparation_gets_it_when_it_opens(db: Database) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        await tx.execute(Statement("UPDATE locations SET hours = :hours"), hours=SIX_DAYS)
        order_id = await make_order(tx, shop, home(shop), store_pickup(shop, source=shop.other_store))
        await plan_work(tx, order_id, now=NOW)
    assert await _due(db) == {
        ("PICK", "OPEN"): tokyo(23, 20),
        ("SHIP", "WAITING"): tokyo(23, 20),
        ("TRANSFER", "OPEN"): tokyo(23, 12),
        ("RECEIVE", "WAITING"): None,
        ("PREPARE_PICKUP", "WAITING"): None,
    }
    transfer = await transfer_of(db, order_id)
    async with db.write() as tx:
        await ship_transfer(tx, transfer.id, actor="test", now=NOW)
        await receive_transfer(tx, transfer.id, actor="test", now=NOW)
        await follow_transfer(tx, transfer.id, now=tokyo(23, 11))
        await follow_transfer(tx, transfer.id, now=tokyo(23, 19))
    assert await _due(db) == {
        ("PICK", "OPEN"): tokyo(23, 20),
        ("SHIP", "WAITING"): tokyo(23, 20),
        ("TRANSFER", "DONE"): tokyo(23, 12),
        ("RECEIVE", "DONE"): None,
        ("PREPARE_PICKUP", "OPEN"): tokyo(23, 13),
    }
