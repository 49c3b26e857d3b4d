"""Facts that an endpoint is sent once more."""

import pytest

from app.kit.db import Database
from app.kit.ids import new_id
from app.kit.outbox import Position
from app.notifications.actions.replay_events import replay_events
from app.notifications.errors import ReplayTooOld
from app.notifications.sql import endpoints
from tests.notifications.receiver import Office, PickupTold, Receiver, make_endpoint, tell


async def test_all_behind_the_cursor_is_sent_again_and_nothing_else(
    db: Database, office: Office, receiver: Receiver
) -> None:
    key, _ = await make_endpoint(db, receiver.url + "/this", now=office.now)
    await make_endpoint(db, receiver.url + "/other", now=office.now)
    pickups = [new_id() for _ in range(5)]
    for pickup in pickups:
        await tell(db, PickupTold(pickup))
    await office.deliver()
    cursors = [Position(xid, event) for xid, event, to in await office.rows("xid, event_id, endpoint_id") if to == key]
    ids = [message.id for message in receiver.messages if message.path == "/hooks/this"]
    receiver.messages.clear()
    async with db.write() as tx:
        await replay_events(tx, key, after=cursors[1])
    await office.deliver()
    assert sorted(receiver.ids) == sorted(ids[2:])
    assert {message.path for message in receiver.messages} == {"/hooks/this"}
    receiver.messages.clear()
    async with db.write() as tx:
        await replay_events(tx, key, after=cursors[-1])
    await office.deliver()
    assert receiver.messages == []


async def test_a_new_endpoint_can_be_sent_what_is_kept(db: Database, office: Office, receiver: Receiver) -> None:
    await make_endpoint(db, receiver.url + "/old", now=office.now)
    for version in (1, 2, 3):
        await tell(db, PickupTold(new_id(), "READY", version))
    await office.deliver()
    receiver.messages.clear()
    key, _ = await make_endpoint(db, receiver.url + "/new", now=office.now)
    async with db.write() as tx:
        await replay_events(tx, key, after=Position(0, 0))
    await tell(db, PickupTold(new_id(), "READY", 4))
    await office.deliver()
    told = [message.data["version"] for message in receiver.messages if message.path == "/hooks/new"]
    assert sorted(told) == [1, 2, 3, 4]


async def test_what_is_not_kept_any_more(db: Database, office: Office) -> None:
    key, _ = await make_endpoint(db, "http://a/", now=office.now)
    async with db.write() as tx:
        await tx.connection.execute("INSERT INTO feed_floor (xid, id) VALUES (7, 1024)")
        for after in (Position(0, 0), Position(7, 1024), Position(7, 2046)):
            with pytest.raises(ReplayTooOld):
                await replay_events(tx, key, after=after)
        row = await endpoints.lock_endpoint(tx, key)
        assert row is not None
        assert row.replay_id is None
        await replay_events(tx, key, after=Position(7, 2047))
