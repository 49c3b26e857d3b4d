"""What an operator sees of keys and partners."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from app.kit.db import Database
from app.kit.ids import global_id
from app.kit.permissions import Actor, ActorKind
from app.partners.actions.create_api_key import create_api_key
from app.partners.actions.create_partner import create_partner
from app.partners.actions.note_key_use import note_key_use
from app.partners.actions.revoke_api_key import revoke_api_key
from app.partners.model import hash_secret
from tests.conftest import Execute
from tests.locations.builders import make_location

OWNER = Actor(kind=ActorKind.STAFF, reference="key:owner", scopes=frozenset({"partners:write"}))
KEYS = """query ($first: Int! = 20, $after: String, $code: String, $live: Boolean) {
  apiKeys(first: $first, after: $after, partnerCode: $code, isLive: $live) {
    nodes { name isLive lastUsedAt partner { code } locations { code } } pageInfo { hasNextPage endCursor } } }"""
PARTNERS = """query ($first: Int! = 20, $after: String) {
  partners(first: $first, after: $after) { nodes { code } pageInfo { hasNextPage endCursor } } }"""


@pytest.fixture
async def keys(db: Database, now: datetime) -> dict[str, Any]:
    """Four keys, from the oldest: used, revoked, expired, a partner's."""
    async with db.write() as tx:
        place = await make_location(tx, code="KYOTO")
        hoshi = await create_partner(tx, code="HOSHI", name="ほし", kind="CARRIER", now=now)
        await create_partner(tx, code="AKARI", name="あかり", kind="CARRIER", now=now)
        made: dict[str, Any] = {}
        for name, more in {
            "used": {"location_ids": [place]},
            "revoked": {},
            "expired": {"expires_at": now},
            "hoshi": {"kind": "PARTNER", "partner_id": hoshi},
        }.items():
            given: Any = {"kind": "STAFF", **more}
            made[name], token = await create_api_key(
                tx, name=name, scopes=["stock:read"], now=now - timedelta(days=1), **given
            )
            if name == "used":
                await note_key_use(tx, hash_secret(token), now=now)
        await revoke_api_key(tx, made["revoked"], now=now)
    return made


async def names(execute: Execute, **variables: Any) -> list[str]:
    return [node["name"] for node in (await execute(KEYS, variables, actor=OWNER))["apiKeys"]["nodes"]]


@pytest.mark.usefixtures("keys")
async def test_the_newest_key_comes_first_and_no_key_itself_is_shown(execute: Execute) -> None:
    data = (await execute(KEYS, actor=OWNER))["apiKeys"]
    none: dict[str, Any] = {"lastUsedAt": None, "partner": None, "locations": []}
    assert data["nodes"] == [
        {**none, "name": "hoshi", "isLive": True, "partner": {"code": "HOSHI"}},
        {**none, "name": "expired", "isLive": False},
        {**none, "name": "revoked", "isLive": False},
        {
            "name": "used", "isLive": True, "lastUsedAt": "2026-11-22T03:00:00+00:00", "partner": None,
            "locations": [{"code": "KYOTO"}],
        },
    ]  # fmt: skip
    assert await names(execute, live=True) == ["hoshi", "used"]
    assert await names(execute, live=False) == ["expired", "revoked"]
    assert await names(execute, code="HOSHI") == ["hoshi"]
    assert await names(execute, code="\u0000") == await names(execute, code="NOBODY") == []


@pytest.mark.usefixtures("keys")
async def test_pages(execute: Execute) -> None:
    first = (await execute(KEYS, {"first": 3}, actor=OWNER))["apiKeys"]["pageInfo"]
    assert first["hasNextPage"]
    assert await names(execute, after=first["endCursor"]) == ["used"]
    page = (await execute(PARTNERS, {"first": 1}, actor=OWNER))["partners"]
    assert (page["nodes"], page["pageInfo"]["hasNextPage"]) == ([{"code": "AKARI"}], True)
    rest = (await execute(PARTNERS, {"after": page["pageInfo"]["endCursor"]}, actor=OWNER))["partners"]
    assert (rest["nodes"], rest["pageInfo"]["hasNextPage"]) == ([{"code": "HOSHI"}], False)
    for document, variables in ((KEYS, {"after": page["pageInfo"]["endCursor"]}), (KEYS, {"first": 101})):
        assert (await execute.raw(document, variables, actor=OWNER)).errors


@pytest.mark.usefixtures("keys")
async def test_a_page_takes_a_fixed_number_of_statements(execute: Execute, count_statements: Any) -> None:
    counts = []
    for first in (1, 4):
        with count_statements() as count:
            await execute(KEYS, {"first": first, "live": True}, actor=OWNER)
        counts.append(count.total)
    assert counts[0] <= counts[1] == 3


async def test_others_see_no_keys(execute: Execute, keys: dict[str, Any]) -> None:
    document = "query ($id: ID!) { node(id: $id) { id ... on ApiKey { name } } }"
    variables = {"id": global_id("ApiKey", keys["used"])}
    assert (await execute(document, variables, actor=OWNER))["node"] == {**variables, "name": "used"}
    other = Actor(kind=ActorKind.STAFF, reference="key:other", scopes=frozenset({"orders:read"}))
    for actor, code in ((None, "UNAUTHENTICATED"), (other, "FORBIDDEN")):
        assert (await execute(document, variables, actor=actor))["node"] is None
        for query in (KEYS, PARTNERS):
            result = await execute.raw(query, actor=actor)
            assert result.errors[0].extensions["code"] == code
