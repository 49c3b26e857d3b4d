"""What was counted is believed: exactly the differences are corrected, once."""

import asyncio
from typing import Any

import pytest

from app.inventory.actions.ship_claims import ship_claims
from app.inventory.errors import CountIncomplete, FourEyesNeeded, InsufficientStock
from app.inventory.model import Verdict
from app.inventory.model.corrections import Correction, Promise, PromisePolicy
from app.inventory.sql.claims import claims_of
from app.kit.db import Database, WriteTx
from app.kit.errors import InvalidTransition, Refusals, VersionConflict
from app.kit.ids import new_id
from tests.catalog.builders import make_variant
from tests.inventory.builders import corrected, counters, facts, hold, put_stock, stocked, wish
from tests.inventory.counts import approve, corrections, count, opened, session


async def two(db: Database) -> tuple[int, int, int]:
    """A shirt of which 5 units are there, a mug of which 3 are, and where."""
    shirt, [store] = await stocked(db, 5)
    async with db.write() as tx:
        mug = await make_variant(tx, "MUG")
        await put_stock(tx, mug, store, 3)
    return shirt, mug, store


async def leave(db: Database, variant_id: int, location_id: int, units: int) -> None:
    """Units are sold and leave."""
    owner_id = new_id()
    await hold(db, wish(variant_id, units, location_id, owner_id=owner_id))

    async def work(tx: WriteTx) -> None:
        await ship_claims(tx, owner_id, await claims_of(tx, owner_id), actor="test")

    await db.in_write(work)


async def test_each_difference_is_one_row_of_the_ledger(db: Database) -> None:
    shirt, mug, store = await two(db)
    async with db.write() as tx:
        sock = await make_variant(tx, "SOCK")
    count_id = await opened(db, store, shirt, mug, sock)
    await count(db, count_id, (shirt, 4), (mug, 3), (sock, 2))
    assert await approve(db, count_id) == []
    assert await counters(db) == {
        (shirt, store): (4, 0, 0, 0),
        (mug, store): (3, 0, 0, 0),
        (sock, store): (2, 0, 0, 0),
    }
    assert await corrections(db) == [
        ("COUNTED", shirt, store, -1, count_id, "boss", "spring"),
        ("COUNTED", sock, store, 2, count_id, "boss", "spring"),
    ]
    lines = [(shirt, False, 1, -1), (mug, False, 1, 0), (sock, False, 1, 2)]
    assert await session(db, count_id) == ("APPROVED", 3, lines)
    assert [fact["status"] for fact in await facts(db, "count_session_changed")] == ["OPEN", "OPEN", "APPROVED"]


async def test_what_moves_after_the_count_is_no_difference(db: Database) -> None:
    shirt, mug, store = await two(db)
    count_id = await opened(db, store, shirt, mug)
    await count(db, count_id, (shirt, 4), (mug, 3))
    await leave(db, shirt, store, 2)
    async with db.write() as tx:
        await put_stock(tx, mug, store, 20)
    await approve(db, count_id)
    assert await counters(db) == {(shirt, store): (2, 0, 0, 0), (mug, store): (23, 0, 0, 0)}


async def test_counters_have_to_agree_about_the_difference_not_the_number(db: Database) -> None:
    shirt, mug, store = await two(db)
    count_id = await opened(db, store, shirt, mug)
    await count(db, count_id, (shirt, 4), (mug, 3), by="ann")
    await leave(db, shirt, store, 1)
    await count(db, count_id, (shirt, 3), (mug, 1), by="bob")
    with pytest.raises(CountIncomplete) as refusal:
        await approve(db, count_id)
    assert refusal.value.facts == {"uncounted": [], "disputed": ["MUG"]}
    await count(db, count_id, (mug, 3), by="bob")
    await approve(db, count_id)
    assert await counters(db) == {(shirt, store): (3, 0, 0, 0), (mug, store): (3, 0, 0, 0)}


async def test_all_named_variants_have_to_be_counted(db: Database) -> None:
    shirt, mug, store = await two(db)
    count_id = await opened(db, store, shirt, mug)
    await count(db, count_id, (shirt, 4))
    with pytest.raises(CountIncomplete) as refusal:
        await approve(db, count_id)
    assert refusal.value.facts == {"uncounted": ["MUG"], "disputed": []}
    with pytest.raises(CountIncomplete):
        await approve(db, await opened(db, store))
    assert await counters(db) == {(shirt, store): (5, 0, 0, 0), (mug, store): (3, 0, 0, 0)}
    assert await corrections(db) == []


async def test_whoever_has_counted_in_any_pass_does_not_approve(db: Database) -> None:
    shirt, _, store = await two(db)
    count_id = await opened(db, store, shirt, eyes=True)
    await count(db, count_id, (shirt, 4), by="ann")
    await count(db, count_id, (shirt, 4), by="bob")
    for counter in ("ann", "bob"):
        with pytest.raises(FourEyesNeeded) as refusal:
            await approve(db, count_id, by=counter)
        assert refusal.value.facts == {"counted_by": ["ann", "bob"]}
    assert (await session(db, count_id))[0] == "OPEN"
    await approve(db, count_id, by="eve")
    assert (await session(db, count_id))[0] == "APPROVED"
    alone = await opened(db, store, shirt)
    await count(db, alone, (shirt, 4), by="ann")
    await approve(db, alone, by="ann")


async def test_promises_are_kept_or_the_youngest_ends(db: Database) -> None:
    shirt, mug, store = await two(db)
    old, young = new_id(), new_id()
    await hold(db, wish(shirt, 3, store, owner_id=old))
    await hold(db, wish(shirt, 2, store, owner_id=young))
    count_id = await opened(db, store, shirt, mug)
    await count(db, count_id, (shirt, 4), (mug, 9))
    with pytest.raises(Refusals) as refusal:
        await approve(db, count_id)
    [refused] = refusal.value.refusals
    async with db.read() as tx:
        sku = await tx.connection.fetchval("SELECT sku FROM variants WHERE id = $1", shirt)
    assert isinstance(refused, InsufficientStock)
    assert refused.facts == {"requested": 1, "available": 0, "variant_id": shirt, "sku": sku}
    assert await counters(db) == {(shirt, store): (5, 0, 5, 0), (mug, store): (3, 0, 0, 0)}
    assert (await session(db, count_id))[0] == "OPEN"
    broken = await approve(db, count_id, PromisePolicy.BREAK_YOUNGEST)
    assert broken == [Promise("ORDER", young, 1, shirt, store, 1, "A")]
    assert await counters(db) == {(shirt, store): (4, 0, 4, 0), (mug, store): (9, 0, 0, 0)}


async def test_units_that_were_missed_and_left_since_cannot_go_again(db: Database) -> None:
    """Whoever counted 0 was wrong: the units were sold and shipped afterwards."""
    shirt, _, store = await two(db)
    count_id = await opened(db, store, shirt)
    await count(db, count_id, (shirt, 0))
    await leave(db, shirt, store, 2)
    with pytest.raises(Refusals) as refusal:
        await approve(db, count_id, PromisePolicy.BREAK_YOUNGEST)
    assert refusal.value.refusals[0].facts["available"] == 3
    assert await corrections(db) == []


async def test_another_version_than_the_one_that_was_seen_is_not_approved(db: Database) -> None:
    shirt, _, store = await two(db)
    count_id = await opened(db, store, shirt)
    await count(db, count_id, (shirt, 4))
    with pytest.raises(VersionConflict):
        await approve(db, count_id, expected_version=1)
    await approve(db, count_id, expected_version=2)


async def test_of_approvers_at_once_one_wins_and_the_difference_is_corrected_once(db: Database) -> None:
    shirt, _, store = await two(db)
    count_id = await opened(db, store, shirt)
    await count(db, count_id, (shirt, 4))
    done = await asyncio.gather(
        *(approve(db, count_id, by=f"boss{number}") for number in range(6)), return_exceptions=True
    )
    assert [one for one in done if not isinstance(one, BaseException)] == [[]]
    lost = [one.facts for one in done if isinstance(one, InvalidTransition)]
    assert lost == [{"current_status": "APPROVED"}] * 5
    assert (await counters(db))[(shirt, store)] == (4, 0, 0, 0)
    assert len(await corrections(db)) == 1


@pytest.mark.parametrize("policy", PromisePolicy)
async def test_counting_while_selling_with_more_buyers_than_units(db: Database, policy: PromisePolicy) -> None:
    """C-1: 40 buyers want one of 30 units each while 4 of these turn out to be missing; nothing is promised twice."""
    shirt, [store] = await stocked(db, 30)
    count_id = await opened(db, store, shirt)

    async def buy(_: int) -> Verdict:
        [verdict] = await hold(db, wish(shirt, 1, store))
        return verdict

    async def take_stock() -> Any:
        await count(db, count_id, (shirt, 26))
        try:
            return await approve(db, count_id, policy)
        except Refusals as refusal:
            return refusal

    *verdicts, answer = await asyncio.gather(*(buy(number) for number in range(40)), take_stock())
    granted = sum(bool(verdict.claims) for verdict in verdicts)
    is_refused = isinstance(answer, Refusals)
    broken = 0 if is_refused else sum(promise.quantity for promise in answer)
    on_hand = 30 if is_refused else 26
    assert not (is_refused and policy is not PromisePolicy.KEEP)
    assert granted - broken == on_hand
    assert await counters(db) == {(shirt, store): (on_hand, 0, on_hand, 0)}
    assert [row[3] for row in await corrections(db)] == ([] if is_refused else [-4])


@pytest.mark.parametrize("size", [1, 40])
async def test_the_statements_do_not_depend_on_the_lines(db: Database, count_statements: Any, size: int) -> None:
    _, [store] = await stocked(db, 5)
    async with db.write() as tx:
        variants = [await make_variant(tx, f"V-{number}") for number in range(size)]
    count_id = await opened(db, store, *variants)
    await count(db, count_id, *((variant, 2) for variant in variants))
    with count_statements() as counted:
        await approve(db, count_id)
    assert counted.total == 9
    assert len(await corrections(db)) == size


async def test_corrections_by_hand_are_movements_like_any_other(db: Database) -> None:
    shirt, _, store = await two(db)
    count_id = await opened(db, store, shirt)
    await count(db, count_id, (shirt, 4))
    await corrected(db, Correction(shirt, store, delta=3))
    await approve(db, count_id)
    assert (await counters(db))[(shirt, store)] == (7, 0, 0, 0)
