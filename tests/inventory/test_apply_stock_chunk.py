"""A chunk of an import and people who buy meet at the same rows."""

import asyncio
import random
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from app.integrations.actions import import_stock_file as action
from app.kit.db import Database
from tests.integrations.test_import_stock_file import figures, ground, run, written
from tests.inventory.builders import counters, hold, wish


@asynccontextmanager
async def buyers(db: Database, variants: list[int], places: list[int], count: int) -> AsyncGenerator[list[int]]:
    """People who take units while the block runs: how many each has got."""
    got = [0] * count
    is_over = asyncio.Event()

    async def buy(number: int) -> None:
        rng = random.Random(number)
        while not is_over.is_set():
            [verdict] = await hold(db, wish(rng.choice(variants), 1, rng.choice(places)))
            got[number] += sum(claim.quantity for claim in verdict.claims)

    tasks = [asyncio.create_task(buy(number)) for number in range(count)]
    try:
        yield got
    finally:
        is_over.set()
        await asyncio.gather(*tasks)


@pytest.mark.parametrize("is_absolute", [True, False], ids=["absolute", "delta"])
async def test_c_1_selling_goes_on_during_an_import_and_stays_exact(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_absolute: bool
) -> None:
    variants, places = await ground(db, 5, 40)
    monkeypatch.setattr(action, "CHUNK", 50)
    keys = [(f"SKU-{v}", f"ST-{p}") for v in range(1, 6) for p in range(1, 41)]
    await run(db, written(tmp_path, [(*key, 1_000) for key in keys], "before.csv"))
    async with buyers(db, variants, places, 6) as got:
        for turn in range(4):
            quantity = 2_000 + turn if is_absolute else 250 + turn
            file = replace(written(tmp_path, [(*key, quantity) for key in keys], f"{turn}"), is_absolute=is_absolute)
            assert figures(await run(db, file)) == (200, 200, 0, 0)
    levels = (await counters(db)).values()
    assert {row[0] for row in levels} == {2_003 if is_absolute else 2_006}
    assert sum(row[2] for row in levels) == sum(got) > 0
