"""Where a process spends its CPU time: a look at the Python stack at every tick of that time, no packages needed.

What a C function takes is counted to the line that called it.
"""

import signal
import sys
import time
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any, Final

import orjson

# The kernel's clock for CPU time may tick as rarely as every 4 ms, whatever is asked for.
_EVERY_S: Final = 0.001
_DEPTH: Final = 120


class Sampler:
    """Begins at SIGUSR1, ends at SIGUSR2 and writes what it saw."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._own: Counter[str] = Counter()
        self._lines: Counter[str] = Counter()
        self._under: Counter[str] = Counter()
        self._began = 0.0

    def listen(self) -> None:
        """Take the signals."""
        signal.signal(signal.SIGPROF, self._sample)
        signal.signal(signal.SIGUSR1, self._begin)
        signal.signal(signal.SIGUSR2, self._end)

    def _begin(self, *_: Any) -> None:
        for counter in (self._own, self._lines, self._under):
            counter.clear()
        self._began = time.process_time()
        signal.setitimer(signal.ITIMER_PROF, _EVERY_S, _EVERY_S)

    def _end(self, *_: Any) -> None:
        signal.setitimer(signal.ITIMER_PROF, 0)
        found = {
            "cpu_us": (time.process_time() - self._began) * 1e6,
            "samples": sum(self._own.values()),
            "own": self._own.most_common(40),
            "lines": self._lines.most_common(30),
            "under": self._under.most_common(60),
        }
        unfinished = self._path.with_suffix(".unfinished")
        unfinished.write_bytes(orjson.dumps(found))
        unfinished.rename(self._path)

    def _sample(self, _number: int, frame: FrameType | None) -> None:
        if frame is None:
            return
        self._own[_name(frame)] += 1
        self._lines[f"{_name(frame)}:{frame.f_lineno}"] += 1
        seen: set[str] = set()
        depth = 0
        while frame is not None and depth < _DEPTH:
            seen.add(_name(frame))
            frame, depth = frame.f_back, depth + 1
        self._under.update(seen)


def _name(frame: FrameType) -> str:
    """The file, as far as it tells something, and the function."""
    code = frame.f_code
    path = code.co_filename
    for root in sorted(sys.path, key=len, reverse=True):
        if root and path.startswith(root):
            path = path[len(root) :].lstrip("/")
            break
    return f"{path} {code.co_qualname if sys.version_info >= (3, 11) else code.co_name}"


def report(found: dict[str, Any], count: int, *, what: str = "requests", top: int = 25) -> str:
    """Own time, the same by line, and time with everything that was called: µs per request."""
    share = found["cpu_us"] / max(found["samples"], 1) / max(count, 1)
    text = [f"{count:,} {what}, {found['cpu_us'] / max(count, 1):,.0f} µs each, {found['samples']:,} samples"]
    for title, name in (("own time", "own"), ("own time by line", "lines"), ("with what it called", "under")):
        text += ["", f"  µs each     {title}"]
        text += [f"  {samples * share:10.1f}  {where}" for where, samples in found[name][:top]]
    return "\n".join(text)
