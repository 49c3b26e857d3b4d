"""The outbox: facts become visible with their change, readers miss none, old ones are pruned."""

import asyncio
import random
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar
from uuid import UUID

import pytest

from app.kit.clock import utc_now
from app.kit.db import Database
from app.kit.ids import new_id
from app.kit.outbox import (
    START,
    Event,
    Position,
    advance_reader,
    fact,
    newest_position,
    prune_outbox,
    publish,
    read_feed,
    read_topics,
    reader_position,
    unfold,
)
from app.kit.statement import Statement
from tests.kit.feed_tools import Happened, say, until


@dataclass(frozen=True, slots=True)
class Moved(Event):
    topic: ClassVar[str] = "moved"
    key_field: ClassVar[str] = "order_id"

    order_id: UUID
    quantities: dict[str, int]
    note: str | None = None


async def read_all(
    db: Database, after: Position, count: int, limit: int = 500
) -> list[tuple[str, str, dict[str, object]]]:
    """The next `count` facts; other test processes on this server may hold the horizon back for a while."""
    found: list[tuple[str, str, dict[str, object]]] = []

    async def have_all() -> bool:
        found.clear()
        position = after
        async with db.read() as tx:
            while rows := await read_feed(tx, position, limit):
                found.extend(fact(row) for row in rows)  # type: ignore[arg-type]
                position = Position(rows[-1].xid, rows[-1].id)
        return len(found) >= count

    await until(have_all)
    return found


class Reader:
    """Goes on by cursor from page to page."""

    def __init__(self, limit: int) -> None:
        self.limit, self.position = limit, START
        self.heard: list[tuple[str, int]] = []

    async def read(self, db: Database) -> None:
        async with db.read() as tx:
            while rows := await read_feed(tx, self.position, self.limit):
                self.heard += [(row["key"], row["payload"]["number"]) for row in rows]
                self.position = Position(rows[-1]["xid"], rows[-1]["id"])

    async def has_all(self, db: Database, count: int) -> bool:
        await self.read(db)
        return len(self.heard) >= count


async def test_a_fact_is_its_topic_key_and_values_as_json(db: Database) -> None:
    order_id = new_id()
    assert Moved.names() == ["order_id", "quantities", "note"]
    await say(db, Moved(order_id, {"a": 1}))
    assert await read_all(db, START, 1) == [
        ("moved", str(order_id), {"order_id": str(order_id), "quantities": {"a": 1}, "note": None})
    ]


async def test_facts_are_read_in_pages_in_the_order_of_writing(db: Database) -> None:
    await say(db, *(Happened("a", number) for number in range(7)))
    await say(db, *(Happened("a", number) for number in range(7, 10)))
    read = await read_all(db, START, 10, limit=3)
    assert [payload["number"] for _, _, payload in read] == list(range(10))


async def test_a_fact_that_commits_late_is_read_later_and_not_skipped(db: Database) -> None:
    async with db.write() as slow:
        await publish(slow, Happened("slow"))
        await say(db, Happened("fast"))
        async with db.read() as tx:
            assert await read_feed(tx, START) == []
            assert await newest_position(tx) == START
    assert {key for _, key, _ in await read_all(db, START, 2)} == {"slow", "fast"}


@pytest.mark.parametrize("limit", [1, 500])
async def test_facts_of_a_key_are_read_in_order_whoever_began_first(db: Database, limit: int) -> None:
    """The slow transaction draws its id first and gets the lock last; one in between holds the horizon back.

    In the order of the transactions' own ids its fact could be read first, and alone.
    """
    reader = Reader(limit)
    async with db.write() as slow:
        await publish(slow, Happened("its id is drawn"))
        async with db.write() as between:
            await publish(between, Happened("another key"))
            await say(db, Happened("a", 1))
            await say(db, Happened("a", 2))
            await reader.read(db)
            await publish(slow, Happened("a", 3))
            await slow.connection.execute("COMMIT; BEGIN")
            await say(db, Happened("a", 4))
            await reader.read(db)
    await until(lambda: reader.has_all(db, 6))
    assert [number for key, number in reader.heard if key == "a"] == [1, 2, 3, 4]
    assert sorted(reader.heard) == [("a", 1), ("a", 2), ("a", 3), ("a", 4), ("another key", 0), ("its id is drawn", 0)]


@pytest.mark.parametrize("seed", range(3))
async def test_a_crowd_that_begins_early_and_locks_late_is_heard_in_order(db: Database, seed: int) -> None:
    """Each fact has the number that its key's row had under its lock; readers go on by cursor, in pages of any size."""
    chance = random.Random(seed)
    async with db.write() as tx:
        for name in "abc":
            await advance_reader(tx, name, START)  # rows to lock, each with a number

    async def write() -> None:
        for _ in range(12):
            async with db.write() as tx:
                await publish(tx, Happened("early"))
                for name in sorted(chance.sample("abc", chance.randint(1, 3))):
                    for _ in range(chance.choice((0, 0, 2, 6))):
                        await tx.connection.fetchval("SELECT 1")
                    position = await reader_position(tx, name)
                    await advance_reader(tx, name, Position(0, position.id + 1))
                    await publish(tx, Happened(name, position.id + 1))
                if chance.random() < 0.2:
                    await tx.connection.execute("ROLLBACK; BEGIN")

    readers, is_over = [Reader(limit) for limit in (1, 3, 500)], False

    async def read(reader: Reader) -> None:
        while not is_over:
            await reader.read(db)

    reading = [asyncio.create_task(read(reader)) for reader in readers]
    await asyncio.gather(*(write() for _ in range(8)))
    is_over = True
    await asyncio.gather(*reading)
    async with db.read() as tx:
        written = await tx.connection.fetch("SELECT key, count(*) FROM outbox GROUP BY 1")
        last = {
            name: (await tx.connection.fetchval("SELECT id FROM feed_cursors WHERE reader = $1", name))
            for name in "abc"
        }
    for reader in readers:
        await until(lambda reader=reader: reader.has_all(db, sum(count for _, count in written)))
        for name in "abc":
            assert [number for key, number in reader.heard if key == name] == list(range(1, last[name] + 1))


async def test_a_rolled_back_fact_never_appears(db: Database) -> None:
    async def broken_off() -> None:
        async with db.write() as tx:
            await publish(tx, Happened("never"))
            raise LookupError

    with pytest.raises(LookupError):
        await broken_off()
    await say(db, Happened("real"))
    assert [key for _, key, _ in await read_all(db, START, 1)] == ["real"]


async def test_named_readers_go_on_where_they_were(db: Database) -> None:
    async with db.write() as tx:
        assert await reader_position(tx, "a") == START
        await advance_reader(tx, "a", Position(5, 7))
    async with db.write() as tx:
        assert await reader_position(tx, "a") == Position(5, 7)
        assert await reader_position(tx, "b") == START


async def test_facts_are_pruned_when_they_are_old_and_everybody_has_read_them(db: Database) -> None:
    await say(db, *(Happened("a", number) for number in range(4)))
    await read_all(db, START, 4)
    later = utc_now() + timedelta(days=1)

    async def left_after_pruning(before_days: int = 0) -> int:
        async with db.write() as tx:
            await prune_outbox(tx, before=later - timedelta(days=before_days))
        async with db.read() as tx:
            return await tx.fetchval(Statement("SELECT count(*) FROM outbox"))

    assert await left_after_pruning() == 4  # nobody has a cursor: a reader may still begin
    async with db.write() as tx:
        rows = await read_feed(tx, START)
        await advance_reader(tx, "fast", Position(rows[3].xid, rows[3].id))
        await advance_reader(tx, "slow", Position(rows[1].xid, rows[1].id))
    assert await left_after_pruning(before_days=2) == 4  # too young
    assert await left_after_pruning() == 2
    async with db.write() as tx:
        await advance_reader(tx, "slow", Position(rows[3].xid, rows[3].id))
    assert await left_after_pruning() == 0


async def test_a_reader_of_some_topics_passes_the_others_quickly(db: Database) -> None:
    async with db.write() as tx:
        await tx.connection.execute(
            """INSERT INTO outbox (topic, key, payload)
               SELECT CASE WHEN n % 1000 = 0 THEN 'rare' ELSE 'common' END, n::text, '{}'
                 FROM generate_series(1, 3500) n"""
        )

    async def can_be_read() -> bool:
        async with db.read() as tx:
            return await newest_position(tx) != START

    # Transactions of other test processes on this server may hold the horizon back for a while.
    await until(can_be_read)
    position, seen, passed = START, [], []
    async with db.read() as tx:
        while True:
            rows, position, count = await read_topics(tx, position, ["rare", "absent"], limit=2, scan=1500)
            if not count:
                break
            seen += [row["key"] for row in rows]
            passed.append(count)
        assert seen == ["1000", "2000", "3000"]
        assert passed == [1500, 2, 500]
        assert position == await newest_position(tx)
    async with db.read() as tx:
        rows, reached, count = await read_topics(tx, START, ["common"], limit=2, scan=1500)
        assert ([row["key"] for row in rows], count) == (["1", "2"], 2)
        assert reached.id == rows[-1]["id"]


async def test_many_facts_of_one_kind_share_rows_and_are_read_as_if_each_had_its_own(db: Database) -> None:
    many = [Happened(f"n{number % 1000}", number) for number in range(1200)]
    few = Moved(new_id(), {"1": 2})
    await say(db, many[0], few, *many[1:])
    async with db.read() as tx:
        rows = await tx.connection.fetch("SELECT id, topic, key FROM outbox ORDER BY id")
    assert [(row["topic"], row["key"]) for row in rows] == [
        ("moved", few.key),
        ("happened", "*"),
        ("happened", "*"),
    ]
    heard: list[tuple[Position, str, dict[str, object]]] = []

    async def has_all() -> bool:
        async with db.read() as tx:
            found, _, _ = await read_topics(tx, START, ["happened"])
        heard[:] = [each for row in found for each in unfold(row)]
        return len(heard) == 1200

    await until(has_all)
    assert [(key, payload) for _, key, payload in heard] == [(one.key, one.payload()) for one in many]
    places = [place for place, _, _ in heard]
    assert places == sorted(set(places))


async def test_fewer_stay_rows_of_their_own(db: Database) -> None:
    await say(db, *(Happened(f"n{number}", number) for number in range(99)))
    async with db.read() as tx:
        assert await tx.connection.fetchval("SELECT count(*) FROM outbox WHERE key <> '*'") == 99


async def test_a_reader_of_some_topics_stops_where_rows_tell_of_much(db: Database) -> None:
    for _ in range(4):
        await say(db, *(Happened(f"n{number}", number) for number in range(150)))
    found: list[int] = []

    async def has_all() -> bool:
        found.clear()
        position = START
        async with db.read() as tx:
            while True:
                rows, position, count = await read_topics(tx, position, ["happened"], most=200)
                if not count:
                    return sum(found) == 4
                found.append(len(rows))

    await until(has_all)
    assert found == [2, 2]
