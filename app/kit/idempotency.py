"""One answer per idempotency key: the answer commits with the effects, a repetition gets it back."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

import asyncpg
import orjson
from sqlalchemy import bindparam, select

from app.kit.db import WriteTx
from app.kit.errors import DomainError, IdempotencyKeyReused, InvalidInput
from app.kit.statement import Statement
from app.kit.tables import requests

MAX_KEY_LENGTH: Final = 200

# A statement that names `requests_now` keeps the period from ending before its transaction does. Whoever comes after
# that end sees what was committed before it: the unique key of one period and a look at the last one leave no gap.
_CLAIM: Final = Statement("""
    INSERT INTO requests_now (caller, key, operation, body_hash)
    SELECT CAST(:caller AS text), CAST(:key AS text), CAST(:operation AS text), CAST(:body_hash AS bytea)
     WHERE NOT EXISTS (
           SELECT FROM requests_before b WHERE b.caller = CAST(:caller AS text) AND b.key = CAST(:key AS text))
    ON CONFLICT DO NOTHING
""")
_FIND: Final = Statement(
    select(requests.c.operation, requests.c.body_hash, requests.c.answer)
    .where(requests.c.caller == bindparam("caller"))
    .where(requests.c.key == bindparam("key"))
)
_ANSWER: Final = Statement("UPDATE requests_now SET answer = :answer WHERE caller = :caller AND key = :key")
_FIND_MANY: Final = Statement("""
    SELECT k.number, r.operation, r.body_hash, r.answer
      FROM unnest(CAST(:callers AS text[]), CAST(:keys AS text[])) WITH ORDINALITY AS k (caller, key, number)
     CROSS JOIN LATERAL (
           SELECT operation, body_hash, answer FROM requests_now WHERE caller = k.caller AND key = k.key
            UNION ALL
           SELECT operation, body_hash, answer FROM requests_before WHERE caller = k.caller AND key = k.key) r
""")
_STORE_MANY: Final = Statement("""
    INSERT INTO requests_now (caller, key, operation, body_hash, answer)
    SELECT * FROM unnest(CAST(:callers AS text[]), CAST(:keys AS text[]), CAST(:operations AS text[]),
                         CAST(:body_hashes AS bytea[]), CAST(:answers AS jsonb[]))
""")
# It must wait for all who store answers at the moment, and others wait behind it: rather give up, and try again later.
_WAIT_BRIEFLY: Final = Statement("SET LOCAL lock_timeout = '300ms'")
_BEGIN_PERIOD: Final = Statement("""
    SELECT begin_request_period(CAST(:today AS date), CAST(:least_days AS int), CAST(:keep_callers AS text[]))
""")


def body_hash(body: Any) -> bytes:
    """A hash that is equal for equal JSON values, whatever the order of their keys."""
    return hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS, default=str)).digest()


@dataclass(frozen=True, slots=True)
class Keyed:
    """A request with its idempotency key. body: see `body_hash`."""

    caller: str
    key: str
    operation: str
    body: bytes


async def find_answers(tx: WriteTx, asked: Sequence[Keyed]) -> dict[int, dict[str, Any] | DomainError]:
    """The stored answers, by the request's place in `asked`, or why its key cannot be used.

    Those that are not in it are new: do their work in this transaction and `store_answers` at its end.
    """
    found: dict[int, dict[str, Any] | DomainError] = {}
    for number, one in enumerate(asked):
        if not is_key(one.key):
            found[number] = _no_key()
    usable = [number for number in range(len(asked)) if number not in found]
    rows = await tx.fetch(
        _FIND_MANY,
        callers=[asked[number].caller for number in usable],
        keys=[asked[number].key for number in usable],
    )
    for row in rows:
        number = usable[row["number"] - 1]
        is_same = (row["operation"], row["body_hash"]) == (asked[number].operation, asked[number].body)
        found[number] = (row["answer"] or {}) if is_same else _reused()
    return found


async def store_answers(tx: WriteTx, answered: Sequence[tuple[Keyed, dict[str, Any]]]) -> None:
    """Keep the answers to new requests. Raises a SerializationError, to be run again, when a twin came first."""
    if not answered:
        return
    try:
        await tx.execute(
            _STORE_MANY,
            callers=[one.caller for one, _ in answered],
            keys=[one.key for one, _ in answered],
            operations=[one.operation for one, _ in answered],
            body_hashes=[one.body for one, _ in answered],
            answers=[value for _, value in answered],
        )
    except asyncpg.UniqueViolationError:
        raise asyncpg.SerializationError("A request with the same idempotency key was just answered.") from None


def is_key(key: str) -> bool:
    """Whether a text can be an idempotency key."""
    return bool(key.strip()) and len(key) <= MAX_KEY_LENGTH and key.isprintable()


def _no_key() -> InvalidInput:
    message = f"An idempotency key has 1 to {MAX_KEY_LENGTH} printable characters."
    return InvalidInput(message, path=["input", "idempotencyKey"])


def _reused() -> IdempotencyKeyReused:
    message = "This idempotency key was used before with another request. Use a new key for a new intent."
    return IdempotencyKeyReused(message, path=["input", "idempotencyKey"])


async def claim(tx: WriteTx, *, caller: str, key: str, operation: str, body: bytes) -> dict[str, Any] | None:
    """Claim `key` for this transaction: None when it is new, else the stored answer.

    A second caller with the same key waits here until the first one has committed or rolled back. Raises
    IdempotencyKeyReused when the key belongs to another operation or body, InvalidInput when it is no usable key.
    """
    if not is_key(key):
        raise _no_key()
    if await tx.execute(_CLAIM, caller=caller, key=key, operation=operation, body_hash=body):
        return None
    row = await tx.fetchrow(_FIND, caller=caller, key=key)
    if row is None or row["operation"] != operation or row["body_hash"] != body:
        raise _reused()
    return row["answer"] or {}


async def answer(tx: WriteTx, *, caller: str, key: str, value: dict[str, Any]) -> None:
    """Store the answer to a claimed key."""
    await tx.execute(_ANSWER, caller=caller, key=key, answer=value)


async def begin_request_period(tx: WriteTx, *, today: date, least_days: int, keep_callers: Sequence[str] = ()) -> bool:
    """Store answers in a new partition from now on, and drop the last but one, whatever it has of `keep_callers` aside.

    False, changing nothing, when the present one is younger than `least_days`: so long at least, and at most twice as
    long, an answer is kept. Raises LockNotAvailableError when those who are just storing answers take too long.
    """
    await tx.execute(_WAIT_BRIEFLY)
    return await tx.fetchval(_BEGIN_PERIOD, today=today, least_days=least_days, keep_callers=list(keep_callers))
