"""A partner's subscription, over server-sent events."""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

import httpcore
import orjson

from app.conformance import documents
from app.conformance.asking import PATIENCE_S, Broken, Caller, Json

# How long a change may take until it is told.
TOLD_WITHIN_S: Final = 10.0


class Listener:
    """Hears of jobs in the background. last: the newest event of each number; cursor: the last one that was given."""

    def __init__(self, caller: Caller, after: str | None = None) -> None:
        self.last: dict[str, Json] = {}
        self.cursor: str | None = None
        self.trouble: Broken | None = None
        self._caller = caller
        self._after = after
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._hear())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def until(self, what: str, condition: Callable[[], bool]) -> None:
        """Wait until the events that were heard fulfil a condition. Raises Broken when they do not in time."""
        deadline = asyncio.get_running_loop().time() + TOLD_WITHIN_S
        while not condition():
            if self.trouble is not None:
                raise self.trouble
            self._news.clear()
            left = deadline - asyncio.get_running_loop().time()
            try:
                await asyncio.wait_for(self._news.wait(), max(left, 0))
            except TimeoutError:
                expected = f"within {TOLD_WITHIN_S:.0f} seconds the subscription tells {what}"
                raise Broken(expected, {"heard": list(self.last.values())}) from None

    async def _hear(self) -> None:
        try:
            async with self._caller.listen(documents.JOBS, {"after": self._after}) as answer:
                rest = b""
                async for part in answer.aiter_stream():
                    *lines, rest = (rest + part).split(b"\n")
                    for line in lines:
                        self._read(line.strip())
            self.trouble = Broken("a stream that stays open", "it ended")
        except (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError) as error:
            self.trouble = Broken(f"something every {PATIENCE_S:.0f} seconds", f"{type(error).__name__}: {error}")
        except Broken as broken:
            self.trouble = broken
        finally:
            self._news.set()

    def _read(self, line: bytes) -> None:
        if not line.startswith(b"data:") or not line[5:].strip():
            return
        try:
            body = orjson.loads(line[5:])
            job = body["data"]["partnerJobs"]
            before = self.last.get(job["number"])
            version: int = job["version"]
        except (orjson.JSONDecodeError, KeyError, TypeError):
            raise Broken("an event with a job", line.decode(errors="replace")) from None
        if before is not None and version < before["version"]:
            raise Broken("versions of a job that never fall", [before, job])
        self.last[job["number"]] = job
        self.cursor = job["cursor"] or self.cursor
        self._news.set()
