"""Learnt areas: the longest known prefix wins."""

import pytest

from app.kit.db import Database
from app.locations.actions.learn_postal_areas import learn_postal_areas
from app.locations.actions.seed_postal_areas import seed_postal_areas
from app.locations.errors import InvalidPostalCode
from app.locations.model import Point
from app.locations.sql import find_points

KNOWN = [
    ("150-0001", Point(35.0, 139.0), 13),
    ("150-0002", Point(36.0, 140.0), 13),
    ("150-8000", Point(38.0, 142.0), 13),
]


async def test_the_longest_known_prefix_wins(db: Database) -> None:
    async with db.write() as tx:
        await seed_postal_areas(tx)
        assert await learn_postal_areas(tx, KNOWN) == 6  # three codes, two of five digits, one of three
        assert await find_points(tx, ["150-0001", "150-0009", "150-9999", "151-0001"]) == {
            "150-0001": Point(35.0, 139.0),
            "150-0009": Point(35.5, 139.5),
            "150-9999": Point(109 / 3, 421 / 3),
            "151-0001": Point(35.64, 139.67),
        }


async def test_learning_again_replaces(db: Database) -> None:
    async with db.write() as tx:
        await learn_postal_areas(tx, KNOWN)
        assert await learn_postal_areas(tx, [("1500001", Point(34.0, 138.0), 13)]) == 3
        assert await find_points(tx, ["1500001", "1500002", "1509999"]) == {
            "1500001": Point(34.0, 138.0),
            "1500002": Point(36.0, 140.0),
            "1509999": Point(34.0, 138.0),
        }


async def test_a_malformed_code_refuses_all(db: Database) -> None:
    async with db.write() as tx:
        with pytest.raises(InvalidPostalCode):
            await learn_postal_areas(tx, [*KNOWN, ("15-0001", Point(35, 139), 13)])
        assert await tx.connection.fetchval("SELECT count(*) FROM postal_areas") == 0
