"""Endpoints that are sent nothing any more, and since when exactly."""

import asyncio

import pytest

from app.kit.db import Database
from app.kit.errors import InvalidTransition
from app.kit.ids import new_id
from app.notifications.actions.fan_out import fan_out
from app.notifications.actions.stop_endpoint import stop_endpoint
from app.notifications.model import EndpointStep
from app.notifications.sql import endpoints
from tests.inventory.builders import facts
from tests.notifications.receiver import Office, PickupTold, make_endpoint, tell


@pytest.mark.parametrize(
    ("step", "told"),
    [(EndpointStep.PAUSE, []), (EndpointStep.SUSPEND, ["SUSPENDED"]), (EndpointStep.GIVE_UP, ["GONE"])],
)
async def test_a_stop_that_nobody_asked_for_is_told(
    db: Database, office: Office, step: EndpointStep, told: list[str]
) -> None:
    key, _ = await make_endpoint(db, "http://a/", now=office.now)
    async with db.write() as tx:
        row = await endpoints.lock_endpoint(tx, key)
        assert row is not None
        await stop_endpoint(tx, row, step)
        stopped = await endpoints.lock_endpoint(tx, key)
        assert stopped is not None
        assert stopped.left_id is not None
        with pytest.raises(InvalidTransition):
            await stop_endpoint(tx, stopped, step)
    assert [fact["status"] for fact in await facts(db, "webhook_stopped")] == told


async def test_every_fact_was_given_before_the_stop_or_lies_behind_it(db: Database, office: Office) -> None:
    key, _ = await make_endpoint(db, "http://a/", now=office.now)

    async def stop() -> None:
        async def work(tx: object) -> None:
            row = await endpoints.lock_endpoint(tx, key)  # pyright: ignore[reportArgumentType]
            assert row is not None
            await stop_endpoint(tx, row, EndpointStep.PAUSE)  # pyright: ignore[reportArgumentType]

        await db.in_write(work)

    async def give() -> None:
        for _ in range(5):
            await db.in_write(lambda tx: fan_out(tx, now=office.now))

    for _ in range(20):
        await tell(db, PickupTold(new_id()))
    await asyncio.gather(give(), stop(), give())
    while await office.is_behind():
        await give()
    async with db.write() as tx:
        row = await endpoints.lock_endpoint(tx, key)
        assert row is not None
        behind = await tx.connection.fetchval(
            "SELECT count(*) FROM outbox WHERE topic = 'pickup_changed' AND (xid, id) > ($1, $2)",
            row.left_xid,
            row.left_id,
        )
    assert len(await office.rows()) + behind == 20
