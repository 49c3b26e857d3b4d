"""Groups of locations."""

from collections.abc import Iterable

import pytest

from app.kit.db import Database, ReadTx
from app.kit.errors import InvalidInput, NotFound
from app.locations.actions.save_location_group import save_location_group
from app.locations.sql import places_of_group, transit_location_id
from tests.locations.builders import make_location

NAMES = {"ja": "通販", "en": "Online"}


async def codes_in(tx: ReadTx, group_id: int) -> list[str]:
    return [place.code for place in await places_of_group(tx, group_id)]


async def locations(db: Database, codes: Iterable[str]) -> list[int]:
    async with db.write() as tx:
        return [await make_location(tx, code=code) for code in codes]


async def test_a_group_has_exactly_the_given_locations(db: Database) -> None:
    a, b, c = await locations(db, "ABC")
    async with db.write() as tx:
        group = await save_location_group(tx, code="web", names=NAMES, location_ids=[a, b, b])
        assert await codes_in(tx, group) == ["A", "B"]
        again = await save_location_group(tx, code="web", names={"ja": "新"}, location_ids=[b, c])
        assert (again, await codes_in(tx, group)) == (group, ["B", "C"])
        assert await tx.connection.fetchval("SELECT names FROM location_groups") == {"ja": "新"}
        await save_location_group(tx, code="web", names=NAMES, location_ids=[])
        assert await codes_in(tx, group) == []


async def test_locations_can_be_added_to_those_that_are_there(db: Database) -> None:
    a, b = await locations(db, "AB")
    async with db.write() as tx:
        group = await save_location_group(tx, code="web", names=NAMES, location_ids=[a])
        await save_location_group(tx, code="web", names=NAMES, location_ids=[b], keep_others=True)
        assert await codes_in(tx, group) == ["A", "B"]


async def test_unknown_locations_and_the_one_in_transit_are_refused(db: Database) -> None:
    (a,) = await locations(db, "A")
    async with db.read() as tx:
        transit = await transit_location_id(tx)
    for wrong in (transit, 2**31 - 1):
        with pytest.raises(NotFound, match=f"no location {wrong} "):
            async with db.write() as tx:
                await save_location_group(tx, code="web", names=NAMES, location_ids=[a, wrong])
    async with db.read() as tx:
        assert await tx.connection.fetchval("SELECT count(*) FROM location_groups") == 0


@pytest.mark.parametrize(("code", "names"), [(" ", NAMES), ("web", {}), ("web", {"ja": ""})])
async def test_a_group_needs_a_code_and_names(db: Database, code: str, names: dict[str, str]) -> None:
    with pytest.raises(InvalidInput):
        async with db.write() as tx:
            await save_location_group(tx, code=code, names=names, location_ids=[])
