"""Networks of points and their rules."""

from dataclasses import replace
from typing import Any

import pytest

from app.kit.db import Database
from app.kit.permissions import SYSTEM, Actor, ActorKind
from app.locations.actions.save_locations import save_locations
from app.locations.actions.save_network import save_network
from app.locations.errors import InvalidNetwork
from app.locations.model import LocationDraft, LocationKind
from app.locations.model.networks import CountsFrom, NetworkDraft
from tests.conftest import Execute
from tests.locations.builders import make_location

SAVE = """mutation ($input: PickupNetworkSaveInput!) { pickupNetworkSave(input: $input) {
  pickupNetwork { code name holdDays countsFrom reminderHours graceHours extensionDays codeIssuer
    slipDigits slipCheck authenticationDigits dayEnds temperatures }
  userErrors { code path } } }"""
HAKOPOST: dict[str, Any] = {
    "code": "HAKOPOST",
    "names": [{"language": "JA", "text": "はこぽす"}],
    "holdDays": 3,
    "countsFrom": "NEXT_DAY",
    "codeIssuer": "CARRIER",
    "slipDigits": 12,
    "slipCheck": "MOD_7",
    "authenticationDigits": 6,
    "dayEnds": "CLOSING_TIME",
    "temperatures": ["FROZEN", "AMBIENT", "FROZEN"],
}


async def _save(execute: Execute, **changes: Any) -> Any:
    answer = await execute(SAVE, {"input": HAKOPOST | changes}, actor=SYSTEM)
    return answer["pickupNetworkSave"]


async def test_a_network_is_saved_changed_and_joined_by_points(db: Database, execute: Execute) -> None:
    async with db.write() as tx:
        await make_location(tx, code="L1", kind="LOCKER_STATION")
        await make_location(tx, code="L2", kind="LOCKER_STATION")
    saved = await _save(execute, addLocations=["L1", "L2"])
    assert saved == {
        "pickupNetwork": {
            "code": "HAKOPOST",
            "name": "はこぽす",
            "holdDays": 3,
            "countsFrom": "NEXT_DAY",
            "reminderHours": 24,
            "graceHours": 24,
            "extensionDays": 0,
            "codeIssuer": "CARRIER",
            "slipDigits": 12,
            "slipCheck": "MOD_7",
            "authenticationDigits": 6,
            "dayEnds": "CLOSING_TIME",
            "temperatures": ["AMBIENT", "FROZEN"],
        },
        "userErrors": [],
    }
    changed = await _save(execute, holdDays=4, removeLocations=["L2"])
    assert changed["pickupNetwork"]["holdDays"] == 4
    found = await execute("{ locations { nodes { code pickupNetwork { code holdDays } } } }")
    assert found["locations"]["nodes"] == [
        {"code": "L1", "pickupNetwork": {"code": "HAKOPOST", "holdDays": 4}},
        {"code": "L2", "pickupNetwork": None},
    ]
    listed = await execute("{ pickupNetworks { code } }", actor=SYSTEM)
    assert listed == {"pickupNetworks": [{"code": "HAKOPOST"}]}


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"code": " X"}, ["code"]),
        ({"code": ""}, ["code"]),
        ({"names": []}, ["names"]),
        ({"holdDays": 0}, ["holdDays"]),
        ({"holdDays": 61}, ["holdDays"]),
        ({"reminderHours": 0}, ["reminderHours"]),
        ({"graceHours": -1}, ["graceHours"]),
        ({"extensionDays": 31}, ["extensionDays"]),
        ({"temperatures": []}, ["temperatures"]),
        ({"slipDigits": 3}, ["slipDigits"]),
        ({"slipDigits": 21}, ["slipDigits"]),
        ({"authenticationDigits": -1}, ["authenticationDigits"]),
        ({"authenticationDigits": 13}, ["authenticationDigits"]),
        ({"codeIssuer": "SHOP"}, ["slipDigits"]),
        ({"codeIssuer": "SHOP", "slipDigits": None}, ["slipCheck"]),
        ({"codeIssuer": "SHOP", "slipDigits": None, "slipCheck": "NONE"}, ["authenticationDigits"]),
        ({"addLocations": ["nowhere"]}, ["addLocations", "0"]),
        ({"addLocations": ["L1"], "removeLocations": ["L1"]}, ["removeLocations"]),
    ],
)
async def test_what_cannot_be_is_refused_and_nothing_saved(
    db: Database, execute: Execute, changes: dict[str, Any], path: list[str]
) -> None:
    refused = await _save(execute, **changes)
    assert refused["pickupNetwork"] is None
    assert [error["path"] for error in refused["userErrors"]] == [["input", *path]]
    async with db.read() as tx:
        assert await tx.connection.fetchval("SELECT count(*) FROM pickup_networks") == 0


async def test_a_key_of_one_place_saves_no_networks(execute: Execute) -> None:
    actor = Actor(
        kind=ActorKind.STAFF,
        reference="key:x",
        scopes=frozenset({"locations:write"}),
        location_ids=frozenset({1}),
    )
    answer = await execute(SAVE, {"input": HAKOPOST}, actor=actor)
    assert [error["code"] for error in answer["pickupNetworkSave"]["userErrors"]] == ["BEYOND_KEY"]


async def test_the_action_checks_by_itself(db: Database) -> None:
    async with db.write() as tx:
        with pytest.raises(InvalidNetwork):
            await save_network(tx, NetworkDraft("X", {"ja": "x"}, 99, CountsFrom.NEXT_DAY))


async def test_a_location_that_is_saved_anew_stays_in_its_network(db: Database) -> None:
    draft = LocationDraft("L1", LocationKind.LOCKER_STATION, {"ja": "ロッカー"})
    async with db.write() as tx:
        ids = await save_locations(tx, [draft])
        await save_network(tx, NetworkDraft("N", {"ja": "網"}, 3), joining=[ids["L1"]])
        await save_locations(tx, [replace(draft, hold_days=9)])
        found = await tx.connection.fetch("SELECT hold_days, network_code FROM locations WHERE code = 'L1'")
    assert [tuple(row) for row in found] == [(9, "N")]
