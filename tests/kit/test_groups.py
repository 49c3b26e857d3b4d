"""Group commit: who shares a transaction, who hears of what, and that one cannot hurt the others."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import asyncpg
import pytest
import strawberry

from app.kit import idempotency
from app.kit.db import Database, WriteTx
from app.kit.errors import DomainError, NotFound
from app.kit.graphql.context import Context
from app.kit.graphql.payload import Answered, Asked, Outcome, Payload, commit_in_group, grouped
from app.kit.groups import HOT, RECENT, Group
from app.kit.permissions import SHOPPER
from tests.conftest import CONFIG

COUNT = "SELECT count(*) FROM feed_cursors"
PUT = "INSERT INTO feed_cursors (reader, xid, id) VALUES ($1, 0, 0)"


async def write(tx: WriteTx, names: Sequence[str]) -> list[str | DomainError]:
    """Writes a row for each name but those that are refused; `poison` breaks the whole statement."""
    if "poison" in names:
        await tx.connection.execute("SELECT 1 / 0")
    for name in names:
        if not name.startswith("no"):
            await tx.connection.execute(PUT, f"{name} {uuid4()}")
    return [NotFound(name) if name.startswith("no") else f"{name} of {len(names)}" for name in names]


async def rows(db: Database) -> int:
    async with db.read() as tx:
        return await tx.connection.fetchval(COUNT)


async def test_who_comes_while_a_batch_commits_shares_the_next_one(db: Database) -> None:
    group = Group(db, write)
    answers = await asyncio.gather(*(group.ask(f"n{number}") for number in range(20)))
    # All were asked before the first batch could begin: see `_take`.
    assert answers == [f"n{number} of 20" for number in range(20)]
    assert (group.batches, group.requests, await rows(db)) == (1, 20, 20)


async def test_an_idle_lane_takes_one_at_once_and_the_rest_together(db: Database) -> None:
    group = Group(db, write)
    first = asyncio.create_task(group.ask("first"))
    await asyncio.sleep(0)  # it is in the queue, its lane begins
    await asyncio.sleep(0)
    assert group.batches == 1
    answers = await asyncio.gather(first, *(group.ask(f"n{number}") for number in range(3)))
    assert answers == ["first of 1", "n0 of 3", "n1 of 3", "n2 of 3"]


async def test_a_batch_has_a_bound_and_keeps_the_order(db: Database) -> None:
    group = Group(db, write, most=2)
    answers = await asyncio.gather(*(group.ask(name) for name in "abcde"))
    assert answers == ["a of 2", "b of 2", "c of 2", "d of 2", "e of 1"]
    assert group.batches == 3


async def test_a_refusal_is_heard_by_the_refused_alone(db: Database) -> None:
    group = Group(db, write)
    answers = await asyncio.gather(*(group.ask(name) for name in ("a", "no", "b")), return_exceptions=True)
    assert [str(answer) for answer in answers] == ["a of 3", "no", "b of 3"]
    assert isinstance(answers[1], NotFound)
    assert (group.batches, await rows(db)) == (1, 2)


async def test_a_poisoned_request_hurts_nobody_else(db: Database) -> None:
    group = Group(db, write)
    answers = await asyncio.gather(*(group.ask(name) for name in ("a", "poison", "b")), return_exceptions=True)
    assert [str(answer) for answer in answers] == ["a of 1", "division by zero", "b of 1"]
    # Three, then one and two, then one and one.
    assert (group.batches, await rows(db)) == (5, 2)


async def test_when_the_database_is_away_nobody_is_tried_one_by_one(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def gone(*_: Any, **__: Any) -> Any:
        raise asyncpg.ConnectionDoesNotExistError("gone")

    monkeypatch.setattr(db, "in_lane", gone)
    group = Group(db, write)
    answers = await asyncio.gather(*(group.ask(name) for name in "abc"), return_exceptions=True)
    assert [str(answer) for answer in answers] == ["gone"] * 3
    assert group.batches == 1


async def test_who_stops_waiting_stops_nothing(db: Database) -> None:
    group = Group(db, write)
    waiting = [asyncio.create_task(group.ask(name)) for name in "abc"]
    await asyncio.sleep(0)
    waiting[1].cancel()
    answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert [str(answers[0]), str(answers[2])] == ["a of 3", "c of 3"]
    assert await rows(db) == 3


async def test_lanes_are_apart(db: Database) -> None:
    group = Group(db, write, lanes=2)
    answers = await asyncio.gather(*(group.ask(f"n{number}", lane=number) for number in range(6)))
    assert answers == [f"n{number} of 3" for number in range(6)]
    assert group.batches == 2


@strawberry.type(description="An answer.")
class NamePayload(Payload):
    """With what was stored."""

    name: strawberry.Private[str | None] = None


async def outcomes(tx: WriteTx, names: Sequence[str]) -> list[Outcome | DomainError]:
    answers = await write(tx, names)
    return [one if isinstance(one, DomainError) else Outcome({"name": one}) for one in answers]


def asker(db: Database) -> Any:
    group: Group[Asked[str], Answered] = Group(db, grouped(outcomes))

    async def ask(name: str, key: str, operation: str = "put") -> tuple[Any, ...]:
        now = datetime(2026, 11, 22, tzinfo=UTC)
        context = Context(db=db, config=CONFIG, actor=SHOPPER, now=now, language="ja", channel="jp")
        payload = await commit_in_group(
            context, NamePayload, group, name, operation=operation, key=key, body={"name": name}, subject="s"
        )
        return payload.name, payload.replayed, [error.code.name for error in payload.user_errors]

    return ask


async def test_one_answer_for_each_key(db: Database) -> None:
    ask = asker(db)
    answers = await asyncio.gather(
        ask("a", "1"),
        ask("a", "1"),
        ask("b", "1"),
        ask("no", "2"),
        ask("c", "3"),
        ask("c", "3", "other"),
        ask("d", " "),
    )
    assert answers == [
        ("a of 3", False, []),
        ("a of 3", True, []),
        (None, False, ["IDEMPOTENCY_KEY_REUSED"]),
        (None, False, ["NOT_FOUND"]),
        ("c of 3", False, []),
        (None, False, ["IDEMPOTENCY_KEY_REUSED"]),
        (None, False, ["INVALID_INPUT"]),
    ]
    # A refusal is not stored: the key may be tried again.
    assert await ask("yes", "2") == ("yes of 1", False, [])
    assert await ask("yes", "2") == ("yes of 1", True, [])
    assert await rows(db) == 3


async def test_twins_in_two_processes(db: Database) -> None:
    """The second one waits for the first one's commit, finds its answer, and its own work is rolled back."""
    ask, other = asker(db), asker(db)
    for attempt in range(5):
        name = f"n{attempt}"
        answers = await asyncio.gather(*(each(name, name) for each in (ask, other, ask, other)))
        assert sorted(answers, key=str) == [(f"{name} of 1", False, [])] + [(f"{name} of 1", True, [])] * 3
    assert await rows(db) == 5


async def test_answers_of_a_twin_are_a_reason_to_try_again(db: Database) -> None:
    keyed = idempotency.Keyed("c", "k", "op", b"")
    async with db.write() as tx:
        await idempotency.store_answers(tx, [])
        await idempotency.store_answers(tx, [(keyed, {"a": 1})])
    with pytest.raises(asyncpg.SerializationError):
        async with db.write() as tx:
            await idempotency.store_answers(tx, [(keyed, {"a": 2})])
    async with db.read() as tx:
        assert await idempotency.find_answers(tx, [keyed]) == {0: {"a": 1}}  # type: ignore[arg-type]


async def test_what_is_hot_gets_a_lane_of_its_own_and_gives_it_back(db: Database) -> None:
    async def answer(_tx: WriteTx, numbers: Sequence[int]) -> list[int | DomainError]:
        return list(numbers)

    group: Group[int, int] = Group(db, answer, lanes=2)
    # 64 of 256: a quarter. Lane 2 and 4 would share one.
    wanted = [2 if number % 4 == 0 else 1_000 + number for number in range(RECENT)]
    await asyncio.gather(*(group.ask(number, lane=number) for number in wanted[:-1]))
    assert group.hot == []
    await group.ask(wanted[-1], lane=2)
    assert group.hot == [2]
    batches = group.batches
    answers = await asyncio.gather(*(group.ask(number, lane=number) for number in (2, 4, 2)))
    assert (answers, group.batches - batches) == ([2, 4, 2], 2)
    # Another one is asked for as often: the first keeps its lane until few ask for it.
    await asyncio.gather(*(group.ask(4, lane=4) for _ in range(RECENT - HOT)))
    assert group.hot == [2, 4]
    await asyncio.gather(*(group.ask(5, lane=5) for _ in range(RECENT)))
    assert group.hot == [4, 5]


async def test_who_waits_moves_to_the_new_lane_and_stays_in_front(db: Database) -> None:
    order: list[int] = []

    async def answer(_tx: WriteTx, numbers: Sequence[int]) -> list[int | DomainError]:
        order.extend(numbers)
        return list(numbers)

    group: Group[int, int] = Group(db, answer, lanes=2, most=64)
    answers = await asyncio.gather(*(group.ask(number, lane=8 + 2 * (number % 3)) for number in range(RECENT + 30)))
    assert answers == list(range(RECENT + 30))
    assert sorted(group.hot) == [8, 10, 12]
    for lane in range(3):
        mine = [number for number in order if number % 3 == lane]
        assert mine == sorted(mine)
    await group.close()


async def test_a_locked_row_holds_up_one_request_and_not_its_batch(db: Database) -> None:
    """A lane waits a second for a lock; it is not asked for again while others wait behind."""

    async def lock(tx: WriteTx, names: Sequence[str]) -> list[str | DomainError]:
        await tx.connection.execute("SET LOCAL lock_timeout = '20ms'")
        await tx.connection.execute("SELECT 1 FROM feed_cursors WHERE reader = ANY($1) FOR UPDATE", names)
        return list(names)

    async with db.write() as tx:
        for name in "abcd":
            await tx.connection.execute(PUT, name)
    group = Group(db, lock)
    async with db.write() as other:
        await other.connection.execute("SELECT 1 FROM feed_cursors WHERE reader = 'c' FOR UPDATE")
        answers = await asyncio.gather(*(group.ask(name) for name in "abcd"), return_exceptions=True)
    assert [str(answer) for answer in answers[:2]] + [str(answers[3])] == ["a", "b", "d"]
    assert isinstance(answers[2], asyncpg.LockNotAvailableError)


async def test_lanes_have_short_patience(db: Database) -> None:
    async with db.write(in_lane=True) as tx:
        assert await tx.connection.fetchval("SHOW lock_timeout") == "1s"
        assert await tx.connection.fetchval("SHOW statement_timeout") == "2s"
