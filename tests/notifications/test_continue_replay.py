"""Replays in steps, which may be broken off between any two."""

import asyncio

from app.kit.db import Database
from app.kit.ids import new_id
from app.kit.outbox import Position
from app.notifications.actions import continue_replay as module
from app.notifications.actions.continue_replay import continue_replay
from app.notifications.actions.replay_events import replay_events
from tests.inventory.builders import stocked
from tests.notifications.receiver import Office, PickupTold, Receiver, make_endpoint, tell


async def test_nobody_asked(db: Database, office: Office) -> None:
    await make_endpoint(db, "http://a/", now=office.now)
    async with db.write() as tx:
        assert await continue_replay(tx, now=office.now) is False


async def test_every_fact_once_in_whatever_steps(
    db: Database, office: Office, receiver: Receiver, monkeypatch: object
) -> None:
    monkeypatch.setattr(module, "_FACTS", 3)  # type: ignore[attr-defined]
    key, _ = await make_endpoint(db, receiver.url, "*", "stock.*", now=office.now)
    await stocked(db, 1, 2, 3, 4, 5)
    for _ in range(8):
        await tell(db, PickupTold(new_id()))
    await office.deliver()
    ids = sorted(receiver.ids)
    assert len(ids) == 13
    receiver.messages.clear()
    async with db.write() as tx:
        await replay_events(tx, key, after=Position(0, 0))
    steps = 0
    while any(await asyncio.gather(*(db.in_write(lambda tx: continue_replay(tx, now=office.now)) for _ in range(3)))):
        steps += 1
    assert steps >= 3
    await office.deliver()
    assert sorted(receiver.ids) == ids
