"""The benchmark of the inventory runs, and counts what it says."""

import asyncio

import pytest

from bench.inventory.__main__ import main
from bench.inventory.contest import Contestant, contest


async def test_the_command_runs(capsys: pytest.CaptureFixture[str]) -> None:
    await main(["--rows", "hot,spread", "--seconds", "0.05", "--rounds", "2", "--clients", "4", "--skus", "20"])
    printed = capsys.readouterr().out
    assert "One hot SKU, 4 clients" in printed
    assert "20 SKUs, 4 clients" in printed
    assert printed.count("group allocation in lanes") == 2


async def test_all_that_was_asked_for_is_counted_and_checked_and_the_first_round_is_forgotten() -> None:
    asked, checked = 0, []

    async def order(_client: int, _number: int) -> None:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0)

    async def check(done: int) -> None:
        checked.append(done == asked)

    one = Contestant("one", order, check)
    await contest([one], clients=3, seconds=0.01, rounds=3)
    assert (one.done, checked, len(one.windows)) == (asked, [True] * 3, 2)
    assert one.extremes[0] <= one.rate <= one.extremes[1]
