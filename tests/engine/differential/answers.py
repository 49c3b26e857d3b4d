"""What an execution said: the compiled one, and graphql-core at any pace."""

import asyncio
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any, Final
from zlib import crc32

import orjson
from graphql import execute

from app.engine.documents import DocumentStore
from app.engine.engine import Engine
from app.engine.limits import Limits
from app.engine.prepared import Prepared
from app.engine.request import Result

# What is compared is what runs, so next to nothing is refused.
GENEROUS: Final = Limits(max_cost=10**9, aliases=10**4, depth=100, fields=10**5, spreads=10**4, directives=10**4)


@dataclass
class Subject:
    """What is compared. context: makes a fresh one."""

    schema: Any
    context: Callable[[], Any]

    def engine(self) -> Engine:
        """An engine that tells errors as they are."""
        store = DocumentStore(self.schema._schema, limits=GENEROUS)
        return Engine(self.schema, store=store, publish=lambda error, _code: error)


@dataclass
class Answer:
    """What an execution said and did."""

    data: Any
    text: bytes
    errors: list[dict[str, Any]]
    context: Any

    @classmethod
    def of(cls, result: Result, context: Any) -> "Answer":
        """Of the bytes that a client would get."""
        try:
            # Texts that tell of objects tell where they are.
            body = orjson.loads(re.sub(rb" at 0x[0-9a-f]+", b"", result.encode()))
        except TypeError as error:  # a JSON scalar may hold what is no JSON
            body = {"data": f"{error}", "errors": [each.formatted for each in result.errors]}
        data = body.get("data")
        return cls(data, orjson.dumps(data), sorted(body.get("errors", ()), key=_order), context)


def _order(error: dict[str, Any]) -> bytes:
    return orjson.dumps([[str(part) for part in error.get("path") or ()], error], option=orjson.OPT_SORT_KEYS)


async def shuffled(prepared: Prepared, subject: Subject, root: Any, seed: int) -> Answer:
    """By graphql-core alone, with resolvers that take their time: any, and some much longer than others."""
    timing, context, operation = random.Random(seed), subject.context(), prepared.operation

    def delay(next_: Callable[..., Any], source: Any, info: Any, **arguments: Any) -> Any:
        found = next_(source, info, **arguments)
        if not isawaitable(found):
            return found
        is_slow = crc32(f"{seed} {info.path.key}".encode()) % 4 == 0
        return waiting(found, timing.randrange(12), 0.1 if is_slow else 0)

    async def waiting(found: Any, turns: int, seconds: float) -> Any:
        for _ in range(turns):
            await asyncio.sleep(0)
        # Longer than others ask the database for something.
        await asyncio.sleep(seconds)
        return await found

    name = operation.definition.name
    document: Any = operation.document.ast
    result: Any = execute(
        subject.schema._schema,
        document,
        root,
        context,
        prepared.given,
        name.value if name else None,
        middleware=[delay],
    )
    if isawaitable(result):
        result = await result
    return Answer.of(Result(result.data, result.errors or []), context)
