"""The lines of drafts."""

import pytest

from app.inventory.errors import InvalidQuantity
from app.kit.db import Database
from app.kit.errors import InvalidInput, NotFound, VersionConflict
from app.kit.ids import new_id
from tests.catalog.builders import make_variant
from tests.inventory.builders import facts, stocked
from tests.inventory.purchases import draft, edit, purchase
from tests.inventory.selling import bundled


async def test_new_lines_take_the_place_of_the_old_ones(db: Database) -> None:
    shirt, [store] = await stocked(db, 0)
    async with db.write() as tx:
        mug = await make_variant(tx)
    order_id = await draft(db, store, (shirt, 10), (shirt, 5))
    await edit(db, order_id, (mug, 3), expected_version=1)
    assert await purchase(db, order_id) == ("DRAFT", 2, [(mug, 3, 0, None)])
    assert [fact["variant_ids"] for fact in await facts(db, "purchase_order_changed")] == [[shirt], [shirt, mug]]


async def test_refused_edits_leave_the_lines_alone(db: Database) -> None:
    shirt, [store] = await stocked(db, 0)
    order_id = await draft(db, store, (shirt, 10))
    with pytest.raises(VersionConflict) as refusal:
        await edit(db, order_id, (shirt, 3), expected_version=2)
    assert refusal.value.facts == {"current_version": 1}
    with pytest.raises(InvalidQuantity):
        await edit(db, order_id, (shirt, 0))
    with pytest.raises(InvalidInput):
        await edit(db, order_id)
    with pytest.raises(NotFound):
        await edit(db, new_id(), (shirt, 1))
    assert await purchase(db, order_id) == ("DRAFT", 1, [(shirt, 10, 0, None)])


async def test_no_bundle_comes_in(db: Database) -> None:
    tea_set, cup, _, place = await bundled(db, 4, 1)
    order_id = await draft(db, place, (cup, 10))
    with pytest.raises(InvalidInput) as refusal:
        await edit(db, order_id, (tea_set, 3))
    assert refusal.value.path == ["input", "lines", "0", "sku"]
    assert await purchase(db, order_id) == ("DRAFT", 1, [(cup, 10, 0, None)])
