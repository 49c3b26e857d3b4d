"""One answer per idempotency key, whoever asks how often."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.clock import utc_now
from app.kit.db import Database, WriteTx
from app.kit.errors import IdempotencyKeyReused, InvalidInput
from app.kit.idempotency import MAX_KEY_LENGTH, answer, body_hash, claim, prune_requests
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


async def test_old_answers_are_forgotten(db: Database) -> None:
    await once(db)
    async with db.write() as tx:
        assert await prune_requests(tx, before=utc_now() - timedelta(days=1)) == 0
        assert await prune_requests(tx, before=utc_now() + timedelta(days=1), keep_callers=["c"]) == 0
        assert await prune_requests(tx, before=utc_now() + timedelta(days=1)) == 1
    assert await once(db) is None


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), JSON))
def test_the_order_of_keys_does_not_matter(body: dict[str, Any]) -> None:
    assert body_hash(body) == body_hash(dict(reversed(body.items())))
    assert body_hash(body) != body_hash({**body, "one more key": 1})
