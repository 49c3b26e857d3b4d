"""The long run: `python -m tests.engine.differential --documents 20000`."""

import argparse
import asyncio
import sys
import time
import traceback
from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from tests import conftest
from tests.engine.differential import synthetic_subject
from tests.engine.differential.choices import Choices, Seeded
from tests.engine.differential.compare import Tally, compare, settle
from tests.engine.differential.coverage import constructs
from tests.engine.differential.shrink import shrink

PER_ENGINE: Final = 250
FOLDER: Final = Path(".hikiate/differential")
Make = Callable[[Choices], Any]


def main() -> int:
    """Run, print the summary, and say whether there was no difference."""
    parser = argparse.ArgumentParser(prog="python -m tests.engine.differential", description=__doc__)
    parser.add_argument("--documents", type=int, default=20_000)
    parser.add_argument("--schema", choices=("synthetic", "real"), default="synthetic")
    parser.add_argument("--seed", type=int, default=0, help="the number of the first document")
    parser.add_argument("--coverage", action="store_true", help="count the constructs of the documents")
    parser.add_argument("--stop-after", type=int, default=20, help="differences after which to stop")
    asked = parser.parse_args()
    if asked.schema == "synthetic":
        return asyncio.run(_run(asked, _synthetic))
    config: Any = SimpleNamespace(option=SimpleNamespace(collectonly=False))
    conftest.pytest_configure(config)
    try:
        return asyncio.run(_run(asked, _real))
    finally:
        conftest.pytest_unconfigure(config)


@asynccontextmanager
async def _synthetic() -> AsyncGenerator[Make, None]:
    yield synthetic_subject.scenario


@asynccontextmanager
async def _real() -> AsyncGenerator[Make, None]:
    from tests.engine.differential import real_subject  # noqa: PLC0415  # the whole application

    async with real_subject.demo_shop("differential") as shop:
        yield shop.scenario


async def _run(asked: argparse.Namespace, subjects: Callable[[], Any]) -> int:
    tally, counts, coverage, failed = Tally(), Counter[str](), Counter[str](), 0
    begun = time.monotonic()
    async with subjects() as make:
        engine: Any = None
        for number in range(asked.seed, asked.seed + asked.documents):
            scenario = make(Seeded(number))
            subject = scenario.subject()
            if engine is None or number % PER_ENGINE == 0:
                engine = subject.engine()
            differences = await _differences(scenario, engine, tally)
            tally.found["documents"] += 1
            tally.found["faults injected"] += len(scenario.plan.faults)
            counts += engine.counts
            engine.counts.clear()
            if asked.coverage:
                coverage += constructs(subject.schema._schema, scenario.case)
            if differences:
                failed += 1
                smaller = await shrink(scenario, _fails_like(differences))
                _save(
                    asked.schema, number, smaller, await _differences(smaller, subject.engine(), Tally()) or differences
                )
            if failed >= asked.stop_after:
                break
    _print(tally, counts, coverage, failed, time.monotonic() - begun)
    return min(failed, 1)


async def _differences(scenario: Any, engine: Any, tally: Tally) -> list[str]:
    subject = scenario.subject()
    try:
        found = await compare(scenario.case, subject, engine, tally)
    except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001  # a crash is a difference too
        found = ["raised: " + "".join(traceback.format_exception(error))]
    await settle()
    return found


def _fails_like(differences: list[str]) -> Callable[[Any], Awaitable[bool]]:
    kind = differences[0].partition(":")[0][:10]

    async def fails(scenario: Any) -> bool:
        found = await _differences(scenario, scenario.subject().engine(), Tally())
        return any(each.startswith(kind) for each in found)

    return fails


def _save(schema: str, number: int, scenario: Any, differences: list[str]) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{schema}-{number}.txt"
    path.write_text(f"{scenario!r}\n\n" + "\n".join(differences) + "\n")
    print(f"{path}: {differences[0][:200]}", flush=True)  # noqa: T201


def _print(tally: Tally, counts: Counter[str], coverage: Counter[str], failed: int, seconds: float) -> None:
    for title, numbers in (("", tally.found), ("answered: ", counts), ("contains: ", coverage)):
        for what, number in sorted(numbers.items()):
            print(f"{number:>12,}  {title}{what}")  # noqa: T201
    print(f"{failed:>12,}  differences")  # noqa: T201
    print(f"{seconds:>12,.0f}  seconds")  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
