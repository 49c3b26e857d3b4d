"""Lines are counted again."""

import pytest

from app.inventory.errors import CountIncomplete
from app.kit.db import Database
from app.kit.errors import NotFound, VersionConflict
from tests.inventory.builders import counters, stocked
from tests.inventory.counts import approve, count, opened, records, reject, session


async def test_a_new_pass_forgets_nothing_and_believes_nothing_of_the_last(db: Database) -> None:
    shirt, [store] = await stocked(db, 5)
    count_id = await opened(db, store, shirt)
    await count(db, count_id, (shirt, 1))
    await reject(db, count_id, shirt, expected_version=2)
    assert await session(db, count_id) == ("OPEN", 3, [(shirt, True, 2, None)])
    with pytest.raises(CountIncomplete) as refusal:
        await approve(db, count_id)
    assert [len(refusal.value.facts[name]) for name in ("uncounted", "disputed")] == [1, 0]
    assert await counters(db) == {(shirt, store): (5, 0, 0, 0)}
    await count(db, count_id, (shirt, 4), by="bob")
    await approve(db, count_id)
    assert await counters(db) == {(shirt, store): (4, 0, 0, 0)}
    assert await records(db, count_id) == [(shirt, 1, 1, 1, 5, "ann"), (shirt, 2, 2, 4, 5, "bob")]


async def test_only_lines_of_the_session_are_rejected(db: Database) -> None:
    shirt, [store] = await stocked(db, 5)
    count_id = await opened(db, store)
    with pytest.raises(NotFound):
        await reject(db, count_id, shirt)
    await count(db, count_id, (shirt, 5))
    with pytest.raises(VersionConflict):
        await reject(db, count_id, shirt, expected_version=1)
    assert await session(db, count_id) == ("OPEN", 2, [(shirt, True, 1, None)])
