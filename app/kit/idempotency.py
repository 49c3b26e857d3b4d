"""One answer per idempotency key: the answer commits with the effects, a repetition gets it back."""

import hashlib
from collections.abc import Sequence
from typing import Any, Final

import orjson
from sqlalchemy import bindparam, delete, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.types import DateTime, Text

from app.kit.db import WriteTx
from app.kit.errors import IdempotencyKeyReused, InvalidInput
from app.kit.statement import Statement
from app.kit.tables import requests

MAX_KEY_LENGTH: Final = 200

_CLAIM: Final = Statement(
    upsert(requests)
    .values(
        caller=bindparam("caller"),
        key=bindparam("key"),
        operation=bindparam("operation"),
        body_hash=bindparam("body_hash"),
    )
    .on_conflict_do_nothing()
)
_FIND: Final = Statement(
    select(requests.c.operation, requests.c.body_hash, requests.c.answer)
    .where(requests.c.caller == bindparam("caller"))
    .where(requests.c.key == bindparam("key"))
)
_ANSWER: Final = Statement(
    update(requests)
    .where(requests.c.caller == bindparam("caller_"), requests.c.key == bindparam("key_"))
    .values(answer=bindparam("answer_"))
)
_PRUNE: Final = Statement(
    delete(requests)
    .where(requests.c.created_at < bindparam("before", type_=DateTime(timezone=True)))
    .where(requests.c.caller != func.all(bindparam("keep_callers", type_=ARRAY(Text))))
)


def body_hash(body: Any) -> bytes:
    """A hash that is equal for equal JSON values, whatever the order of their keys."""
    return hashlib.sha256(orjson.dumps(body, option=orjson.OPT_SORT_KEYS, default=str)).digest()


async def claim(tx: WriteTx, *, caller: str, key: str, operation: str, body: bytes) -> dict[str, Any] | None:
    """Claim `key` for this transaction: None when it is new, else the stored answer.

    A second caller with the same key waits here until the first one has committed or rolled back. Raises
    IdempotencyKeyReused when the key belongs to another operation or body, InvalidInput when it is no usable key.
    """
    if not key.strip() or len(key) > MAX_KEY_LENGTH or not key.isprintable():
        message = f"An idempotency key has 1 to {MAX_KEY_LENGTH} printable characters."
        raise InvalidInput(message, path=["input", "idempotencyKey"])
    if await tx.execute(_CLAIM, caller=caller, key=key, operation=operation, body_hash=body):
        return None
    row = await tx.fetchrow(_FIND, caller=caller, key=key)
    if row is None or row["operation"] != operation or row["body_hash"] != body:
        message = "This idempotency key was used before with another request. Use a new key for a new intent."
        raise IdempotencyKeyReused(message, path=["input", "idempotencyKey"])
    return row["answer"] or {}


async def answer(tx: WriteTx, *, caller: str, key: str, value: dict[str, Any]) -> None:
    """Store the answer to a claimed key."""
    await tx.execute(_ANSWER, caller_=caller, key_=key, answer_=value)


async def prune_requests(tx: WriteTx, *, before: Any, keep_callers: Sequence[str] = ()) -> int:
    """Forget answers older than `before`, except those to `keep_callers`; returns how many."""
    return await tx.execute(_PRUNE, before=before, keep_callers=list(keep_callers))
