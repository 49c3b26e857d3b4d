"""A count is given up."""

import pytest

from app.kit.db import Database
from app.kit.errors import VersionConflict
from tests.inventory.builders import counters, facts, stocked
from tests.inventory.counts import cancel, corrections, count, opened, session


async def test_nothing_is_corrected(db: Database) -> None:
    shirt, [store] = await stocked(db, 5)
    count_id = await opened(db, store, shirt)
    await count(db, count_id, (shirt, 1))
    with pytest.raises(VersionConflict):
        await cancel(db, count_id, expected_version=1)
    await cancel(db, count_id, expected_version=2)
    assert await session(db, count_id) == ("CANCELED", 3, [(shirt, False, 1, None)])
    assert await counters(db) == {(shirt, store): (5, 0, 0, 0)}
    assert await corrections(db) == []
    assert [fact["status"] for fact in await facts(db, "count_session_changed")] == ["OPEN", "OPEN", "CANCELED"]
