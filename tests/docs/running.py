"""Does what a page asks its reader to do, against a running shop, and looks at the answers."""

import asyncio
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson

from tests.docs.reading import Block
from tests.scenarios.client import Client, Socket
from tests.scenarios.serving import Program, until

DEMO_KEYS: Final = {
    "staff": "hk_demo_staff",
    "hoshi": "hk_demo_hoshi",
    "ekibako": "hk_demo_ekibako",
    "machi": "hk_demo_machi",
    "sandbox": "hk_demo_sandbox",
}
WRITTEN_ADDRESS: Final = "http://127.0.0.1:8000"
_PLACEHOLDER: Final = re.compile(r"<([a-z][A-Za-z0-9]*)>")
_STEP: Final = re.compile(r"\[([^=\]]+)=([^\]]*)\]|([^.\[\]]+)")
_ANYTHING: Final = "…"
_SHELL_S: Final = 120
_WORKER_S: Final = 15.0


class Wrong(AssertionError):
    """The page does not tell the truth. Says where."""


@dataclass
class Live:
    """A subscription of the page, open until its end."""

    block: Block
    socket: Socket
    expected: int
    answer: Any


@dataclass
class Reader:
    """Reads one page from top to bottom, keeping what it is told to keep."""

    program: Program
    folder: Path
    saved: dict[str, str] = field(default_factory=dict[str, str])
    _live: list[Live] = field(default_factory=list[Live])
    _open: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def read(self, blocks: list[Block]) -> None:
        """Do everything, in order; in the end every subscription must have seen what the page made happen."""
        async with self._open:
            for block in blocks:
                try:
                    await (self._shell(block) if block.language == "sh" else self._graphql(block))
                except AssertionError as error:
                    message = f"{block}: {error}"
                    raise Wrong(message) from error
            for live in self._live:
                events = [await live.socket.event() for _ in range(live.expected)]
                if live.answer is not None and not any(matches(live.answer, event) for event in events):
                    message = f"{live.block}: no event is as written; there were {events}"
                    raise Wrong(message)

    def filled(self, text: str) -> str:
        """The text with saved values in the places of their names."""

        def value(found: re.Match[str]) -> str:
            assert found[1] in self.saved, f"nothing before it says what <{found[1]}> is"
            return self.saved[found[1]]

        return _PLACEHOLDER.sub(value, text)

    async def _graphql(self, block: Block) -> None:
        said = block.directives
        document, variables = self.filled(block.text), orjson.loads(self.filled(block.variables))
        key = self._key(said.get("as"))
        client = Client(self.program.url, key=key, language=said.get("language", "ja"))
        self._open.push_async_callback(client.close)
        answer = None if block.answer is None else orjson.loads(self.filled_known(block.answer))
        if document.lstrip().startswith("subscription"):
            socket = await self._open.enter_async_context(client.listening())
            await socket.subscribe(document, **variables)
            self._live.append(Live(block, socket, int(said.get("events", "1")), answer))
            return
        wanted = _wanted(block)
        is_query = not document.lstrip().startswith("mutation")

        async def ask() -> dict[str, Any] | None:
            data = _judged(await client.raw(document, variables), said.get("errors", "").split())
            found = {name: pick(data, self.filled(path)) for name, path in wanted.items()}
            complete = all(value is not None for value in found.values())
            if is_query and not (complete and (answer is None or matches(answer, data))):
                return None
            assert complete, f"nothing to save as {[name for name, value in found.items() if value is None]} in {data}"
            assert answer is None or matches(answer, data), f"the answer is {orjson.dumps(data).decode()}"
            self.saved |= {name: str(value) for name, value in found.items()}
            return {"data": _without_replayed(data)}

        # The worker may need a moment until a query sees what the page promises.
        try:
            answers = [await until(ask, within=_WORKER_S) for _ in range(int(said.get("times", "1")))]
        except AssertionError as error:
            last = await client.raw(document, variables)
            message = f"{error}; answer: {orjson.dumps(last).decode()[:3000]}"
            raise AssertionError(message) from error
        assert all(one == answers[0] for one in answers), f"repeated, it answers differently: {answers}"

    def _key(self, caller: str | None) -> str | None:
        if caller is None:
            return None
        key = DEMO_KEYS.get(caller, self.saved.get(caller))
        assert key is not None, f"nobody knows the key of {caller}"
        return key

    def filled_known(self, text: str) -> str:
        """Like `filled`; names of values that come later stand for anything."""
        return _PLACEHOLDER.sub(lambda found: self.saved.get(found[1], _ANYTHING), text)

    async def _shell(self, block: Block) -> None:
        command = self.filled(block.text).replace(WRITTEN_ADDRESS, self.program.url)
        if "curl" in command and shutil.which("curl") is None:
            return
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
        done = await asyncio.to_thread(
            subprocess.run,
            ["/bin/sh", "-e", "-c", command],
            cwd=self.folder,
            env={**self.program.environment, "PATH": path},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SHELL_S,
            check=False,
        )
        assert done.returncode == 0, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert '"errors":' not in done.stdout, done.stdout
        for name, path in _wanted(block).items():
            assert path == "output", f"a command has an output and no {path}"
            self.saved[name] = done.stdout.strip()


def _wanted(block: Block) -> dict[str, str]:
    """What is to be saved: names to paths."""
    return dict(part.strip().split("=", 1) for part in block.directives.get("save", "").split(",") if part.strip())


def _judged(body: Mapping[str, Any], expected: list[str]) -> Any:
    """The data of an answer whose errors and refusals are exactly those announced."""
    refusals = [error["extensions"].get("code", error["message"]) for error in body.get("errors", ())]
    data = body.get("data") or {}
    for payload in data.values():
        if isinstance(payload, dict):
            refusals += [error.get("code", error) for error in payload.get("userErrors", ())]
    assert refusals == expected, f"refused: {refusals}; announced: {expected}; {orjson.dumps(body).decode()[:2000]}"
    return data


def _without_replayed(data: Any) -> Any:
    if isinstance(data, dict):
        return {name: _without_replayed(value) for name, value in data.items() if name != "replayed"}
    return [_without_replayed(value) for value in data] if isinstance(data, list) else data


def pick(data: Any, path: str) -> Any:
    """The value at a path such as `work.nodes[kind=PICK].lines.0.sku`; None when there is none."""
    for key, wanted, name in _STEP.findall(path):
        if data is None:
            return None
        if key:
            data = next((item for item in data if str(pick(item, key)) == wanted), None)
        elif isinstance(data, list):
            data = data[int(name)] if int(name) < len(data) else None
        else:
            data = data.get(name)
    return data


def matches(written: Any, given: Any) -> bool:
    """Whether an answer has everything that the page shows of it. `…` stands for anything, at a list's end for more."""
    if written == _ANYTHING:
        return True
    if isinstance(written, dict):
        return isinstance(given, dict) and all(
            name in given and matches(value, given[name]) for name, value in written.items()
        )
    if isinstance(written, list):
        if not isinstance(given, list):
            return False
        if written and written[-1] == _ANYTHING:
            written, given = written[:-1], given[: len(written) - 1]
        return len(written) == len(given) and all(map(matches, written, given))
    return written == given
