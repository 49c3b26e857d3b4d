"""Count sessions begin; and which step may be taken in which state."""

import asyncio

import pytest

from app.inventory.errors import BeingCounted
from app.inventory.model.counts import COUNT_SESSION, CountStatus, CountStep
from app.kit.db import Database
from app.kit.errors import InvalidInput, InvalidTransition, NotFound
from tests.catalog.builders import make_variant
from tests.inventory.builders import counters, facts, stocked
from tests.inventory.counts import cancel, count, in_state, opened, records, session, try_step
from tests.inventory.selling import bundled


async def test_a_session_has_the_lines_that_were_named(db: Database) -> None:
    shirt, [store] = await stocked(db, 5)
    count_id = await opened(db, store, shirt)
    assert await session(db, count_id) == ("OPEN", 1, [(shirt, True, 1, None)])
    assert await facts(db, "count_session_changed") == [
        {"count_session_id": str(count_id), "location_id": store, "status": "OPEN"}
    ]
    assert await counters(db) == {(shirt, store): (5, 0, 0, 0)}


async def test_only_a_location_that_holds_stock_is_counted(db: Database) -> None:
    with pytest.raises(NotFound):
        await opened(db, 999_999)
    async with db.read() as tx:
        transit: int = await tx.connection.fetchval("SELECT id FROM locations WHERE kind = 'IN_TRANSIT'")
    with pytest.raises(NotFound):
        await opened(db, transit)


async def test_a_variant_is_in_one_open_session_of_a_location(db: Database) -> None:
    shirt, [store, depot] = await stocked(db, 5, 5)
    async with db.write() as tx:
        mug = await make_variant(tx, "MUG")
    first = await opened(db, store, shirt)
    with pytest.raises(BeingCounted) as refusal:
        await opened(db, store, mug, shirt)
    async with db.read() as tx:
        sku = await tx.connection.fetchval("SELECT sku FROM variants WHERE id = $1", shirt)
        [number] = [row["number"] for row in await tx.connection.fetch("SELECT number FROM count_sessions")]
    assert refusal.value.facts == {"sku": sku, "count_number": number}
    await opened(db, depot, shirt)
    await cancel(db, first)
    await opened(db, store, mug, shirt)


async def test_of_many_who_open_the_same_one_gets_through(db: Database) -> None:
    shirt, [store] = await stocked(db, 5)
    done = await asyncio.gather(*(opened(db, store, shirt) for _ in range(6)), return_exceptions=True)
    assert sum(isinstance(one, BeingCounted) for one in done) == 5
    async with db.read() as tx:
        assert await tx.connection.fetchval("SELECT count(*) FROM count_sessions") == 1


@pytest.mark.parametrize("status", CountStatus)
@pytest.mark.parametrize("name", CountStep)
async def test_every_step_in_every_state(db: Database, status: CountStatus, name: CountStep) -> None:
    shirt, [store] = await stocked(db, 5)
    count_id = await in_state(db, status, store, shirt)
    before = (await session(db, count_id), await counters(db), await records(db, count_id))
    assert before[0][0] == status
    if status in COUNT_SESSION.steps[name]:
        await try_step(db, count_id, name, shirt)
        after = await session(db, count_id)
        assert (after[0],) == COUNT_SESSION.steps[name][status]
        assert after[1] == before[0][1] + 1
        return
    with pytest.raises(InvalidTransition) as refusal:
        await try_step(db, count_id, name, shirt)
    assert refusal.value.facts == {"current_status": status}
    assert (await session(db, count_id), await counters(db), await records(db, count_id)) == before


def test_the_machine_is_the_one_that_was_agreed() -> None:
    allowed = {
        (str(name), str(state), *(str(after) for after in ends))
        for name, moves in COUNT_SESSION.steps.items()
        for state, ends in moves.items()
    }
    assert allowed == {
        ("RECORD", "OPEN", "OPEN"),
        ("REJECT", "OPEN", "OPEN"),
        ("APPROVE", "OPEN", "APPROVED"),
        ("CANCEL", "OPEN", "CANCELED"),
    }


async def test_two_sessions_that_meet_in_other_orders_do_not_deadlock(db: Database) -> None:
    """C-8: lines are written in the order of their keys, whatever the caller's order is."""
    _, [store] = await stocked(db, 5)
    async with db.write() as tx:
        variants = [await make_variant(tx, f"V-{number}") for number in range(8)]
    free = [await opened(db, store) for _ in range(4)]
    done = await asyncio.gather(
        *(
            count(db, count_id, *((variant, 1) for variant in (variants if turn % 2 else variants[::-1])))
            for turn, count_id in enumerate(free)
        ),
        return_exceptions=True,
    )
    assert sorted(type(one).__name__ for one in done) == ["BeingCounted"] * 3 + ["NoneType"]


async def test_bundles_are_not_counted(db: Database) -> None:
    """Such a session could never be approved."""
    tea_set, cup, _, place = await bundled(db, 4, 1)
    with pytest.raises(InvalidInput) as refusal:
        await opened(db, place, cup, tea_set)
    assert refusal.value.path == ["input", "skus", "1"]
    assert await facts(db, "count_session_changed") == []
    count_id = await opened(db, place)
    with pytest.raises(InvalidInput) as refusal:
        await count(db, count_id, (tea_set, 2))
    assert refusal.value.path == ["input", "counts", "0", "sku"]
    assert await session(db, count_id) == ("OPEN", 1, [])
