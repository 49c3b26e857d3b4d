"""Who waits gets units in the order of the queue, each line whole."""

from collections.abc import Sequence
from random import Random

import pytest

from app.inventory.actions.serve_waiting import serve_waiting
from app.inventory.model import Claim
from app.inventory.model.selling import serve
from app.kit.db import Database
from tests.inventory.builders import counters, hold, put_stock, stocked
from tests.inventory.selling import TODAY, ask, queue, sell_ahead, waiting


async def test_only_owners_that_the_caller_holds_are_served_and_nobody_overtakes_the_others(db: Database) -> None:
    variant, [here, there] = await stocked(db, 0, 0)
    async with db.write() as tx:
        await sell_ahead(tx, variant, 9)
    asked = [
        await ask(db, variant, units, *places) for units, places in ((2, (here,)), (1, (here, there)), (1, (here,)))
    ]
    await hold(db, *asked)
    async with db.write() as tx:
        await put_stock(tx, variant, here, 2)
        await put_stock(tx, variant, there, 1)
        owners = [asked[1].owner_id, asked[2].owner_id]
        served = await serve_waiting(tx, variant, owners, today=TODAY, actor="test")
    assert served == {asked[1].owner_id: [Claim(1, variant, there, 1)]}
    assert [owner for owner, *_ in await queue(db)] == [asked[0].owner_id, asked[2].owner_id]
    assert await waiting(db) == {variant: (3, 9)}
    assert await counters(db) == {(variant, here): (2, 0, 0, 0), (variant, there): (1, 0, 1, 0)}


@pytest.mark.parametrize("seed", range(200))
def test_the_queue_is_served_in_order_and_never_with_more_than_there_is(seed: int) -> None:
    random = Random(seed)
    places = list(range(1, random.randint(2, 5)))
    at = {place: random.randint(0, 6) for place in places}
    before = dict(at)
    lines: list[tuple[int, Sequence[int], bool]] = [
        (random.randint(1, 5), random.sample(places, random.randint(1, len(places))), random.random() < 0.5)
        for _ in range(random.randint(1, 8))
    ]
    served = [serve(at, units, where, may_split=split, may_have=True) for units, where, split in lines]
    for (units, where, split), taken in zip(lines, served, strict=True):
        assert sum(taken.values()) in {0, units}
        assert set(taken) <= set(where)
        assert split or len(taken) <= 1
    for place, units in before.items():
        assert 0 <= sum(taken.get(place, 0) for taken in served) <= units
    # Whoever was not served could not have been with all that those before them left.
    left = dict(before)
    for (units, where, split), taken in zip(lines, served, strict=True):
        offered = [left[place] for place in where]
        assert bool(taken) == ((sum(offered) if split else max(offered)) >= units)
        serve(left, units, where, may_split=split, may_have=True)
