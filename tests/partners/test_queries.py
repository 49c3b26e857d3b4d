"""The caller asks who it is."""

from datetime import datetime
from typing import Any
from uuid import UUID

import pytest

from app.kit.db import Database
from app.kit.ids import global_id
from app.kit.permissions import Actor, ActorKind
from app.partners.actions.create_partner import create_partner
from tests.locations.builders import make_location

VIEWER = """{ viewer { kind reference scopes isLimitedToLocations partner { id code name kind }
    locations { code } } }"""


@pytest.fixture
async def partner_id(db: Database, now: datetime) -> UUID:
    """A chain with two points; a store of the shop's own besides."""
    async with db.write() as tx:
        partner_id = await create_partner(tx, code="HOSHI", name="ほしマート", kind="CONVENIENCE_STORE_CHAIN", now=now)
        for code in ("H1", "H2"):
            await make_location(tx, code=code, kind="CONVENIENCE_STORE", partner_id=partner_id)
        await make_location(tx, code="OWN")
    return partner_id


async def location_ids(db: Database, *codes: str) -> frozenset[int]:
    async with db.read() as tx:
        rows = await tx.connection.fetch("SELECT id FROM locations WHERE code = ANY($1)", list(codes))
    return frozenset(row["id"] for row in rows)


async def test_a_shopper(execute: Any, partner_id: UUID) -> None:
    assert (await execute(VIEWER))["viewer"] == {
        "kind": "SHOPPER",
        "reference": "shopper",
        "scopes": [],
        "isLimitedToLocations": False,
        "partner": None,
        "locations": [],
    }


async def test_a_partner_sees_itself_and_its_points(execute: Any, partner_id: UUID) -> None:
    actor = Actor(
        kind=ActorKind.PARTNER,
        reference="key:hoshi",
        scopes=frozenset({"partner:jobs"}),
        partner_id=partner_id,
    )
    assert (await execute(VIEWER, actor=actor))["viewer"] == {
        "kind": "PARTNER",
        "reference": "key:hoshi",
        "scopes": ["partner:jobs"],
        "isLimitedToLocations": True,
        "partner": {
            "id": global_id("Partner", partner_id),
            "code": "HOSHI",
            "name": "ほしマート",
            "kind": "CONVENIENCE_STORE_CHAIN",
        },
        "locations": [{"code": "H1"}, {"code": "H2"}],
    }


@pytest.mark.parametrize(
    ("codes", "is_partner", "seen"),
    [
        (["H2", "OWN"], False, ["H2", "OWN"]),
        (["H2", "OWN"], True, ["H2"]),  # a key's list never reaches beyond its partner
        (["H1"], True, ["H1"]),
    ],
)
async def test_a_key_with_a_list_of_locations(
    db: Database, execute: Any, partner_id: UUID, codes: list[str], *, is_partner: bool, seen: list[str]
) -> None:
    actor = Actor(
        kind=ActorKind.PARTNER if is_partner else ActorKind.STAFF,
        reference="key:x",
        scopes=frozenset({"stock:write", "stock:read"}),
        partner_id=partner_id if is_partner else None,
        location_ids=await location_ids(db, *codes),
    )
    viewer = (await execute(VIEWER, actor=actor))["viewer"]
    assert (viewer["isLimitedToLocations"], viewer["scopes"]) == (True, ["stock:read", "stock:write"])
    assert [location["code"] for location in viewer["locations"]] == seen


async def test_the_list_of_locations_is_bounded(execute: Any, partner_id: UUID) -> None:
    actor = Actor(kind=ActorKind.PARTNER, partner_id=partner_id)
    few = await execute("{ viewer { locations(first: 1) { code } } }", actor=actor)
    assert few["viewer"]["locations"] == [{"code": "H1"}]
    result = await execute.raw("{ viewer { locations(first: 101) { code } } }", actor=actor)
    assert result.errors[0].extensions["code"] == "INVALID_INPUT"


async def test_a_partner_is_a_node(execute: Any, partner_id: UUID) -> None:
    document = "query ($id: ID!) { node(id: $id) { ... on Partner { code } } }"
    node = (await execute(document, {"id": global_id("Partner", partner_id)}))["node"]
    assert node == {"code": "HOSHI"}
