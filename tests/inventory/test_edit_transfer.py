"""A draft of a transfer is put together anew."""

from datetime import datetime, timedelta

import pytest

from app.inventory.actions.edit_transfer import edit_transfer
from app.inventory.errors import InvalidQuantity
from app.inventory.model.transfers import TransferLineDraft
from app.inventory.sql.transfers import lines_of, lock_transfer
from app.kit.db import Database
from app.kit.errors import InvalidInput, NotFound, VersionConflict
from app.kit.ids import new_id
from tests.conftest import NOW
from tests.inventory.builders import counters, facts, stocked
from tests.inventory.selling import bundled
from tests.inventory.transfers import send, state


async def test_lines_are_added_changed_and_removed_and_nothing_is_held(db: Database) -> None:
    shirt, [warehouse, store] = await stocked(db, 10, 0)
    mug, _ = await stocked(db)
    transfer_id = await send(db, warehouse, store, (shirt, 4), is_draft=True)
    assert await state(db, transfer_id) == ("DRAFT", 1, [(4, 0, 0, 0)])
    lines = [TransferLineDraft(mug, 2), TransferLineDraft(shirt, 60)]
    async with db.write() as tx:
        await edit_transfer(tx, transfer_id, lines, note="for spring", expected_at=NOW, expected_version=1, now=NOW)
        row = await lock_transfer(tx, transfer_id)
        assert [(line["line_no"], line["variant_id"]) for line in await lines_of(tx, transfer_id)] == [
            (1, mug),
            (2, shirt),
        ]
    assert (row["note"], row["expected_at"], row["version"]) == ("for spring", NOW, 2)
    assert await counters(db) == {(shirt, warehouse): (10, 0, 0, 0)}
    assert [fact["status"] for fact in await facts(db, "transfer_changed")] == ["DRAFT"]


async def test_impossible_edits_change_nothing(db: Database) -> None:
    shirt, [warehouse, store] = await stocked(db, 10, 0)
    transfer_id = await send(db, warehouse, store, (shirt, 4), is_draft=True)
    one = [TransferLineDraft(shirt, 1)]
    for lines, about, expected, error in [
        ([], transfer_id, None, InvalidInput),
        ([TransferLineDraft(shirt, 0)], transfer_id, None, InvalidQuantity),
        (one, new_id(), None, NotFound),
        (one, transfer_id, 7, VersionConflict),
    ]:
        with pytest.raises(error):
            async with db.write() as tx:
                await edit_transfer(tx, about, lines, expected_version=expected, now=NOW)
    assert await state(db, transfer_id) == ("DRAFT", 1, [(4, 0, 0, 0)])


async def test_an_order_has_no_drafts(db: Database) -> None:
    shirt, [warehouse, store] = await stocked(db, 10, 0)
    with pytest.raises(InvalidInput):
        await send(db, warehouse, store, (shirt, 1, 1), order_id=new_id(), is_draft=True)


async def test_what_is_not_said_stays(db: Database) -> None:
    """Units whose day was forgotten would be promised to nobody."""
    shirt, [warehouse, store] = await stocked(db, 10, 0)
    transfer_id = await send(db, warehouse, store, (shirt, 4), is_draft=True)
    one, found = [TransferLineDraft(shirt, 1)], list[tuple[str | None, datetime | None]]()
    for note, expected_at in [("by Tanaka", NOW), (None, None), ("", None), ("by train", NOW + timedelta(days=1))]:
        async with db.write() as tx:
            await edit_transfer(tx, transfer_id, one, note=note, expected_at=expected_at, now=NOW)
            row = await lock_transfer(tx, transfer_id)
        found.append((row["note"], row["expected_at"]))
    assert found == [("by Tanaka", NOW), ("by Tanaka", NOW), (None, NOW), ("by train", NOW + timedelta(days=1))]
    assert await state(db, transfer_id) == ("DRAFT", 5, [(1, 0, 0, 0)])


async def test_no_bundle_comes_in(db: Database) -> None:
    tea_set, cup, _, place = await bundled(db, 4, 1)
    _, [store] = await stocked(db, 0)
    transfer_id = await send(db, place, store, (cup, 2), is_draft=True)
    with pytest.raises(InvalidInput) as refusal:
        async with db.write() as tx:
            await edit_transfer(tx, transfer_id, [TransferLineDraft(tea_set, 1)], now=NOW)
    assert refusal.value.path == ["input", "lines", "0", "sku"]
    assert await state(db, transfer_id) == ("DRAFT", 1, [(2, 0, 0, 0)])
