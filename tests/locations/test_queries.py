"""The queries of the locations slice, through the schema."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.kit.db import Database
from app.kit.ids import global_id
from app.locations.actions.learn_postal_areas import learn_postal_areas
from app.locations.actions.seed_postal_areas import seed_postal_areas
from app.locations.model import Point, distance_km
from app.locations.sql import transit_location_id
from app.partners.actions.create_partner import create_partner
from tests.locations.builders import make_group, make_location

SHIBUYA, UMEDA, SAPPORO = (35.658, 139.7016), (34.7025, 135.4959), (43.0687, 141.3508)
LIST = """query ($first: Int! = 20, $after: String, $kinds: [LocationKind!], $near: NearInput, $prefecture: Int,
               $handsOver: Boolean, $holdsStock: Boolean, $group: String) {
  locations(first: $first, after: $after, kinds: $kinds, near: $near, prefecture: $prefecture,
            handsOver: $handsOver, holdsStock: $holdsStock, group: $group) {
    edges { cursor distanceKm node { code } } nodes { code } totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } }"""


@pytest.fixture
async def places(db: Database) -> dict[str, int]:
    """Two stores, a warehouse without coordinates, a konbini, a closed store; all but Sapporo in a group."""
    async with db.write() as tx:
        await seed_postal_areas(tx)
        ids = {
            "umeda": await make_location(tx, code="umeda", near=UMEDA, prefecture=27),
            "shibuya": await make_location(tx, code="shibuya", near=SHIBUYA),
            "depot": await make_location(tx, code="depot", kind="EC_WAREHOUSE", prefecture=12),
            "konbini": await make_location(tx, code="konbini", kind="CONVENIENCE_STORE", near=(35.66, 139.70)),
            "closed": await make_location(tx, code="closed", near=SHIBUYA, is_active=False),
            "sapporo": await make_location(tx, code="sapporo", near=SAPPORO, prefecture=1),
        }
        await make_group(tx, [ids[code] for code in ("umeda", "shibuya", "depot", "closed")], code="web")
    return ids


async def listed(execute: Any, **variables: Any) -> list[str]:
    page = (await execute(LIST, variables))["locations"]
    codes = [node["code"] for node in page["nodes"]]
    assert [edge["node"]["code"] for edge in page["edges"]] == codes
    return codes


async def test_active_locations_in_order_of_their_making(execute: Any, places: dict[str, int]) -> None:
    page = (await execute(LIST))["locations"]
    assert [node["code"] for node in page["nodes"]] == ["umeda", "shibuya", "depot", "konbini", "sapporo"]
    assert page["totalCount"] == 5
    assert {edge["distanceKm"] for edge in page["edges"]} == {None}
    assert page["pageInfo"] == {
        "hasNextPage": False,
        "hasPreviousPage": False,
        "startCursor": page["edges"][0]["cursor"],
        "endCursor": page["edges"][-1]["cursor"],
    }


@pytest.mark.parametrize(
    ("filters", "codes"),
    [
        ({"kinds": ["STORE"]}, ["umeda", "shibuya", "sapporo"]),
        ({"kinds": ["EC_WAREHOUSE", "CONVENIENCE_STORE"]}, ["depot", "konbini"]),
        ({"kinds": ["IN_TRANSIT"]}, []),
        ({"kinds": []}, []),
        ({"prefecture": 13}, ["shibuya", "konbini"]),
        ({"handsOver": False}, ["depot"]),
        ({"holdsStock": False}, ["konbini"]),
        ({"group": "web"}, ["umeda", "shibuya", "depot"]),
        ({"group": "web", "kinds": ["STORE"], "prefecture": 27, "handsOver": True}, ["umeda"]),
    ],
)
async def test_filters(execute: Any, places: dict[str, int], filters: dict[str, Any], codes: list[str]) -> None:
    assert await listed(execute, **filters) == codes


@pytest.mark.parametrize(
    "near", [{"postalCode": "〒１５０-0002"}, {"coordinates": {"latitude": 35.658, "longitude": 139.7016}}]
)
async def test_nearest_first_and_those_without_coordinates_last(
    execute: Any, places: dict[str, int], near: dict[str, Any]
) -> None:
    origin = Point(*SHIBUYA)
    async with execute.db.write() as tx:
        await learn_postal_areas(tx, [("150-0002", origin, 13)])
    edges = (await execute(LIST, {"near": near}))["locations"]["edges"]
    assert [(edge["node"]["code"], edge["distanceKm"]) for edge in edges] == [
        ("shibuya", 0),
        ("konbini", pytest.approx(distance_km(origin, Point(35.66, 139.70)), abs=1e-6)),
        ("umeda", pytest.approx(distance_km(origin, Point(*UMEDA)), abs=1e-6)),
        ("sapporo", pytest.approx(distance_km(origin, Point(*SAPPORO)), abs=1e-6)),
        ("depot", None),
    ]


async def test_the_database_and_the_rules_measure_alike(db: Database, execute: Any) -> None:
    points = [(90.0, 0.0), (-90.0, 0.0), (0.0, 180.0), (0.0, -180.0), (35.0, -40.3), (-35.658, -40.2984)]
    async with db.write() as tx:
        for number, point in enumerate(points):
            await make_location(tx, code=str(number), near=point, prefecture=None)
    near = {"coordinates": {"latitude": SHIBUYA[0], "longitude": SHIBUYA[1]}}
    edges = (await execute(LIST, {"near": near}))["locations"]["edges"]
    for edge in edges:
        expected = distance_km(Point(*SHIBUYA), Point(*points[int(edge["node"]["code"])]))
        assert edge["distanceKm"] == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("tiny", [5e-324, -5e-324, 1e-300, -0.0])
async def test_numbers_next_to_nothing_are_zero(execute: Any, places: dict[str, int], tiny: float) -> None:
    for coordinates in ({"latitude": tiny, "longitude": 35}, {"latitude": tiny, "longitude": tiny}):
        nearest = {**coordinates, **{name: 0 for name, value in coordinates.items() if value == tiny}}
        found = await execute(LIST, {"near": {"coordinates": coordinates}})
        assert len(found["locations"]["edges"]) == 5
        assert (
            found["locations"]["edges"]
            == (await execute(LIST, {"near": {"coordinates": nearest}}))["locations"]["edges"]
        )


@pytest.mark.parametrize("near", [None, {"postalCode": "1500002"}])
@pytest.mark.parametrize("first", [1, 2, 3, 5, 100])
async def test_pages_joined_equal_the_whole(
    execute: Any, places: dict[str, int], near: dict[str, Any] | None, first: int
) -> None:
    async with execute.db.write() as tx:
        for number in range(4):  # several at one distance, several without one
            await make_location(tx, code=f"twin{number}", near=SHIBUYA)
            await make_location(tx, code=f"nowhere{number}")
    whole = await listed(execute, near=near, first=100)
    joined: list[str] = []
    after: str | None = None
    while True:
        page = (await execute(LIST, {"near": near, "first": first, "after": after}))["locations"]
        joined += [node["code"] for node in page["nodes"]]
        assert (page["totalCount"], len(page["nodes"]) <= first) == (13, True)
        assert page["pageInfo"]["hasPreviousPage"] is (after is not None)
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert joined == whole
    assert len(whole) == 13


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({"near": {"postalCode": "150-00"}}, "INVALID_POSTAL_CODE"),
        ({"near": {"postalCode": ""}}, "INVALID_POSTAL_CODE"),
        ({"near": {"coordinates": {"latitude": 91, "longitude": 0}}}, "INVALID_INPUT"),
        ({"first": 0}, "INVALID_INPUT"),
        ({"first": 101}, "INVALID_INPUT"),
        ({"first": -1}, "INVALID_INPUT"),
        ({"after": "nonsense"}, "INVALID_INPUT"),
        ({"prefecture": 48}, "INVALID_INPUT"),
        ({"group": "nowhere"}, "NOT_FOUND"),
        ({"group": "\x00"}, "NOT_FOUND"),
    ],
)
async def test_bad_arguments_are_typed_errors(
    execute: Any, places: dict[str, int], variables: dict[str, Any], code: str
) -> None:
    result = await execute.raw(LIST, variables)
    assert [error.extensions["code"] for error in result.errors] == [code]


async def test_a_postal_code_that_nobody_knows(db: Database, execute: Any) -> None:
    result = await execute.raw(LIST, {"near": {"postalCode": "150-0001"}})
    assert result.errors[0].extensions["code"] == "NOT_FOUND"


async def test_a_cursor_of_the_other_order_is_refused(execute: Any, places: dict[str, int]) -> None:
    near = {"postalCode": "150-0001"}
    plain = (await execute(LIST, {"first": 1}))["locations"]["pageInfo"]["endCursor"]
    nearest = (await execute(LIST, {"first": 1, "near": near}))["locations"]["pageInfo"]["endCursor"]
    for variables in ({"near": near, "after": plain}, {"after": nearest}):
        result = await execute.raw(LIST, variables)
        assert result.errors[0].extensions["code"] == "INVALID_INPUT"
        assert "cursor" in result.errors[0].message


async def test_a_page_costs_a_fixed_number_of_statements(
    execute: Any, places: dict[str, int], count_statements: Any
) -> None:
    for first in (1, 100):
        with count_statements() as count:
            await execute("query ($n: Int!) { locations(first: $n) { nodes { code partner { code } } } }", {"n": first})
        assert count.total == 2  # the page and its count; no location here has a partner
        with count_statements() as count:
            await execute(LIST, {"first": first, "group": "web", "near": {"postalCode": "1500001"}})
        assert count.total == 4


DETAIL = """query ($id: ID, $code: String, $at: DateTime) { location(id: $id, code: $code) {
    id code name english: name(language: EN) kind address postalCode timezone handsOver shipsOrders holdsStock holdDays
    isActive prefecture { code name(language: EN) } coordinates { latitude longitude }
    hours { weekday opens closes } isOpen(at: $at) partner { code name kind } } }"""


async def test_everything_about_one_location(db: Database, execute: Any, now: datetime) -> None:
    async with db.write() as tx:
        partner_id = await create_partner(tx, code="HOSHI", name="ほしマート", kind="CONVENIENCE_STORE_CHAIN", now=now)
        location_id = await make_location(
            tx,
            code="H-1",
            kind="CONVENIENCE_STORE",
            near=SHIBUYA,
            names={"ja": "ほしマート渋谷", "en": "Hoshi Shibuya"},
            partner_id=partner_id,
            postal_code="1500002",
            address="渋谷区渋谷1-1-1",
            hours={"sun": [["08:00", "12:00"]], "mon": [["07:00", "12:00"], ["13:00", "26:00"]]},
            hold_days=3,
        )
    at = datetime(2026, 11, 22, 23, 0, tzinfo=UTC).isoformat()  # Monday, eight in the morning in Tokyo
    expected = {
        "id": global_id("Location", location_id),
        "code": "H-1",
        "name": "ほしマート渋谷",
        "english": "Hoshi Shibuya",
        "kind": "CONVENIENCE_STORE",
        "address": "渋谷区渋谷1-1-1",
        "postalCode": "1500002",
        "timezone": "Asia/Tokyo",
        "handsOver": True,
        "shipsOrders": False,
        "holdsStock": False,
        "holdDays": 3,
        "isActive": True,
        "prefecture": {"code": 13, "name": "Tokyo"},
        "coordinates": {"latitude": 35.658, "longitude": 139.7016},
        "hours": [
            {"weekday": "MONDAY", "opens": "07:00", "closes": "12:00"},
            {"weekday": "MONDAY", "opens": "13:00", "closes": "26:00"},
            {"weekday": "SUNDAY", "opens": "08:00", "closes": "12:00"},
        ],
        "isOpen": True,
        "partner": {"code": "HOSHI", "name": "ほしマート", "kind": "CONVENIENCE_STORE_CHAIN"},
    }
    for variables in ({"code": "H-1"}, {"id": global_id("Location", location_id)}):
        assert (await execute(DETAIL, {**variables, "at": at}))["location"] == expected
    closed = await execute(DETAIL, {"code": "H-1"})  # Sunday noon: the closing minute
    assert closed["location"]["isOpen"] is False


async def test_a_location_that_is_not_there(db: Database, execute: Any, places: dict[str, int]) -> None:
    async with db.read() as tx:
        transit = await transit_location_id(tx)
    for variables in (
        {"code": "nobody"},
        {"code": ""},
        {"code": "\x00"},
        {"code": "IN-TRANSIT"},
        {"id": global_id("Location", transit)},
        {"id": global_id("Location", 2**31)},
        {"id": global_id("Location", 2**63 - 1)},
    ):
        assert (await execute(DETAIL, variables))["location"] is None
    assert (await execute(DETAIL, {"code": "closed"}))["location"]["isActive"] is False


@pytest.mark.parametrize(
    ("variables", "code"),
    [
        ({}, "INVALID_INPUT"),
        ({"id": "x", "code": "y"}, "INVALID_INPUT"),
        ({"id": "x"}, "NOT_FOUND"),
        ({"id": global_id("Channel", 1)}, "NOT_FOUND"),
    ],
)
async def test_a_question_for_no_location(execute: Any, variables: dict[str, Any], code: str) -> None:
    result = await execute.raw(DETAIL, variables)
    assert [error.extensions["code"] for error in result.errors] == [code]


async def test_locations_and_groups_are_nodes(execute: Any, places: dict[str, int]) -> None:
    groups = (await execute("{ locationGroups { id code name locationCount } }"))["locationGroups"]
    assert [(group["code"], group["name"], group["locationCount"]) for group in groups] == [("web", "web", 3)]
    ids = [global_id("Location", places["closed"]), groups[0]["id"], global_id("Location", 2**63 - 1)]
    document = """query ($ids: [ID!]!) { nodes(ids: $ids) {
        __typename id ... on Location { code } ... on LocationGroup { code } } }"""
    assert (await execute(document, {"ids": ids}))["nodes"] == [
        {"__typename": "Location", "id": ids[0], "code": "closed"},
        {"__typename": "LocationGroup", "id": ids[1], "code": "web"},
        None,
    ]


async def test_the_prefectures(db: Database, execute: Any) -> None:
    found = (await execute("{ prefectures { code name en: name(language: EN) } }"))["prefectures"]
    assert [entry["code"] for entry in found] == list(range(1, 48))
    assert found[12] == {"code": 13, "name": "東京都", "en": "Tokyo"}
