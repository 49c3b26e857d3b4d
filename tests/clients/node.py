"""Node and the packages of `package-lock.json`, installed once and again only when the lock changes."""

import fcntl
import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Final

from tests.conftest import ROOT

HERE: Final = Path(__file__).parent
# Beside the code and not below `tests`, where everything is searched and counted; git ignores it.
MODULES: Final = ROOT / "node_modules"
STAMP: Final = MODULES / ".installed-for"
LOCK: Final = HERE / "package-lock.json"
OLDEST: Final = (20, 19)
_INSTALL_S: Final = 540
_RUN_S: Final = 120


def is_required() -> bool:
    """Whether a machine without Node fails these tests; elsewhere they are skipped."""
    return bool(os.environ.get("CI") or os.environ.get("NODE_REQUIRED"))


def what_is_missing() -> str | None:
    """Why these tests cannot run here; None when they can."""
    node = shutil.which("node")
    if node is None or shutil.which("npm") is None:
        return "there is no Node on this machine (`node --version`, `npm --version`)"
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    found = tuple(int(part) for part in version.removeprefix("v").split(".")[:2])
    if found < OLDEST:
        return f"Node is {version}, and the packages need {'.'.join(map(str, OLDEST))} or newer"
    return None


def install() -> None:
    """Put the locked packages into `node_modules` unless they are there. Test processes wait for one another."""
    with _alone():
        wanted = sha256(LOCK.read_bytes()).hexdigest()
        if STAMP.exists() and STAMP.read_text() == wanted:
            return
        fresh, old = ROOT / ".node_modules.new", ROOT / ".node_modules.old"
        for folder in (fresh, old):
            shutil.rmtree(folder, ignore_errors=True)
        fresh.mkdir()
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, fresh / name)
        # No package needs a script of its own to be installed.
        words = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"]
        done = subprocess.run(words, cwd=fresh, capture_output=True, text=True, timeout=_INSTALL_S, check=False)
        assert done.returncode == 0, f"npm ci ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
        (fresh / "node_modules" / STAMP.name).write_text(wanted)
        if MODULES.exists():
            MODULES.rename(old)
        (fresh / "node_modules").rename(MODULES)
        for folder in (fresh, old):
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _alone() -> Iterator[None]:
    folder = os.open(HERE, os.O_RDONLY)
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def run(*words: str, folder: Path = HERE, given: str = "", settings: Mapping[str, str] | None = None) -> str:
    """What a command prints; words are `node …`, or the name of a package's own command. Fails when it does."""
    path = os.pathsep.join([str(MODULES / ".bin"), os.environ.get("PATH", "")])
    # No colours, and nothing of the machine's own that changes what Node does.
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("NODE_", "npm_"))}
    done = subprocess.run(
        words,
        cwd=folder,
        env={**environment, "PATH": path, "NO_COLOR": "1", **(settings or {})},
        input=given,
        capture_output=True,
        text=True,
        timeout=_RUN_S,
        check=False,
    )
    assert done.returncode == 0, f"{' '.join(words)} ended with {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout
