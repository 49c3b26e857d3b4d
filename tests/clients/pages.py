"""A page for users of one client: its code blocks are files of a small project, which is built and run.

A comment before a block, which the rendered page does not show, says what the block is:

    <!-- file: client.ts -->    a file of the project
    <!-- run -->                a command that the reader types; `npx` runs the package that the lock has
    <!-- command: check -->     a command that the reader types when the page comes to what it prints
    <!-- prints: main.ts -->    what the program, or the command of that name, prints, line by line; `…` stands for
                                anything within a line, and alone for any lines

`npm install` and `pip install` need no comment: what they name must be among the packages of the tests.
"""

import json
import os
import re
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.clients import node
from tests.conftest import ROOT

WRITTEN_ADDRESS: Final = "127.0.0.1:8000"
_BROWSER: Final = node.HERE / "browser.mjs"
_RELAY: Final = node.HERE / "relay.mjs"
_BLOCK: Final = re.compile(r"^(?:<!-- (.*?) -->\n)?```(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMENT: Final = re.compile(r"^<!--", re.MULTILINE)
# What a bundler's project says as well. Checks all files and writes them as JavaScript that Node runs.
_TSCONFIG: Final = {
    "compilerOptions": {
        "target": "es2022",
        "lib": ["es2023", "dom", "dom.iterable"],
        "module": "nodenext",
        "types": ["node"],
        "strict": True,
        "noUncheckedIndexedAccess": True,
        "skipLibCheck": True,
        "rewriteRelativeImportExtensions": True,
        "rootDir": ".",
        "outDir": "build",
    },
    "include": ["**/*.ts"],
    "exclude": ["build", "node_modules", "codegen.ts"],
}


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block. what: `file`, `run`, `command`, `prints` or nothing; name: of the file or command."""

    what: str
    name: str
    language: str
    text: str


def read_page(path: Path) -> list[Block]:
    """The blocks of a page, in order. Fails for a comment that stands before no block or says nothing known."""
    text = path.read_text(encoding="utf-8")
    found = [_block(path, *match.groups()) for match in _BLOCK.finditer(text)]
    said = sum(1 for block in found if block.what)
    assert said == len(_COMMENT.findall(text)), f"{path.name}: a comment stands before no block"
    assert any(block.what == "prints" for block in found), f"{path.name}: nothing is run"
    return found


def _block(path: Path, comment: str | None, language: str, text: str) -> Block:
    what, _, name = (comment or "").partition(":")
    assert what in {"", "file", "run", "command", "prints"}, f"{path.name}: nobody knows what <!-- {comment} --> is"
    if not what and language == "sh":
        _check_packages(path, text)
    else:
        assert what, f"{path.name}: this block is not run:\n{text}"
    return Block(what, name.strip(), language, text)


def _check_packages(path: Path, text: str) -> None:
    wanted = json.loads((node.HERE / "package.json").read_text())["devDependencies"].keys()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    known = " ".join([*project["dependencies"], *project["optional-dependencies"]["dev"]])
    for command in text.splitlines():
        tool, verb, *words = command.split()
        assert (tool, verb) in {("npm", "install"), ("pip", "install")}, f"{path.name}: {command} is not run"
        for word in words:
            name = word.strip('"').partition("[")[0]
            is_known = name.startswith("-") or (name in wanted if tool == "npm" else f"{name}" in known)
            assert is_known, f"{path.name}: no test installs {word}"


def follow(path: Path, folder: Path, address: str) -> None:
    """Do what a page says, in an empty folder, against the server at `address` (host:port)."""
    blocks = read_page(path)
    (folder / "node_modules").symlink_to(node.MODULES)
    (folder / "schema.graphql").symlink_to(ROOT / "schema.graphql")
    (folder / "package.json").write_text('{ "type": "module" }')
    (folder / "tsconfig.json").write_text(json.dumps(_TSCONFIG))
    write_files(blocks, folder, address)
    for block in blocks:
        if block.what == "run":
            for command in block.text.splitlines():
                node.run(*command.removeprefix("npx ").split(), folder=folder)
    names = [block.name for block in blocks if block.what == "file"]
    if any(name.endswith(".ts") for name in names):
        node.run("tsc", folder=folder)
    commands = {block.name: block.text.replace(WRITTEN_ADDRESS, address) for block in blocks if block.what == "command"}
    for block in blocks:
        if block.what == "prints":
            words = ["/bin/sh", "-ec", commands[block.name]] if block.name in commands else _command(block.name)
            printed = node.run(*words, folder=folder, settings=_settings(folder))
            compare(f"{path.name}, {block.name}", block.text, printed)


def write_files(blocks: list[Block], folder: Path, address: str) -> None:
    """Write the files of a page, with `address` where the demo shop's own is written."""
    for block in blocks:
        if block.what == "file":
            (folder / block.name).parent.mkdir(parents=True, exist_ok=True)
            (folder / block.name).write_text(block.text.replace(WRITTEN_ADDRESS, address))


def _settings(folder: Path) -> dict[str, str]:
    """So that `hikiate` is this code's."""
    own = folder / ".bin"
    own.mkdir(exist_ok=True)
    script = own / "hikiate"
    script.write_text(f'#!/bin/sh\nexport PYTHONPATH="{ROOT}"\nexec "{sys.executable}" -m app "$@"\n')
    script.chmod(0o755)
    return {"PATH": os.pathsep.join([str(own), os.environ.get("PATH", "")])}


def _command(name: str) -> list[str]:
    starts: dict[str, Callable[[], list[str]]] = {
        ".ts": lambda: ["node", "--import", str(_BROWSER), f"build/{name.removesuffix('.ts')}.js"],
        # With the buttons that are pressed, as the page says.
        ".jsx": lambda: ["node", "--import", str(_RELAY), name, "more", "indigo-t-shirt"],
        ".mjs": lambda: ["node", name],
        ".py": lambda: [sys.executable, name],
    }
    return starts[Path(name).suffix]()


def compare(where: str, written: str, printed: str) -> None:
    """Fail unless a program has printed what the page says."""
    lines = ["(?:.*\n)*" if line == "…" else _pattern(line) for line in written.splitlines()]
    same = re.fullmatch("".join(lines), printed)
    assert same, f"{where} should print\n\n{written}\nand prints\n\n{printed}"


def _pattern(line: str) -> str:
    return ".*".join(map(re.escape, line.split("…"))) + "\n"
