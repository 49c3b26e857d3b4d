"""What becomes of a delivery, and of its endpoint, after an attempt."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from app.kit.db import Database
from app.kit.ids import new_id
from app.notifications.actions.fan_out import fan_out
from app.notifications.actions.record_attempt import Attempt, record_attempt
from app.notifications.model import KEPT_ATTEMPTS, WebhookFailure
from app.notifications.sql import endpoints
from tests.notifications.receiver import Office, PickupTold, make_endpoint, tell

DAY = timedelta(days=1)


async def one_delivery(office: Office) -> tuple[int, UUID]:
    key, _ = await make_endpoint(office.db, "http://a/", now=office.now)
    await tell(office.db, PickupTold(new_id()))
    while await office.is_behind():
        await office.db.in_write(lambda tx: fan_out(tx, now=office.now))
    [delivery] = await office.rows("id")
    return delivery, key


async def record(office: Office, delivery: int, key: UUID, *, after: timedelta = timedelta(), **more: Any) -> Any:
    attempt = Attempt(office.now, 12, **more)
    async with office.db.write() as tx:
        return await record_attempt(tx, delivery, key, attempt, now=office.now + after)


async def endpoint_of(office: Office, key: UUID) -> Any:
    async with office.db.write() as tx:
        return await endpoints.lock_endpoint(tx, key)


async def test_a_success_is_written_once(db: Database, office: Office) -> None:
    delivery, key = await one_delivery(office)
    assert await record(office, delivery, key, status_code=204, answer="") == "DELIVERED"
    assert await record(office, delivery, key, status_code=204, answer="") is None
    assert await record(office, delivery, key, failure=WebhookFailure.TIMEOUT) is None
    assert await office.rows("status, attempts, log, finished_at") == [
        (
            "DELIVERED",
            1,
            [{"at": office.now.isoformat(), "duration_ms": 12, "failure": None, "status_code": 204, "answer": ""}],
            office.now,
        )
    ]
    assert await record(office, 0, key, status_code=200) is None


async def test_failures_count_until_a_success(db: Database, office: Office) -> None:
    delivery, key = await one_delivery(office)
    for _ in range(2):
        assert await record(office, delivery, key, failure=WebhookFailure.TIMEOUT) == "WAITING"
    row = await endpoint_of(office, key)
    assert (row.failures, row.failing_since, row.resting_until) == (2, office.now, None)
    await record(office, delivery, key, status_code=200)
    row = await endpoint_of(office, key)
    assert (row.failures, row.failing_since, row.status) == (0, None, "ACTIVE")


async def test_it_is_suspended_after_five_days_without_a_success(db: Database, office: Office) -> None:
    delivery, key = await one_delivery(office)
    for after, status in ((timedelta(), "ACTIVE"), (5 * DAY - timedelta(seconds=1), "ACTIVE"), (5 * DAY, "SUSPENDED")):
        await record(office, delivery, key, failure=WebhookFailure.CONNECTION, after=after)
        assert (await endpoint_of(office, key)).status == status
    await record(office, delivery, key, failure=WebhookFailure.ANSWER, status_code=410, after=6 * DAY)
    assert (await endpoint_of(office, key)).status == "SUSPENDED"


async def test_of_many_attempts_the_newest_are_remembered(db: Database, office: Office) -> None:
    delivery, key = await one_delivery(office)
    for number in range(KEPT_ATTEMPTS + 3):
        await record(office, delivery, key, failure=WebhookFailure.ANSWER, status_code=500 + number)
        if number == 8:
            async with db.write() as tx:
                await tx.connection.execute(
                    "UPDATE webhook_deliveries SET status = 'WAITING', attempts = 0, finished_at = NULL"
                )
        if number == 17:
            async with db.write() as tx:
                await tx.connection.execute(
                    "UPDATE webhook_deliveries SET status = 'WAITING', attempts = 0, finished_at = NULL"
                )
    [log] = await office.rows("log")
    assert [entry["status_code"] for entry in log] == list(range(503, 523))
