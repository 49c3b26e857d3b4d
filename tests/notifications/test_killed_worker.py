"""Workers that die in the middle of deliveries, with real processes: nothing is lost, what was acknowledged is done."""

import asyncio
from pathlib import Path

from app.kit.clock import utc_now
from app.kit.db import Database
from app.kit.ids import new_id
from app.notifications.model.signing import new_secret, seal
from app.notifications.sql import endpoints
from tests.conftest import cloned_database
from tests.notifications.receiver import OK, Message, PickupTold, receiving, tell
from tests.scenarios.serving import SECRET_KEY, Program, until

FACTS = 60
KEYS = 12


async def make(db: Database, url: str) -> None:
    key = new_id()
    async with db.write() as tx:
        await endpoints.insert_endpoint(
            tx, endpoint_id=key, partner_id=None, url=url, description="", event_types=["*"], most=9, now=utc_now()
        )
        await endpoints.insert_secret(tx, key, seal(new_secret(), SECRET_KEY.encode()), now=utc_now())


async def statuses(db: Database) -> dict[str, str]:
    async with db.read() as tx:
        rows = await tx.connection.fetch("SELECT event_id, status FROM webhook_deliveries")
    return {f"evt_{row['event_id']}": row["status"] for row in rows}


async def test_kill_9_loses_nothing_and_repeats_nothing_that_was_acknowledged(worker_id: str, tmp_path: Path) -> None:
    is_slow = {"value": True}

    async def answer(_message: Message) -> tuple[int, dict[str, str], str]:
        if is_slow["value"]:
            await asyncio.sleep(0.02)
        return OK

    async with cloned_database(f"{worker_id}_killed") as dsn, receiving(answer) as receiver:
        db = await Database.open(dsn, read_connections=2, write_connections=2)
        await make(db, receiver.url)
        pickups = [new_id() for _ in range(KEYS)]
        for number in range(FACTS):
            await tell(db, PickupTold(pickups[number % KEYS], "READY", number))
        settings = {"HIKIATE_PRIVATE_WEBHOOKS": "true"}
        acknowledged: set[str] = set()
        for share in (1, 2):

            async def has_received(least: int = FACTS * share // 4) -> bool:
                return len(set(receiver.ids)) >= least

            worker = Program("worker", dsn=dsn, folder=tmp_path, **settings)
            await until(has_received)
            await worker.kill()
            acknowledged |= {one for one, status in (await statuses(db)).items() if status == "DELIVERED"}
            before = len(receiver.messages)
            async with db.write() as tx:  # what the dead one took is free when its time is over: that is now
                await tx.connection.execute("UPDATE webhook_deliveries SET next_at = now() WHERE status = 'WAITING'")
            done = set(acknowledged)
        is_slow["value"] = False
        worker = Program("worker", dsn=dsn, folder=tmp_path, **settings)

        async def is_done() -> bool:
            found = await statuses(db)
            return len(found) == FACTS and set(found.values()) == {"DELIVERED"}

        await until(is_done)
        assert await worker.stop() == 0, worker.output
        await db.close()
    assert len(set(receiver.ids)) == FACTS
    assert done
    assert done.isdisjoint(receiver.ids[before:])
    for pickup in {message.data["pickupId"] for message in receiver.messages}:
        told = [message.data["version"] for message in receiver.messages if message.data["pickupId"] == pickup]
        firsts = list(dict.fromkeys(told))
        assert firsts == sorted(firsts)
        assert len(firsts) == FACTS // KEYS
