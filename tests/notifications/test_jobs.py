"""Old deliveries are forgotten, others are not."""

from datetime import datetime, timedelta

from app.kit.db import Database
from app.kit.ids import new_id
from app.notifications.jobs import prune
from tests.notifications.receiver import Office, PickupTold, make_endpoint, tell

DAY = timedelta(days=1)


async def test_delivered_ones_go_after_a_week_and_dead_ones_after_a_month(
    db: Database, office: Office, now: datetime
) -> None:
    await make_endpoint(db, "http://127.0.0.1:1/", now=now)
    for _ in range(5):
        await tell(db, PickupTold(new_id()))
    await office.deliver()
    ages = ((8, "DELIVERED"), (6, "DELIVERED"), (31, "DEAD"), (29, "DEAD"))
    ids = await office.rows("id")
    for delivery, (days, status) in zip(ids, ages, strict=False):
        async with db.write() as tx:
            await tx.connection.execute(
                "UPDATE webhook_deliveries SET status = $2, finished_at = $3, attempts = 1, log = '[{}]' WHERE id = $1",
                delivery,
                status,
                now - days * DAY,
            )
    assert await prune(db, now=now) == 2
    assert await office.rows("status") == ["DELIVERED", "DEAD", "WAITING"]
