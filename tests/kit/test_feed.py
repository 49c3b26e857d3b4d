"""The live feed: nothing lost, nothing twice, in order per key, whoever commits when."""

import asyncio
import gc
import random
from dataclasses import dataclass
from typing import Any, ClassVar

import pytest

from app.kit import feed as feed_module
from app.kit.db import Database
from app.kit.events import Event
from app.kit.feed import CHANNEL, Feed, SubscriberTooSlow
from app.kit.outbox import publish
from tests.conftest import AS_OWNER
from tests.kit.feed_tools import PATIENCE_S, Happened, running_feed, say, take, until


async def test_subscribers_hear_their_keys_only(db: Database) -> None:
    async with running_feed(db) as feed:
        own, other_topic, everything = (
            feed.subscribe("happened", ["a"]),
            feed.subscribe("elsewhere", ["a"]),
            feed.subscribe("happened"),
        )
        await say(db, Happened("a", 1), Happened("b", 2), Happened("a", 3))
        assert await take(everything, 2) == [{"name": "b", "number": 2}, {"name": "a", "number": 3}]
        assert await take(own, 1) == [{"name": "a", "number": 3}]
        other_topic.close()
        assert [payload async for payload in other_topic] == []


async def test_a_key_with_a_colon_at_its_end_hears_all_that_begin_with_it(db: Database) -> None:
    async with running_feed(db) as feed:
        variant, location, nested = (
            feed.subscribe("happened", ["1:"]),
            feed.subscribe("happened", ["1:7"]),
            feed.subscribe("happened", ["1:7:"]),
        )
        await say(
            db, Happened("1:7", 1), Happened("1:8", 2), Happened("11:7", 3), Happened("1:7:x", 4), Happened("1:", 5)
        )
        assert [payload["number"] for payload in await take(variant, 4)] == [1, 2, 4, 5]
        assert [payload["number"] for payload in await take(location, 1)] == [1]
        assert [payload["number"] for payload in await take(nested, 1)] == [4]
        for subscription in (variant, location, nested):
            subscription.close()
            assert [payload async for payload in subscription] == []


async def test_a_subscriber_who_does_not_read_keeps_the_newest_payload_per_key(db: Database) -> None:
    async with running_feed(db) as feed:
        slow, watcher = feed.subscribe("happened", ["a", "b"]), feed.subscribe("happened", ["end"])
        for number in range(50):
            await say(db, Happened("a", number), Happened("b", number))
        await say(db, Happened("a", 50), Happened("end"))
        await take(watcher, 1)
        assert await take(slow, 2) == [{"name": "b", "number": 49}, {"name": "a", "number": 50}]


@dataclass(frozen=True, slots=True)
class Level(Event):
    """As of a row that counts its changes."""

    topic: ClassVar[str] = "level"
    key_field: ClassVar[str] = "name"

    name: str
    version: int


async def test_facts_of_a_key_come_in_order_although_a_transaction_may_begin_before_and_lock_after_another(
    db: Database,
) -> None:
    """The first one has the lower transaction id, and tells of "a" last."""
    async with running_feed(db) as feed, db.write() as bystander:
        heard: list[tuple[str, int]] = []
        feed.listen("level", None, lambda facts, _: heard.extend((fact.key, fact.payload["version"]) for fact in facts))
        end = feed.subscribe("happened", ["end"])
        async with db.write() as first:
            await publish(first, Happened("first has an id now"))
            await publish(bystander, Happened("so that the two are not read at once"))
            await say(db, Level("a", 1))
            await publish(first, Level("a", 2))
        await say(db, Level("b", 1), Level("a", 3))
        await publish(bystander, Happened("end"))
        await bystander.connection.execute("COMMIT; BEGIN")
        await take(end, 1)
    assert [version for name, version in heard if name == "a"] == [1, 2, 3]
    assert ("b", 1) in heard


async def test_too_many_unread_keys_end_the_subscription_with_an_error(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed_module, "MAX_PENDING_KEYS", 3)
    async with running_feed(db) as feed:
        everything, watcher = feed.subscribe("happened"), feed.subscribe("happened", ["d"])
        await say(db, *(Happened(name) for name in "abcd"))
        await take(watcher, 1)
        with pytest.raises(SubscriberTooSlow):
            await take(everything, 1)


async def test_slow_writers_that_commit_out_of_order_lose_and_double_nothing(db: Database) -> None:
    """Each writer draws its row's id early and commits late; per key the rows are locked, so order is defined."""
    writers, rounds, chance = 12, 8, random.Random(7)
    locks = [asyncio.Lock() for _ in range(4)]
    delays = [[chance.uniform(0, 0.03) for _ in range(rounds)] for _ in range(writers)]
    numbers = iter(range(writers * rounds))
    sent: dict[str, list[int]] = {f"k{key}": [] for key in range(len(locks))}

    async def writer(index: int) -> None:
        for delay in delays[index]:
            key = index % len(locks)
            async with locks[key], db.write() as tx:
                number = next(numbers)
                await publish(tx, Happened(f"k{key}", number), Happened(f"only-{number}", number))
                await asyncio.sleep(delay)
                sent[f"k{key}"].append(number)

    async with running_feed(db) as feed:
        received: list[dict[str, Any]] = []
        everything = feed.subscribe("happened")

        async def reader() -> None:
            async for payload in everything:
                received.append(payload)  # noqa: PERF401  # others look at the list meanwhile

        reading = asyncio.create_task(reader())
        await asyncio.gather(*(writer(index) for index in range(writers)))

        async def is_complete() -> bool:
            unique = [payload for payload in received if payload["name"].startswith("only-")]
            return len(unique) >= writers * rounds

        await until(is_complete)
        everything.close()
        await reading
    unique = [payload["number"] for payload in received if payload["name"].startswith("only-")]
    assert sorted(unique) == list(range(writers * rounds))
    for key, expected in sent.items():
        heard = [payload["number"] for payload in received if payload["name"] == key]
        # Two facts about one key that are read at once are one payload, so some may be missing, never the last.
        assert heard == [number for number in expected if number in set(heard)]
        assert heard[-1] == expected[-1]


async def test_a_fact_behind_an_open_transaction_comes_when_that_ends(db: Database) -> None:
    async with running_feed(db) as feed:
        subscription = feed.subscribe("happened")
        async with db.write() as slow:
            await publish(slow, Happened("slow", 1))
            await say(db, Happened("fast", 2))
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.1):
                    await anext(subscription)
        assert {payload["name"] for payload in await take(subscription, 2)} == {"slow", "fast"}


async def test_commits_of_another_process_are_heard_by_notification(db: Database) -> None:
    async with running_feed(db) as writing:
        other = await Database.open(db.dsn, read_connections=1, write_connections=2)
        async with running_feed(other) as listening:
            subscription = listening.subscribe("happened")
            assert db.after_publish == writing.wake
            for number in range(5):
                await say(db, Happened("a", number))
                assert await take(subscription, 1) == [{"name": "a", "number": number}]
        await other.close()


async def test_commits_that_nobody_told_of_are_found_by_the_poll(db: Database) -> None:
    async with running_feed(db) as feed:
        subscription = feed.subscribe("happened")
        db.after_publish = None
        await say(db, Happened("a", 1))
        assert await take(subscription, 1) == [{"name": "a", "number": 1}]


async def test_many_commits_share_a_notification(db: Database) -> None:
    heard: list[str] = []
    async with db.listening_connection() as connection, running_feed(db) as feed:
        await connection.add_listener(CHANNEL, lambda *notification: heard.append(notification[3]))
        subscription = feed.subscribe("happened", ["19"])
        async with asyncio.TaskGroup() as group:
            for number in range(20):
                group.create_task(say(db, Happened(str(number), number)))
        await take(subscription, 1)
        # The subscriber may have polled before the notification was sent.
        async with asyncio.timeout(30):
            while not heard:
                await connection.fetchval("SELECT pg_sleep(0.01)")
        assert len(heard) < 20


async def test_the_feed_goes_on_where_it_was_after_losing_its_connections(db: Database) -> None:
    own = await Database.open(db.dsn, read_connections=2, write_connections=2)
    async with running_feed(own) as feed:
        subscription = feed.subscribe("happened")
        await say(db, Happened("a", 1))
        assert await take(subscription, 1) == [{"name": "a", "number": 1}]
        killed = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE pid = ANY($1)"
        pids = [await _backend(own)]
        async with db.write() as tx:
            await tx.connection.execute(AS_OWNER)
            listening = (
                "SELECT pid FROM pg_stat_activity WHERE query LIKE '%LISTEN%'"
                " AND datname = current_database() AND pid <> pg_backend_pid()"
            )
            pids += [row["pid"] for row in await tx.connection.fetch(listening)]
            await tx.connection.fetchval(killed, pids)
            await publish(tx, Happened("b", 2))
        assert await take(subscription, 1) == [{"name": "b", "number": 2}]
        await say(db, Happened("c", 3))
        assert await take(subscription, 1) == [{"name": "c", "number": 3}]
    await own.close()


async def _backend(database: Database) -> int:
    async with database.read() as tx:
        return await tx.connection.fetchval("SELECT pg_backend_pid()")


async def test_closing_leaks_nothing(db: Database) -> None:
    async with running_feed(db) as feed:
        subscriptions = [feed.subscribe("happened", [f"k{number}", "shared", "many:"]) for number in range(100)]
        subscriptions += [feed.subscribe("happened") for _ in range(10)]
        assert feed.subscriber_count == 110
        async with subscriptions.pop():
            pass
        subscriptions.pop().close()
        assert feed.subscriber_count == 108
        subscriptions.clear()
        gc.collect()
        assert feed.subscriber_count == 0
        assert feed._wanted == {}


async def test_a_canceled_reader_frees_its_subscription(db: Database) -> None:
    async with running_feed(db) as feed:

        async def read() -> None:
            async for _payload in feed.subscribe("happened"):
                pass

        reading = asyncio.create_task(read())
        await until(lambda: _is(feed, 1))
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        del reading
        await asyncio.sleep(0)  # the event loop lets go of the task
        gc.collect()
        assert feed.subscriber_count == 0


async def _is(feed: Feed, count: int) -> bool:
    return feed.subscriber_count == count


async def test_closing_the_feed_ends_its_subscriptions(db: Database) -> None:
    feed = Feed(db)
    await feed.start()
    subscription = feed.subscribe("happened")
    waiting = asyncio.create_task(anext(subscription, None))
    await asyncio.sleep(0)
    await feed.close()
    async with asyncio.timeout(PATIENCE_S):
        assert await waiting is None
    assert db.after_publish is None
