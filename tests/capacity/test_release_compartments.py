"""Orders that will not come give their compartments back."""

from typing import Any

from app.capacity.actions.release_compartments import release_compartments
from app.kit.db import Database
from app.kit.ids import new_id
from tests.capacity.builders import MEDIUM, claim, claimed, claims, doors, wish
from tests.conftest import NOW


async def test_the_compartment_is_free_for_the_next_one(db: Database) -> None:
    station, [own] = await claimed(db, ("M",), MEDIUM)
    assert await claim(db, one := wish(station)) == [one.delivery_id]
    for times in (1, 0):
        assert await db.in_write(lambda tx: release_compartments(tx, [own.order_id], now=NOW)) == times
        assert await claims(db) == {own.delivery_id: ("ENDED", "1")}
        assert await doors(db) == [("1", "FREE")]
    assert await claim(db, two := wish(station)) == []
    assert (await claims(db))[two.delivery_id] == ("PLANNED", "1")


async def test_an_order_without_any_costs_one_statement(db: Database, count_statements: Any) -> None:
    with count_statements() as count:
        assert await db.in_write(lambda tx: release_compartments(tx, [new_id()], now=NOW)) == 0
    assert count.total == 1
