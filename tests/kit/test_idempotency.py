"""One answer per idempotency key, whoever asks how often."""

import asyncio
from datetime import date, timedelta
from typing import Any

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.db import Database, WriteTx
from app.kit.errors import IdempotencyKeyReused, InvalidInput
from app.kit.idempotency import (
    MAX_KEY_LENGTH,
    Keyed,
    answer,
    begin_request_period,
    body_hash,
    claim,
    find_answers,
    store_answers,
)
from app.kit.statement import Statement

BODY = body_hash({"a": 1})
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=3)
    ),
    max_leaves=10,
)


async def once(
    db: Database, *, caller: str = "c", key: str = "k", operation: str = "op", body: bytes = BODY
) -> dict[str, Any] | None:
    """Claim, and answer with a running number when the key is new."""

    async def work(tx: WriteTx) -> dict[str, Any] | None:
        stored = await claim(tx, caller=caller, key=key, operation=operation, body=body)
        if stored is None:
            number = await tx.fetchval(Statement("SELECT count(*) FROM requests"))
            await answer(tx, caller=caller, key=key, value={"number": number})
        return stored

    return await db.in_write(work)


async def test_a_repetition_gets_the_stored_answer(db: Database) -> None:
    assert await once(db) is None
    assert await once(db) == {"number": 1}
    assert await once(db, key="other") is None
    assert await once(db, caller="somebody else") is None
    assert await once(db) == {"number": 1}


async def test_the_key_of_another_request_is_refused_and_changes_nothing(db: Database) -> None:
    await once(db)
    for other in ({"body": body_hash({"a": 2})}, {"operation": "other"}):
        with pytest.raises(IdempotencyKeyReused) as refused:
            await once(db, **other)  # type: ignore[arg-type]
        assert refused.value.path == ["input", "idempotencyKey"]
    assert await once(db) == {"number": 1}


async def test_a_request_that_rolled_back_leaves_its_key_free(db: Database) -> None:
    async def broken_off() -> None:
        async with db.write() as tx:
            assert await claim(tx, caller="c", key="k", operation="op", body=BODY) is None
            raise LookupError

    with pytest.raises(LookupError):
        await broken_off()
    assert await once(db) is None


async def test_of_many_at_once_one_works_and_the_others_get_its_answer(db: Database) -> None:
    found = await asyncio.gather(*(once(db) for _ in range(15)))
    assert found.count(None) == 1
    assert [entry for entry in found if entry] == [{"number": 1}] * 14


@pytest.mark.parametrize("key", ["", "   ", "x" * (MAX_KEY_LENGTH + 1), "a\x00b", "a\nb"])
async def test_what_is_no_key_is_refused(db: Database, key: str) -> None:
    with pytest.raises(InvalidInput):
        await once(db, key=key)


async def period(db: Database) -> date:
    """The day on which the present period began."""
    async with db.read() as tx:
        return await tx.fetchval(Statement("SELECT request_period('requests_now')"))


async def turn(db: Database, *, days: int = 30, keep: tuple[str, ...] = ()) -> bool:
    """So many days after the present period began: end it, if it is 30 days old."""
    today = await period(db) + timedelta(days=days)
    return await db.in_write(lambda tx: begin_request_period(tx, today=today, least_days=30, keep_callers=keep))


async def test_an_answer_is_kept_for_a_period_after_its_own(db: Database) -> None:
    await once(db)
    assert not await turn(db, days=29)
    assert await turn(db, days=30)
    assert await once(db) == {"number": 1}
    assert await once(db, key="later") is None
    assert await turn(db, days=40, keep=("somebody else",))
    assert await once(db, key="later") == {"number": 2}
    assert await once(db) is None


async def test_some_callers_are_never_forgotten(db: Database) -> None:
    await once(db, caller="demo")
    await once(db)
    for _ in range(5):
        assert await turn(db, keep=("demo",))
    assert await once(db, caller="demo") == {"number": 1}
    async with db.read() as tx:
        assert await tx.fetchval(Statement("SELECT count(*) FROM requests")) == 1


async def test_a_batch_finds_answers_of_both_periods(db: Database) -> None:
    asked = [Keyed("c", key, "op", BODY) for key in ("old", "new", "none")]
    async with db.write() as tx:
        await store_answers(tx, [(asked[0], {"number": 1})])
    await turn(db)
    async with db.write() as tx:
        await store_answers(tx, [(asked[1], {"number": 2})])
    async with db.write() as tx:
        assert await find_answers(tx, asked) == {0: {"number": 1}, 1: {"number": 2}}


@pytest.mark.parametrize("is_batch", [False, True])
async def test_a_period_waits_for_who_has_begun_and_his_twin_for_it(db: Database, *, is_batch: bool) -> None:
    """The twin straddles the end of the period: its first half claims the key, and has not committed."""
    keyed = Keyed("c", "k", "op", BODY)
    async with db.write() as tx:
        if is_batch:
            assert await find_answers(tx, [keyed]) == {}
        else:
            assert await claim(tx, caller="c", key="k", operation="op", body=BODY) is None
        with pytest.raises(asyncpg.LockNotAvailableError):
            await turn(db)
        if is_batch:
            await store_answers(tx, [(keyed, {"half": 1})])
        else:
            await answer(tx, caller="c", key="k", value={"half": 1})
    assert await turn(db)
    assert await once(db) == {"half": 1}


async def test_of_twins_around_the_end_of_a_period_one_works(db: Database) -> None:
    """Twelve askers of each key, half of them in batches, with the end of a period between them."""
    worked = list[int]()

    async def ask(number: int, asker: int) -> None:
        keyed = Keyed("c", str(number), "op", BODY)

        async def work(tx: WriteTx) -> bool:
            if asker % 2:
                if await find_answers(tx, [keyed]):
                    return False
                await store_answers(tx, [(keyed, {"by": asker})])
                return True
            if await claim(tx, caller="c", key=str(number), operation="op", body=BODY) is not None:
                return False
            await answer(tx, caller="c", key=str(number), value={"by": asker})
            return True

        if await db.in_write(work):
            worked.append(number)

    for number in range(40):
        before = [ask(number, asker) for asker in range(6)]
        after = [ask(number, asker) for asker in range(6, 12)]
        turned, *_ = await asyncio.gather(turn(db), *before, *after)
        assert turned
    assert worked == list(range(40))


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), JSON))
def test_the_order_of_keys_does_not_matter(body: dict[str, Any]) -> None:
    assert body_hash(body) == body_hash(dict(reversed(body.items())))
    assert body_hash(body) != body_hash({**body, "one more key": 1})
