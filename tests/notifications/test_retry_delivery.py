"""Deliveries that are tried at once."""

from datetime import timedelta

import pytest

from app.kit.db import Database
from app.kit.errors import InvalidTransition, NotFound
from app.kit.ids import new_id
from app.notifications.actions.retry_delivery import retry_delivery
from app.notifications.model import DELAYS, JITTER
from tests.notifications.receiver import Office, PickupTold, make_endpoint, receiving, tell


async def test_dead_and_waiting_ones_get_new_attempts(db: Database, office: Office) -> None:
    said = {"status": 500}
    async with receiving(lambda _message: (said["status"], {}, "")) as receiver:
        await make_endpoint(db, receiver.url, now=office.now)
        pickup = new_id()
        await tell(db, PickupTold(pickup, "PREPARING"))
        await office.deliver()
        for delay in DELAYS:
            await office.deliver(after=delay * (1 + JITTER))
        assert await office.rows() == [("DEAD", 9)]
        await tell(db, PickupTold(pickup, "READY"), PickupTold(pickup, "COLLECTED"))
        await office.deliver(after=timedelta(hours=1))
        assert await office.rows() == [("DEAD", 9), ("WAITING", 1), ("WAITING", 0)]
        said["status"] = 200
        receiver.messages.clear()
        dead, waiting, _ = await office.rows("id")
        for delivery in (dead, waiting):
            async with db.write() as tx:
                await retry_delivery(tx, delivery, now=office.now)
        assert (await office.rows())[:2] == [("WAITING", 0), ("WAITING", 0)]
        await office.deliver()
        assert receiver.types == ["pickup.preparing", "pickup.ready"]
        await office.deliver(after=timedelta(seconds=10))
        assert receiver.types == ["pickup.preparing", "pickup.ready", "pickup.collected"]
    async with db.write() as tx:
        with pytest.raises(InvalidTransition) as refused:
            await retry_delivery(tx, dead, now=office.now)
        assert refused.value.facts == {"current_status": "DELIVERED"}
        with pytest.raises(NotFound):
            await retry_delivery(tx, 0, now=office.now)
    [log, *_] = await office.rows("log")
    assert len(log) == 10
