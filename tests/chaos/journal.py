"""What a caller was told, on disk before the caller goes on: the word that the database is held to."""

import asyncio
import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson

ENOUGH: Final = "enough"
"""A file that says: all has broken that was to break."""


@dataclass(frozen=True, slots=True)
class Request:
    """One intent. body: JSON; a repetition sends the same one under the same key."""

    key: str
    operation: str
    body: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Told:
    """An answer. kind: done, refused, or broken, which nobody may be told."""

    key: str
    operation: str
    kind: str
    value: Any


@dataclass
class Record:
    """A journal as it was read."""

    sent: list[Request] = field(default_factory=list[Request])
    told: list[Told] = field(default_factory=list[Told])
    trouble: list[str] = field(default_factory=list[str])
    """SQLSTATEs, or names of errors, that reached a caller, who then asked again."""

    def unanswered(self) -> list[Request]:
        """Whatever was sent by somebody who did not live to hear the answer."""
        heard = {told.key for told in self.told}
        return [request for request in self.sent if request.key not in heard]


class Journal:
    """An append-only file; answers of callers who wait at the same time share one fsync."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o644)
        # Whoever was killed in the middle of a line leaves it to itself.
        os.write(self._file, b"\n")
        self._lines: list[bytes] = []
        self._written: asyncio.Future[None] | None = None

    def send(self, request: Request) -> None:
        """To be called before a request leaves. A killed process keeps what it has written, without an fsync."""
        os.write(self._file, _line(["sent", request.key, request.operation, request.body]))

    def trouble(self, state: str) -> None:
        """An error that reached a caller."""
        os.write(self._file, _line(["trouble", state]))

    async def tell(self, told: Told) -> None:
        """Returns when the answer is on disk."""
        self._lines.append(_line(["told", told.key, told.operation, told.kind, told.value]))
        if self._written is None:
            self._written = asyncio.get_running_loop().create_future()
            asyncio.get_running_loop().call_soon(self._write)
        await asyncio.shield(self._written)

    def _write(self) -> None:
        lines, written, self._lines, self._written = self._lines, self._written, [], None
        os.write(self._file, b"".join(lines))
        os.fsync(self._file)
        assert written is not None
        written.set_result(None)


def read_journals(paths: Iterable[Path]) -> Record:
    """All journals in one."""
    record = Record()
    for path in paths:
        for line in path.read_bytes().split(b"\n"):
            try:
                words = orjson.loads(line)
            except orjson.JSONDecodeError:
                continue  # half a line: its writer was killed, and nobody went on after it
            match words:
                case ["sent", key, operation, body]:
                    record.sent.append(Request(key, operation, body))
                case ["told", key, operation, kind, value]:
                    record.told.append(Told(key, operation, kind, value))
                case ["trouble", state]:
                    record.trouble.append(state)
                case _:
                    message = f"{path}: {line!r}"
                    raise ValueError(message)
    return record


class Progress:
    """How many answers there are, reading only what is new."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._read = dict.fromkeys(paths, 0)
        self._told = 0

    def told(self) -> int:
        """So far."""
        for path, offset in self._read.items():
            if not path.exists():
                continue
            with path.open("rb") as file:
                file.seek(offset)
                text = file.read()
            whole = text.rfind(b"\n") + 1
            self._told += sum(line.startswith(b'["told"') for line in text[:whole].split(b"\n"))
            self._read[path] = offset + whole
        return self._told


def _line(words: list[Any]) -> bytes:
    return orjson.dumps(words) + b"\n"
