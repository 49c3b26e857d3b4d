"""Locations and groups of them, saved through the schema."""

from datetime import datetime
from typing import Any

import pytest

from app.kit.db import Database
from app.kit.permissions import Actor, ActorKind
from app.partners.actions.create_partner import create_partner
from tests.conftest import Execute
from tests.locations.builders import make_location

SCOPES = frozenset({"locations:write"})
STAFF = Actor(kind=ActorKind.STAFF, reference="key:owner", scopes=SCOPES)
ERRORS = "userErrors { __typename code message path ... on BeyondKeyError { scopes } }"
SAVE = f"""mutation ($input: LocationsSaveInput!) {{ locationsSave(input: $input) {{ replayed locations {{
  code name kind postalCode address timezone holdsStock shipsOrders handsOver holdDays isActive
  prefecture {{ code }} coordinates {{ latitude longitude }} hours {{ weekday opens closes }} partner {{ code }}
}} {ERRORS} }} }}"""
GROUP = f"""mutation ($input: LocationGroupSaveInput!) {{ locationGroupSave(input: $input) {{
  replayed locationGroup {{ code name locationCount }} {ERRORS} }} }}"""
JA = [{"language": "JA", "text": "店"}]


def place(code: str, kind: str = "STORE", **more: Any) -> dict[str, Any]:
    return {"code": code, "kind": kind, "names": JA, **more}


async def save(execute: Execute, *places: dict[str, Any], actor: Actor = STAFF, **more: Any) -> Any:
    return (await execute(SAVE, {"input": {"locations": places, **more}}, actor=actor))["locationsSave"]


async def group(execute: Execute, actor: Actor = STAFF, **given: Any) -> Any:
    variables = {"input": {"code": "all", "names": JA, **given}}
    return (await execute(GROUP, variables, actor=actor))["locationGroupSave"]


async def stored(db: Database) -> list[tuple[Any, ...]]:
    query = "SELECT code, kind, names, is_active FROM locations WHERE kind <> 'IN_TRANSIT' ORDER BY code"
    async with db.read() as tx:
        return [tuple(row) for row in await tx.connection.fetch(query)]


async def members(db: Database) -> list[str]:
    query = "SELECT code FROM location_group_members JOIN locations ON id = location_id ORDER BY code"
    async with db.read() as tx:
        return [row["code"] for row in await tx.connection.fetch(query)]


def refused(payload: Any) -> list[tuple[str, list[str]]]:
    return [(error["code"], error["path"]) for error in payload["userErrors"]]


async def test_all_that_is_said_of_a_location_is_saved(db: Database, execute: Execute, now: datetime) -> None:
    async with db.write() as tx:
        await create_partner(tx, code="HOSHI", name="ほし", kind="CONVENIENCE_STORE_CHAIN", now=now)
    hours = [
        {"weekday": "MONDAY", "opens": "15:00", "closes": "26:00"},
        {"weekday": "MONDAY", "opens": "09:00", "closes": "12:00"},
    ]
    payload = await save(
        execute,
        place("Z", holdsStock=True, shipsOrders=False, handsOver=False, isActive=False),
        place("H-1", "CONVENIENCE_STORE", partnerCode="HOSHI", prefecture=26, postalCode="〒６００-8216",
              address=" 下京区 ", hours=hours, coordinates={"latitude": 34.9, "longitude": 135.7}, holdDays=3,
              timezone="Asia/Seoul"),
    )  # fmt: skip
    assert payload == {
        "replayed": False,
        "userErrors": [],
        "locations": [
            {
                "code": "Z", "name": "店", "kind": "STORE", "postalCode": None, "address": "", "timezone": "Asia/Tokyo",
                "holdsStock": True, "shipsOrders": False, "handsOver": False, "holdDays": 7, "isActive": False,
                "prefecture": None, "coordinates": None, "hours": [], "partner": None,
            },
            {
                "code": "H-1", "name": "店", "kind": "CONVENIENCE_STORE", "postalCode": "6008216",
                "address": "下京区", "timezone": "Asia/Seoul", "holdsStock": False, "shipsOrders": False,
                "handsOver": True, "holdDays": 3, "isActive": True, "prefecture": {"code": 26},
                "coordinates": {"latitude": 34.9, "longitude": 135.7}, "hours": [hours[1], hours[0]],
                "partner": {"code": "HOSHI"},
            },
        ],
    }  # fmt: skip


async def test_the_same_key_saves_once(db: Database, execute: Execute) -> None:
    first = await save(execute, place("A"), idempotencyKey="one")
    await save(execute, place("A", "EC_WAREHOUSE"))
    again = await save(execute, place("A"), idempotencyKey="one")
    assert again["replayed"]
    assert (first["locations"][0]["kind"], again["locations"][0]["kind"]) == ("STORE", "EC_WAREHOUSE")
    assert [row[:2] for row in await stored(db)] == [("A", "EC_WAREHOUSE")]


@pytest.mark.parametrize(
    ("bad", "code", "path"),
    [
        (place(""), "INVALID_INPUT", []),
        (place("A\u0000"), "INVALID_INPUT", []),
        (place("OK"), "INVALID_INPUT", []),
        (place("IN-TRANSIT"), "INVALID_INPUT", []),
        (place("A", "IN_TRANSIT"), "INVALID_INPUT", []),
        (place("A", prefecture=48), "INVALID_INPUT", []),
        (place("A", postalCode="12"), "INVALID_INPUT", []),
        (place("A", timezone="Asia/Nowhere"), "INVALID_INPUT", []),
        (place("A", holdDays=0), "INVALID_INPUT", []),
        (place("A", coordinates={"latitude": 91, "longitude": 0}), "INVALID_INPUT", []),
        (place("A", hours=[{"weekday": "MONDAY", "opens": "9", "closes": "10:00"}]), "INVALID_INPUT", []),
        (place("A", address="x" * 201), "INVALID_INPUT", ["address"]),
        (place("A", partnerCode="NOBODY"), "NOT_FOUND", ["partnerCode"]),
        (place("A", partnerCode="\u0000"), "NOT_FOUND", ["partnerCode"]),
        ({**place("A"), "names": [{"language": "EN", "text": "a\u0000"}]}, "INVALID_INPUT", ["names", "0", "text"]),
    ],
)
async def test_a_location_that_cannot_be_is_pointed_at(
    db: Database, execute: Execute, bad: dict[str, Any], code: str, path: list[str]
) -> None:
    payload = await save(execute, place("OK"), bad)
    assert (payload["locations"], refused(payload)) == ([], [(code, ["input", "locations", "1", *path])])
    assert await stored(db) == []


async def test_coordinates_are_kept_to_the_centimetre(execute: Execute) -> None:
    payload = await save(execute, place("A", coordinates={"latitude": 5e-324, "longitude": 135.123456789}))
    assert payload["locations"][0]["coordinates"] == {"latitude": 0, "longitude": 135.1234568}


@pytest.mark.parametrize("count", [0, 101])
async def test_one_to_a_hundred_at_once(db: Database, execute: Execute, count: int) -> None:
    payload = await save(execute, *(place(f"L{number}") for number in range(count)))
    assert refused(payload) == [("INVALID_INPUT", ["input", "locations"])]
    assert await stored(db) == []


async def test_a_limited_key_changes_its_own_locations_and_makes_none(db: Database, execute: Execute) -> None:
    async with db.write() as tx:
        own, _ = await make_location(tx, code="OWN"), await make_location(tx, code="OTHER")
    before = await stored(db)
    limited = Actor(kind=ActorKind.STAFF, reference="key:own", scopes=SCOPES, location_ids=frozenset({own}))
    for code in ("OTHER", "NEW", "\u0000"):
        payload = await save(execute, place("OWN", isActive=False), place(code), actor=limited)
        assert refused(payload) == [("NOT_FOUND", ["input", "locations", "1", "code"])]
    assert await stored(db) == before
    assert refused(await save(execute, place("OWN", isActive=False), actor=limited)) == []
    assert [row[3] for row in await stored(db)] == [True, False]
    for given in ({"locations": ["OWN"]}, {"remove": ["OTHER"]}):
        assert refused(await group(execute, actor=limited, **given)) == [("BEYOND_KEY", ["input"])]
    assert await members(db) == []


async def test_a_group_is_said_whole_or_changed(db: Database, execute: Execute) -> None:
    await save(execute, *(place(code) for code in "ABCD"))
    payload = await group(execute, locations=["A", "B", "B"])
    assert payload == {
        "replayed": False, "userErrors": [], "locationGroup": {"code": "all", "name": "店", "locationCount": 2}
    }  # fmt: skip
    await group(execute, add=["C"], remove=["A", "D"])
    assert await members(db) == ["B", "C"]
    await group(execute, remove=["B"])
    assert await members(db) == ["C"]
    await group(execute, locations=["D"])
    assert await members(db) == ["D"]
    await group(execute, locations=[])
    assert await members(db) == []


@pytest.mark.parametrize(
    ("given", "code", "path"),
    [
        ({}, "INVALID_INPUT", ["locations"]),
        ({"locations": ["A"], "add": ["A"]}, "INVALID_INPUT", ["locations"]),
        ({"locations": ["A", "X"]}, "NOT_FOUND", ["locations", "1"]),
        ({"add": ["IN-TRANSIT"]}, "NOT_FOUND", ["add"]),
        ({"add": ["A"], "remove": ["\u0000"]}, "NOT_FOUND", ["remove", "0"]),
        ({"add": ["A"] * 101}, "INVALID_INPUT", ["add"]),
        ({"code": "a\u0000", "add": ["A"]}, "INVALID_INPUT", ["code"]),
        ({"code": "g" * 65, "add": ["A"]}, "INVALID_INPUT", ["code"]),
        ({"names": [], "add": ["A"]}, "INVALID_INPUT", ["code"]),
    ],
)
async def test_a_group_that_cannot_be_changes_nothing(
    db: Database, execute: Execute, given: dict[str, Any], code: str, path: list[str]
) -> None:
    await save(execute, place("A"), place("B"))
    await group(execute, locations=["B"])
    payload = await group(execute, **given)
    assert (payload["locationGroup"], refused(payload)) == (None, [(code, ["input", *path])])
    assert await members(db) == ["B"]


@pytest.mark.parametrize("document", [SAVE, GROUP])
async def test_nobody_saves_without_the_scope(db: Database, execute: Execute, document: str) -> None:
    given = {"locations": [place("A")]} if document == SAVE else {"code": "g", "names": JA, "locations": []}
    other = Actor(kind=ActorKind.STAFF, reference="key:other", scopes=frozenset({"catalog:write"}))
    for actor, code in ((None, "UNAUTHENTICATED"), (other, "FORBIDDEN")):
        result = await execute.raw(document, {"input": given}, actor=actor)
        assert result.errors[0].extensions["code"] == code
    assert await stored(db) == []
