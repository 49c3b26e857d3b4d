"""The built-in table answers for every postal code, roughly."""

import pytest

from app.kit.db import Database
from app.locations.actions.learn_postal_areas import learn_postal_areas
from app.locations.actions.seed_postal_areas import seed_postal_areas
from app.locations.errors import InvalidPostalCode
from app.locations.model import Point
from app.locations.sql import find_points


async def test_nothing_is_known_before(db: Database) -> None:
    async with db.read() as tx:
        assert await find_points(tx, ["150-0001"]) == {}


async def test_seeding_knows_every_postal_code_and_repeats_do_nothing(db: Database) -> None:
    async with db.write() as tx:
        assert await seed_postal_areas(tx) == 100
        assert await seed_postal_areas(tx) == 0
        assert await find_points(tx, ["〒150-0001"]) == {"〒150-0001": Point(35.64, 139.67)}
        assert await find_points(tx, ["9000001", "000-0000"]) == {
            "9000001": Point(26.30, 127.75),
            "000-0000": Point(43.06, 141.35),
        }
        assert await find_points(tx, []) == {}


async def test_seeding_keeps_what_was_learnt(db: Database) -> None:
    async with db.write() as tx:
        await learn_postal_areas(tx, [("1500001", Point(35.67, 139.705), 13)])
        assert await seed_postal_areas(tx) == 100
        assert await find_points(tx, ["1500001"]) == {"1500001": Point(35.67, 139.705)}


async def test_a_malformed_code_is_refused(db: Database) -> None:
    async with db.read() as tx:
        with pytest.raises(InvalidPostalCode):
            await find_points(tx, ["150-00"])
