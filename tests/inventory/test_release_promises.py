"""Promises that fewer units cannot keep: others keep them, or they end, and nothing else is touched."""

import asyncpg
import pytest

from app.inventory.actions.move_promises import Elsewhere
from app.inventory.actions.release_promises import check_elsewhere, look_for_promises, release_promises
from app.inventory.model import Movement, MovementKind
from app.inventory.model.corrections import Promise, PromisePolicy
from app.inventory.model.selling import StockKey
from app.inventory.sql.ledger import post_for
from app.inventory.sql.stock import lock_stock_rows
from app.kit.db import Database, WriteTx
from tests.conftest import NOW
from tests.inventory.builders import because, counters, hold, stocked, wish
from tests.inventory.moving import any_of


async def take(
    db: Database, short: dict[StockKey, int], elsewhere: Elsewhere | None, *, seen: bool = True
) -> list[Promise]:
    """As many units go as are short. seen: whether the first look was at what is short."""

    async def work(tx: WriteTx) -> list[Promise]:
        look = await look_for_promises(tx, short if seen else {}, elsewhere, now=NOW)
        locked = await lock_stock_rows(tx, short, look.keys)
        broken = await release_promises(tx, short, look, locked=locked, fewer=short, actor="test", now=NOW)
        gone = [Movement(*key, MovementKind.ADJUSTED, on_hand=-units) for key, units in short.items()]
        await post_for(tx, gone, because("LOSS"))
        return broken

    return await db.in_write(work)


async def test_others_keep_what_they_can_and_the_rest_ends(db: Database) -> None:
    shirt, places = await stocked(db, 5, 2)
    store, depot = places
    old, young = wish(shirt, 2, store), wish(shirt, 3, store)
    await hold(db, old)
    await hold(db, young)
    broken = await take(db, {(shirt, store): 4}, any_of(places))
    assert [(one.owner_id, one.quantity, one.moved_to) for one in broken] == [
        (young.owner_id, 2, depot), (young.owner_id, 1, None), (old.owner_id, 1, None),
    ]  # fmt: skip
    assert await counters(db) == {(shirt, store): (1, 0, 1, 0), (shirt, depot): (2, 0, 2, 0)}


async def test_without_other_places_all_of_it_ends(db: Database) -> None:
    shirt, [store, depot] = await stocked(db, 5, 2)
    await hold(db, wish(shirt, 5, store))
    broken = await take(db, {(shirt, store): 4}, None)
    assert [(one.quantity, one.moved_to) for one in broken] == [(4, None)]
    assert await counters(db) == {(shirt, store): (1, 0, 1, 0), (shirt, depot): (2, 0, 0, 0)}


async def test_what_the_first_look_did_not_see_begins_again(db: Database) -> None:
    """Nothing that was not locked in its order is touched: the transaction is refused, and nothing is changed."""
    shirt, places = await stocked(db, 5, 9)
    await hold(db, wish(shirt, 5, places[0]))
    with pytest.raises(asyncpg.SerializationError):
        await take(db, {(shirt, places[0]): 2}, any_of(places), seen=False)
    assert await counters(db) == {(shirt, places[0]): (5, 0, 5, 0), (shirt, places[1]): (9, 0, 0, 0)}


def test_promises_move_where_somebody_knows_where_to() -> None:
    check_elsewhere(PromisePolicy.KEEP, None)
    check_elsewhere(PromisePolicy.RESOURCE_YOUNGEST, any_of([1]))
    for policy, elsewhere in ((PromisePolicy.RESOURCE_YOUNGEST, None), (PromisePolicy.BREAK_YOUNGEST, any_of([1]))):
        with pytest.raises(ValueError, match="somebody knows"):
            check_elsewhere(policy, elsewhere)
