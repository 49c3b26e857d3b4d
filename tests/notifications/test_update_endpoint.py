"""Changing endpoints: what is left out stays; what stops hears nothing, and may catch up."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.kit.db import Database
from app.kit.errors import DomainError, VersionConflict
from app.kit.ids import new_id
from app.notifications.actions.update_endpoint import update_endpoint
from app.notifications.errors import InvalidEndpoint, ReplayTooOld
from app.notifications.sql import endpoints
from tests.conftest import AS_OWNER
from tests.notifications.receiver import OK, Office, PickupTold, Receiver, make_endpoint, receiving, tell


async def update(office: Office, endpoint_id: UUID, **given: Any) -> Any:
    async with office.db.write() as tx:
        row = await endpoints.lock_endpoint(tx, endpoint_id)
        assert row is not None
        await update_endpoint(tx, row, is_anywhere=True, now=office.now, **given)
    async with office.db.write() as tx:
        return await endpoints.lock_endpoint(tx, endpoint_id)


async def test_what_is_left_out_stays(db: Database, office: Office) -> None:
    key, _ = await make_endpoint(db, "http://a/", "pickup.*", now=office.now, description="a")
    other, _ = await make_endpoint(db, "http://a/", "pickup.*", now=office.now, description="a")
    row = await update(office, key, url="http://b/")
    assert (row.url, row.event_types, row.description, row.status, row.version) == (
        "http://b/", ["pickup.*"], "a", "ACTIVE", 2,
    )  # fmt: skip
    row = await update(office, key, event_types=["order.*"], description="", expected_version=2)
    assert (row.url, row.event_types, row.description, row.version) == ("http://b/", ["order.*"], "", 3)
    assert (await update(office, key)).version == 3
    row = await update(office, other, is_active=True)
    assert (row.url, row.event_types, row.description, row.version) == ("http://a/", ["pickup.*"], "a", 1)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({"url": "nothing"}, InvalidEndpoint),
        ({"event_types": []}, InvalidEndpoint),
        ({"description": "b", "expected_version": 7}, VersionConflict),
    ],
)
async def test_what_is_refused(office: Office, db: Database, given: dict[str, Any], error: type[DomainError]) -> None:
    key, _ = await make_endpoint(db, "http://a/", now=office.now)
    with pytest.raises(error):
        await update(office, key, **given)
    assert (await update(office, key)).version == 1


async def test_a_pause(db: Database, office: Office, receiver: Receiver) -> None:
    key, _ = await make_endpoint(db, receiver.url, now=office.now)
    await tell(db, PickupTold(new_id(), "REQUESTED"))
    await office.deliver()
    stopped = await update(office, key, is_active=False)
    assert (stopped.status, stopped.version) == ("PAUSED", 2)
    await tell(db, PickupTold(new_id(), "PREPARING"))
    await office.deliver()
    assert (await update(office, key, is_active=False)).version == 2
    going = await update(office, key, is_active=True)
    assert (going.status, going.left_id) == ("ACTIVE", None)
    await tell(db, PickupTold(new_id(), "READY"))
    await office.deliver()
    assert receiver.types == ["pickup.requested", "pickup.ready"]


async def test_what_was_missed_is_caught_up(db: Database, office: Office, receiver: Receiver) -> None:
    key, _ = await make_endpoint(db, receiver.url, now=office.now)
    await tell(db, PickupTold(new_id(), "REQUESTED"))
    await office.deliver()
    await update(office, key, is_active=False)
    await tell(db, PickupTold(new_id(), "PREPARING"), PickupTold(new_id(), "READY"))
    await office.deliver()
    assert (await update(office, key, is_active=True, is_to_catch_up=True)).replay_id is not None
    await office.deliver()
    assert receiver.types == ["pickup.requested", "pickup.preparing", "pickup.ready"]
    assert (await update(office, key)).replay_id is None


async def test_what_waits_when_it_stops_is_sent_when_it_goes_on(db: Database, office: Office) -> None:
    said = {"status": 500}
    async with receiving(lambda _message: (said["status"], {}, "")) as receiver:
        key, _ = await make_endpoint(db, receiver.url, now=office.now)
        for _ in range(6):
            await tell(db, PickupTold(new_id()))
        await office.deliver()
        await update(office, key, is_active=False)
        said["status"] = OK[0]
        tried = len(receiver.messages)
        await office.deliver(after=timedelta(days=1))
        assert len(receiver.messages) == tried
        row = await update(office, key, is_active=True)
        assert (row.failures, row.failing_since, row.resting_until) == (0, None, None)
        await office.deliver()
    assert {status for status, _ in await office.rows()} == {"DELIVERED"}
    assert len(receiver.messages) == tried + 6


async def test_what_is_not_kept_cannot_be_caught_up(db: Database, office: Office, receiver: Receiver) -> None:
    key, _ = await make_endpoint(db, receiver.url, now=office.now)
    await update(office, key, is_active=False)
    async with db.write() as tx:
        await tx.connection.execute(f"{AS_OWNER}; INSERT INTO feed_floor (xid, id) VALUES (1, 1024)")
    with pytest.raises(ReplayTooOld):
        await update(office, key, is_active=True, is_to_catch_up=True)
    assert (await update(office, key)).status == "PAUSED"
    assert (await update(office, key, is_active=True)).status == "ACTIVE"
