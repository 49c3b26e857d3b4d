"""Reference data in process: never older than what this process was told, and nothing without somebody who listens."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import asyncpg
import pytest

from app.kit.db import Database, ReadTx
from app.kit.feed import Feed
from app.kit.reference import Kept, Reference
from app.kit.statement import Statement
from tests.conftest import AS_OWNER
from tests.kit.feed_tools import running_feed, until

GROUPS = Statement("SELECT code, names FROM location_groups WHERE code = ANY(CAST(:codes AS text[]))")
ADD = Statement("INSERT INTO location_groups (code, names) VALUES (:code, CAST(:names AS jsonb))")
RENAME = Statement("UPDATE location_groups SET names = CAST(:names AS jsonb) WHERE code = :code")
KILL_LISTENERS = Statement("""
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
     WHERE datname = current_database() AND query LIKE :like AND pid <> pg_backend_pid()
""")


@dataclass
class Loads:
    """A kind of reference data that writes down what is loaded, and can be held up after the loading."""

    asked: list[list[str]] = field(default_factory=list[list[str]])
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    reached: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.gate.set()
        self.kept: Kept[str, str] = Kept(frozenset({"location_groups"}), self.load, capacity=100)

    async def load(self, tx: ReadTx, keys: list[str]) -> Mapping[str, str]:
        self.asked.append(keys)
        found = {row.code: row.names["en"] for row in await tx.fetch(GROUPS, codes=keys)}
        self.reached.set()
        await self.gate.wait()
        return found

    async def find(self, db: Database, *keys: str) -> dict[str, str]:
        return await db.reference.find(self.kept, keys, db.read)


async def add(db: Database, code: str, name: str = "one") -> None:
    async with db.write() as tx:
        await tx.execute(ADD, code=code, names={"en": name})


async def rename(db: Database, code: str, name: str) -> None:
    async with db.write() as tx:
        await tx.execute(RENAME, code=code, names={"en": name})


@asynccontextmanager
async def listening(db: Database) -> AsyncGenerator[Feed, None]:
    async with running_feed(db) as feed:
        await until(lambda: is_on(db))
        yield feed


async def is_on(db: Database) -> bool:
    return db.reference.is_on


@pytest.fixture
async def other(db: Database) -> AsyncGenerator[Database, None]:
    """As another process sees the same database."""
    other = await Database.open(db.dsn, read_connections=2, write_connections=2)
    yield other
    await other.close()


async def test_without_a_listener_every_question_goes_to_the_database(db: Database) -> None:
    await add(db, "a")
    loads = Loads()
    assert [await loads.find(db, "a"), await loads.find(db, "a")] == [{"a": "one"}] * 2
    assert loads.asked == [["a"], ["a"]]
    assert not db.reference.is_on


async def test_with_a_listener_what_is_known_is_not_asked_for_again(db: Database) -> None:
    await add(db, "a")
    await add(db, "b", "two")
    loads = Loads()
    async with listening(db):
        assert await loads.find(db, "a") == {"a": "one"}
        assert await loads.find(db, "b", "a", "none") == {"a": "one", "b": "two"}
        assert await loads.find(db, "a", "b") == {"a": "one", "b": "two"}
        assert await loads.find(db, "none") == {}
        assert loads.asked == [["a"], ["b", "none"], ["none"]]
    assert await loads.find(db, "a") == {"a": "one"}
    assert loads.asked[3:] == [["a"]]


async def test_who_wrote_reads_what_it_wrote_before_any_notification(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Reference, "_hear", lambda *_: None)
    await add(db, "a")
    loads = Loads()
    async with running_feed(db):
        reference = db.reference
        reference._called[self_heard := Open()] = reference._heard[self_heard] = reference._clock()
        try:
            for name in ("two", "three", "four"):
                await loads.find(db, "a")
                await rename(db, "a", name)
                assert await loads.find(db, "a") == {"a": name}
            assert await loads.find(db, "a") == {"a": "four"}
            assert len(loads.asked) == 4
        finally:
            del reference._called[self_heard], reference._heard[self_heard]


async def copied() -> AsyncGenerator[bytes, None]:
    yield b'a,"{""en"": ""copied""}"\n'


class Open:
    """A connection that is never closed."""

    def is_closed(self) -> bool:
        return False


async def test_a_copy_and_a_commit_of_unknown_outcome_count_as_writing(db: Database) -> None:
    loads = Loads()
    async with listening(db):
        await loads.find(db, "a")
        async with db.write() as tx:
            await tx.copy_csv("location_groups", ("code", "names"), copied())
        assert await loads.find(db, "a") == {"a": "copied"}

        async def failing() -> None:
            async with db.write() as tx:
                await tx.execute(RENAME, code="a", names={"en": "never"})
                raise ConnectionError

        with pytest.raises(ConnectionError):
            await failing()
        assert kinds(db) == 0
        assert await loads.find(db, "a") == {"a": "copied"}


def kinds(db: Database) -> int:
    return len(db.reference._values)


async def test_writing_other_tables_drops_nothing(db: Database) -> None:
    await add(db, "a")
    loads = Loads()
    async with listening(db):
        await loads.find(db, "a")
        async with db.write() as tx:
            await tx.execute(Statement("INSERT INTO outbox (topic, key, payload) VALUES ('x', 'k', '{}')"))
        assert await loads.find(db, "a") == {"a": "one"}
        assert len(loads.asked) == 1


@pytest.mark.parametrize(
    "sql",
    [
        'UPDATE location_groups SET names = \'{"en": "new"}\'',
        "DELETE FROM location_groups WHERE code = 'b'; UPDATE location_groups SET names = '{\"en\": \"new\"}'",
        'SET session_replication_role = replica; UPDATE location_groups SET names = \'{"en": "new"}\'',
        "TRUNCATE location_groups CASCADE",
    ],
)
async def test_other_processes_and_hands_are_heard(db: Database, other: Database, sql: str) -> None:
    await add(db, "a")
    loads = Loads()
    async with listening(db):
        assert await loads.find(db, "a") == {"a": "one"}
        connection = await asyncpg.connect(other.dsn)
        await connection.execute(sql)
        await connection.close()
        expected = {} if "TRUNCATE" in sql else {"a": "new"}

        async def is_new() -> bool:
            return await loads.find(db, "a") == expected

        await until(is_new)


async def test_two_processes_hear_each_other(db: Database, other: Database) -> None:
    await add(db, "a")
    here, there = Loads(), Loads()
    async with listening(db), listening(other):
        for number in range(10):
            await here.find(db, "a")
            await there.find(other, "a")
            writer = (db, other)[number % 2]
            await rename(writer, "a", str(number))
            assert await (here, there)[number % 2].find(writer, "a") == {"a": str(number)}

            async def is_told(number: int = number) -> bool:
                found = (await here.find(db, "a"), await there.find(other, "a"))
                return found == ({"a": str(number)}, {"a": str(number)})

            await until(is_told)


@pytest.mark.parametrize("tell", ["local", "notified"])
async def test_what_was_loaded_before_a_change_is_not_kept_after_it(db: Database, other: Database, tell: str) -> None:
    await add(db, "a")
    loads = Loads()
    async with listening(db):
        loads.gate.clear()
        slow = asyncio.create_task(loads.find(db, "a"))
        await loads.reached.wait()
        before = db.reference._changes["location_groups"]
        await rename(db if tell == "local" else other, "a", "two")

        async def is_told() -> bool:
            return db.reference._changes["location_groups"] > before

        await until(is_told)
        loads.gate.set()
        assert await slow == {"a": "one"}
        assert kinds(db) == 0
        assert await loads.find(db, "a") == {"a": "two"}


async def test_a_load_that_lasts_longer_than_the_listening_is_not_kept(db: Database) -> None:
    await add(db, "a")
    loads = Loads()
    async with listening(db):
        loads.gate.clear()
        slow = asyncio.create_task(loads.find(db, "a"))
        await loads.reached.wait()
    async with listening(db):
        loads.gate.set()
        await slow
        assert kinds(db) == 0


async def test_a_lost_connection_ends_the_keeping_until_the_next_one_listens(db: Database, other: Database) -> None:
    await add(db, "a")
    loads = Loads()
    async with listening(db):
        await loads.find(db, "a")
        assert kinds(db) == 1
        lost = [*db.reference._heard]
        async with other.write() as tx:
            await tx.connection.execute(AS_OWNER)
            await tx.fetchval(KILL_LISTENERS, like="%pg_notify%")

        async def is_another() -> bool:
            return db.reference.is_on and [*db.reference._heard] != lost

        async def is_dropped() -> bool:
            return not db.reference.is_on or await is_another()

        await until(is_dropped)
        # Nobody tells of this one.
        await rename(other, "a", "two")
        await until(is_another)
        assert await loads.find(db, "a") == {"a": "two"}
