"""The rules of selling ahead, and what keeps their limit."""

from datetime import timedelta

import asyncpg
import pytest

from app.inventory.actions.set_selling_rule import set_selling_rule
from app.inventory.errors import InvalidQuantity
from app.inventory.model.selling import SellingPolicy, SellingRule
from app.kit.db import Database
from app.kit.errors import InvalidInput
from app.kit.ids import new_id
from app.kit.statement import Statement
from tests.inventory.builders import hold, stocked
from tests.inventory.selling import SOON, TODAY, ask, bundled, queue, sell_ahead, terms, waiting


async def test_the_database_refuses_to_sell_past_the_limit_whoever_asks(db: Database) -> None:
    """Complaint C-5: invariants live in the lowest layer, never in callers."""
    variant, [place] = await stocked(db, 0)
    async with db.write() as tx:
        await sell_ahead(tx, variant, 1)
    [verdict] = await hold(db, await ask(db, variant, 1, place))
    assert verdict.claims
    with pytest.raises(asyncpg.CheckViolationError, match="not_sold_ahead_past_the_limit"):
        async with db.write() as tx:
            await tx.execute(
                Statement("""INSERT INTO backorders (owner_id, line_no, owner_kind, variant_id, quantity, kind, state,
                                                     promised_on, candidates, may_split)
                             VALUES (:id, 1, 'ORDER', :variant, 1, 'BACKORDER', 'A', :day, '{}', true)"""),
                id=new_id(),
                variant=variant,
                day=SOON,
            )
    with pytest.raises(asyncpg.InsufficientPrivilegeError, match="write backorders instead"):
        async with db.write() as tx:
            await tx.execute(Statement("UPDATE selling_rules SET waiting = 0"))
    assert await waiting(db) == {variant: (1, 1)}


async def test_a_rule_says_what_is_wrong_with_it_and_changes_nothing_then(db: Database) -> None:
    tea_set, cup, _, place = await bundled(db, 1, 1)
    async with db.write() as tx:
        await sell_ahead(tx, cup, 3)
    await hold(db, await ask(db, cup, 3, place))
    for variant, limit, day, match in (
        (tea_set, 1, SOON, "A bundle is sold"),
        (cup, 3, TODAY - timedelta(days=1), "Name the day"),
        (cup, None, SOON, "how many units"),
    ):
        with pytest.raises(InvalidInput, match=match):
            async with db.write() as tx:
                await sell_ahead(tx, variant, limit, day=day)  # type: ignore[arg-type]
    with pytest.raises(InvalidQuantity, match="3 units are sold ahead already"):
        async with db.write() as tx:
            await sell_ahead(tx, cup, 2)
    with pytest.raises(InvalidInput, match="for what is sold ahead"):
        async with db.write() as tx:
            await set_selling_rule(tx, variant_id=cup, policy=SellingPolicy.ON_HAND_ONLY, limit=3, today=TODAY)
    assert await waiting(db) == {cup: (3, 3)}


async def test_a_closed_queue_takes_nobody_and_keeps_who_is_in_it(db: Database) -> None:
    variant, [place] = await stocked(db, 0)
    async with db.write() as tx:
        await sell_ahead(tx, variant, 9)
    await hold(db, await ask(db, variant, 2, place))
    async with db.write() as tx:
        await set_selling_rule(tx, variant_id=variant, policy=SellingPolicy.ON_HAND_ONLY, today=TODAY)
    [verdict] = await hold(db, await ask(db, variant, 1, place))
    assert (verdict.claims, len(await queue(db))) == ((), 1)
    known = await terms(db, variant)
    assert known is not None
    assert known.rule == SellingRule(SellingPolicy.ON_HAND_ONLY, 2, 2, None)
