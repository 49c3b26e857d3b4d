"""The days on which suppliers deliver."""

from datetime import date

import pytest

from app.kit.db import Database
from app.kit.errors import NotFound, VersionConflict
from tests.inventory.builders import stocked
from tests.inventory.purchases import draft, purchase, redate

FIRST, LATER = date(2026, 12, 1), date(2026, 12, 24)


async def test_named_lines_get_other_days(db: Database) -> None:
    shirt, [store] = await stocked(db, 0)
    order_id = await draft(db, store, (shirt, 10, FIRST), (shirt, 5, FIRST), (shirt, 2, FIRST))
    await redate(db, order_id, {1: LATER, 3: None}, expected_version=1)
    assert await purchase(db, order_id) == (
        "DRAFT",
        2,
        [(shirt, 10, 0, LATER), (shirt, 5, 0, FIRST), (shirt, 2, 0, None)],
    )


async def test_unknown_lines_and_versions_are_refused(db: Database) -> None:
    shirt, [store] = await stocked(db, 0)
    order_id = await draft(db, store, (shirt, 10, FIRST))
    with pytest.raises(NotFound):
        await redate(db, order_id, {1: LATER, 2: LATER})
    with pytest.raises(VersionConflict):
        await redate(db, order_id, {1: LATER}, expected_version=7)
    assert await purchase(db, order_id) == ("DRAFT", 1, [(shirt, 10, 0, FIRST)])
