"""Facts that tell of many things at once."""

import pytest

from app.kit.db import Database
from app.kit.outbox import Position, read_feed
from app.notifications.actions.give import give
from app.notifications.sql import endpoints
from tests.inventory.builders import stocked
from tests.notifications.receiver import Office, OrderTold, Receiver, make_endpoint, tell


async def test_a_fact_is_given_once_unless_it_is_given_again(db: Database, office: Office) -> None:
    _, _ = await stocked(db, 5, 6)
    await make_endpoint(db, "http://a/", "stock.changed", now=office.now)
    async with db.write() as tx:
        rows, wanting = await read_feed(tx, Position(0, 0)), await endpoints.active_endpoints(tx)
        stock = [row for row in rows if row["topic"] == "stock"]
        assert await give(tx, stock, wanting, now=office.now) == 2
        assert await give(tx, stock, wanting, now=office.now) == 2
    assert await office.rows() == [("WAITING", 0)] * 2
    async with db.write() as tx:
        await tx.connection.execute(
            "UPDATE webhook_deliveries SET status = 'DELIVERED', finished_at = $1, attempts = 1, log = '[{}]'",
            office.now,
        )
        assert await give(tx, stock, wanting, now=office.now) == 2
    assert await office.rows() == [("DELIVERED", 1)] * 2
    first = (await office.rows("xid, event_id"))[0]
    async with db.write() as tx:
        assert await give(tx, stock, wanting, now=office.now, again_after=Position(*first)) == 1
    assert await office.rows() == [("DELIVERED", 1), ("WAITING", 0)]


async def test_a_fact_that_cannot_be_told_holds_up_no_other(
    db: Database, office: Office, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    await make_endpoint(db, receiver.url, "*", now=office.now)
    async with db.write() as tx:
        for payload in ({"status": "READY", "pickup_id": "none"}, {"status": "READY", "number": "x" * 30_000}):
            await tx.connection.execute(
                "INSERT INTO outbox (topic, key, payload) VALUES ('pickup_changed', 'k', $1)", payload
            )
    await tell(db, OrderTold())
    await office.deliver()
    assert receiver.types == ["order.placed"]
    assert caplog.text.count("pickup.ready") == 2
