"""Saving locations: one statement for many, events for changes only, refusals before anything is written."""

from dataclasses import replace
from typing import Any

import pytest

from app.kit.db import Database
from app.locations.actions.save_locations import save_locations
from app.locations.errors import InvalidLocation
from app.locations.model import LocationDraft, LocationKind, Place, Point
from app.locations.model.places import Abilities
from app.locations.sql import places_by_id, places_of_group, transit_location_id
from tests.locations.builders import make_group, make_location

STORE = LocationDraft(
    code="S-SHIBUYA",
    kind=LocationKind.STORE,
    names={"ja": "渋谷店", "en": "Shibuya"},
    point=Point(35.658, 139.7016),
    prefecture=13,
    postal_code="〒１５０－０００２",
    address="渋谷区渋谷1-1-1",
    hours={"mon": [["10:00", "20:00"]]},
)
WAREHOUSE = LocationDraft(code="W-EAST", kind=LocationKind.EC_WAREHOUSE, names={"ja": "東日本倉庫"})


async def events(db: Database) -> list[tuple[str, str, dict[str, Any]]]:
    async with db.read() as tx:
        rows = await tx.connection.fetch("SELECT topic, key, payload FROM outbox ORDER BY id")
    return [tuple(row) for row in rows]


async def test_new_locations_get_ids_and_what_is_usual_for_their_kind(db: Database) -> None:
    async with db.write() as tx:
        ids = await save_locations(tx, [WAREHOUSE, STORE])
    assert set(ids) == {"S-SHIBUYA", "W-EAST"}
    async with db.read() as tx:
        places = await places_by_id(tx, ids.values())
        row = await tx.connection.fetchrow("SELECT * FROM locations WHERE code = 'S-SHIBUYA'")
    assert places[ids["S-SHIBUYA"]] == Place(
        id=ids["S-SHIBUYA"],
        code="S-SHIBUYA",
        kind=LocationKind.STORE,
        point=Point(35.658, 139.7016),
        prefecture=13,
        partner_id=None,
        holds_stock=True,
        ships_orders=True,
        hands_over=True,
        hold_days=7,
    )
    assert places[ids["W-EAST"]].point is None
    assert not places[ids["W-EAST"]].hands_over
    assert (row["postal_code"], row["hours"], row["version"]) == ("1500002", {"mon": [["10:00", "20:00"]]}, 1)
    assert await events(db) == [
        (
            "location",
            str(ids[code]),
            {"location_id": ids[code], "code": code, "is_active": True, "version": 1},
        )
        for code in ("S-SHIBUYA", "W-EAST")
    ]


async def test_saving_the_same_again_changes_and_tells_nothing(db: Database) -> None:
    async with db.write() as tx:
        first = await save_locations(tx, [STORE, WAREHOUSE])
    told = await events(db)
    async with db.write() as tx:
        second = await save_locations(tx, [STORE, WAREHOUSE])
        assert tx.published == 0
    assert (second, await events(db)) == (first, told)


async def test_a_change_keeps_the_id_and_raises_the_version(db: Database) -> None:
    async with db.write() as tx:
        ids = await save_locations(tx, [STORE, WAREHOUSE])
        closed = replace(STORE, is_active=False, point=None, abilities=Abilities(True, False, False))  # noqa: FBT003
        assert await save_locations(tx, [closed]) == {"S-SHIBUYA": ids["S-SHIBUYA"]}
        place = (await places_by_id(tx, [ids["S-SHIBUYA"]]))[ids["S-SHIBUYA"]]
    assert (place.point, place.holds_stock, place.ships_orders, place.hands_over) == (
        None,
        True,
        False,
        False,
    )
    assert (await events(db))[-1][2] == {
        "location_id": ids["S-SHIBUYA"],
        "code": "S-SHIBUYA",
        "is_active": False,
        "version": 2,
    }


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"code": ""}, "needs a code"),
        ({"code": " A"}, "without blanks"),
        ({"code": "A\n"}, "needs a code"),
        ({"code": "A" * 65}, "needs a code of 1 to 64"),
        ({"code": "IN-TRANSIT"}, "nobody changes"),
        ({"kind": LocationKind.IN_TRANSIT}, "nobody changes"),
        ({"names": {}}, "needs a name"),
        ({"names": {"ja": " "}}, "needs a name"),
        ({"prefecture": 48}, "prefecture 48"),
        ({"point": Point(91, 0)}, "not on earth"),
        ({"hold_days": 0}, "0 days"),
        ({"hold_days": 61}, "61 days"),
        ({"postal_code": "150-000"}, "seven digits"),
        ({"hours": {"mon": [["20:00", "10:00"]]}}, "ascend"),
        ({"timezone": "Asia/Edo"}, "no known time zone"),
        ({"timezone": "../../etc/passwd"}, "no known time zone"),
    ],
)
async def test_one_bad_draft_refuses_all_and_writes_nothing(db: Database, change: dict[str, Any], message: str) -> None:
    bad = replace(STORE, **change)
    with pytest.raises(InvalidLocation, match=message) as refusal:
        async with db.write() as tx:
            await save_locations(tx, [WAREHOUSE, bad])
    assert refusal.value.facts == {"location_code": bad.code[:64]}
    async with db.read() as tx:
        assert await tx.connection.fetchval("SELECT count(*) FROM locations") == 1  # the one in transit
    assert await events(db) == []


async def test_two_drafts_with_one_code_are_refused(db: Database) -> None:
    with pytest.raises(InvalidLocation, match="given twice"):
        async with db.write() as tx:
            await save_locations(tx, [STORE, STORE])


async def test_no_drafts_are_no_work(db: Database) -> None:
    async with db.write() as tx:
        assert await save_locations(tx, []) == {}


async def test_thousands_are_saved_with_a_fixed_number_of_statements(db: Database, count_statements: Any) -> None:
    drafts = [
        LocationDraft(code=f"P{number:05}", kind=LocationKind.CONVENIENCE_STORE, names={"ja": "店"})
        for number in range(2000)
    ]
    with count_statements() as count:
        async with db.write() as tx:
            ids = await save_locations(tx, drafts)
    assert (len(ids), count.total) == (2000, 3)


async def test_places_of_a_group_are_its_active_ones_in_order_of_id(db: Database) -> None:
    async with db.write() as tx:
        first, second, closed, elsewhere = [
            await make_location(tx, code=code, is_active=code != "C") for code in "ABCD"
        ]
        group = await make_group(tx, [second, closed, first])
        assert [place.code for place in await places_of_group(tx, group)] == ["A", "B"]
        assert set(await places_by_id(tx, [closed, elsewhere, 2**31 - 1])) == {closed, elsewhere}
        assert await places_of_group(tx, group + 1000) == []
        assert (await places_by_id(tx, [await transit_location_id(tx)])).popitem()[1].code == "IN-TRANSIT"
