"""What Prometheus reads of webhooks."""

from app.kit.db import Database
from app.kit.ids import new_id
from tests.api.test_metrics import figures, served
from tests.notifications.receiver import Office, PickupTold, Receiver, make_endpoint, tell


async def test_what_waits_what_is_dead_and_who_is_stopped(db: Database, office: Office, receiver: Receiver) -> None:
    await make_endpoint(db, receiver.url, now=office.now)
    for _ in range(4):
        await tell(db, PickupTold(new_id()))
    await office.deliver()
    async with db.write() as tx:
        await tx.connection.execute("""
            UPDATE webhook_deliveries
               SET status = 'DEAD', created_at = clock_timestamp() - '60 s'::interval
             WHERE id = (SELECT min(id) FROM webhook_deliveries);
            UPDATE webhook_deliveries SET status = 'WAITING', finished_at = NULL
             WHERE id IN (SELECT id FROM webhook_deliveries ORDER BY id DESC LIMIT 2)
        """)
    found = {
        name: value for name, value in (await figures(served(db))).items() if name[0].startswith("hikiate_webhook")
    }
    assert 60 <= found.pop(("hikiate_webhook_deliveries_oldest_seconds", "DEAD")) < 120
    assert ("hikiate_webhook_deliveries_oldest_seconds", "WAITING") in found
    del found["hikiate_webhook_deliveries_oldest_seconds", "WAITING"]
    assert found == {
        ("hikiate_webhook_deliveries", "DEAD"): 1,
        ("hikiate_webhook_deliveries", "WAITING"): 2,
        ("hikiate_webhook_endpoints", "ACTIVE"): 1,
    }
