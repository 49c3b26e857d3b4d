"""Partners and keys, made through the schema: shown once, and never able to do more than their maker."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.kit.db import Database
from app.kit.ids import global_id, new_id
from app.kit.permissions import SCOPES, SHOP_SCOPES, STAFF_SCOPES, Actor, ActorKind
from app.partners.actions.authenticate import authenticate
from tests.conftest import Execute
from tests.locations.builders import make_location

OWNER = Actor(kind=ActorKind.STAFF, reference="key:owner", scopes=frozenset(STAFF_SCOPES))
ERRORS = """userErrors { __typename code message path
  ... on BeyondKeyError { scopes } ... on CodeTakenError { value owner } }"""
PARTNER = f"""mutation ($input: PartnerCreateInput!) {{ partnerCreate(input: $input) {{
  replayed partner {{ id code name kind isSandbox }} {ERRORS} }} }}"""
CREATE = f"""mutation ($input: ApiKeyCreateInput!) {{ apiKeyCreate(input: $input) {{ replayed token apiKey {{
  id name kind prefix scopes isLive isLimitedToLocations createdAt expiresAt revokedAt lastUsedAt
  partner {{ code }} locations {{ code }} }} {ERRORS} }} }}"""
REVOKE = f"""mutation ($input: ApiKeyRevokeInput!) {{ apiKeyRevoke(input: $input) {{
  replayed apiKey {{ name isLive revokedAt }} {ERRORS} }} }}"""
HOSHI = {"code": "HOSHI", "name": "ほしマート", "kind": "CONVENIENCE_STORE_CHAIN"}


async def create(execute: Execute, actor: Actor = OWNER, **given: Any) -> Any:
    given = {"name": "till", "scopes": ["stock:read"], **given}
    return (await execute(CREATE, {"input": given}, actor=actor))["apiKeyCreate"]


async def revoke(execute: Execute, key: str, actor: Actor = OWNER, **more: Any) -> Any:
    return (await execute(REVOKE, {"input": {"apiKeyId": key}}, actor=actor, **more))["apiKeyRevoke"]


async def key_names(db: Database) -> list[str]:
    async with db.read() as tx:
        return [row["name"] for row in await tx.connection.fetch("SELECT name FROM api_keys ORDER BY name")]


async def who(db: Database, token: str, now: datetime) -> Actor | None:
    return await authenticate(db, token, now=now)


def refused(payload: Any) -> list[tuple[str, list[str]]]:
    return [(error["code"], error["path"]) for error in payload["userErrors"]]


async def test_a_partner_is_made_once(execute: Execute) -> None:
    variables = {"input": {**HOSHI, "idempotencyKey": "hoshi"}}
    first = (await execute(PARTNER, variables, actor=OWNER))["partnerCreate"]
    assert {name: first["partner"][name] for name in HOSHI} == HOSHI
    assert first["partner"]["isSandbox"] is False
    sandbox = {"input": {**HOSHI, "code": "TEST", "isSandbox": True}}
    assert (await execute(PARTNER, sandbox, actor=OWNER))["partnerCreate"]["partner"]["isSandbox"] is True
    assert (await execute(PARTNER, variables, actor=OWNER))["partnerCreate"] == {**first, "replayed": True}
    taken = (await execute(PARTNER, {"input": HOSHI}, actor=OWNER))["partnerCreate"]
    assert taken["partner"] is None
    assert taken["userErrors"] == [
        {
            "__typename": "CodeTakenError",
            "code": "CODE_TAKEN",
            "message": "There is a partner with the code HOSHI already.",
            "path": ["input", "code"],
            "value": "HOSHI",
            "owner": None,
        }
    ]


@pytest.mark.parametrize("change", [{"code": ""}, {"code": "x" * 65}, {"name": "a\u0000"}, {"name": "n" * 201}])
async def test_a_partner_that_cannot_be(execute: Execute, change: dict[str, Any]) -> None:
    payload = (await execute(PARTNER, {"input": {**HOSHI, **change}}, actor=OWNER))["partnerCreate"]
    assert (payload["partner"], refused(payload)) == (None, [("INVALID_INPUT", ["input"])])


async def test_a_key_is_shown_once_and_kept_nowhere(db: Database, execute: Execute, now: datetime) -> None:
    async with db.write() as tx:
        place = await make_location(tx, code="KYOTO")
    until = "2026-12-01T00:00:00"
    given = {"scopes": ["stock:write", "stock:read"], "locations": ["KYOTO"], "expiresAt": until}
    first = await create(execute, **given, idempotencyKey="tablet")
    token = first["token"]
    assert first["apiKey"] == {
        "id": first["apiKey"]["id"], "name": "till", "kind": "STAFF", "prefix": token[:8],
        "scopes": ["stock:read", "stock:write"], "isLive": True, "isLimitedToLocations": True,
        "createdAt": "2026-11-22T03:00:00+00:00", "expiresAt": until + "+00:00", "revokedAt": None,
        "lastUsedAt": None, "partner": None, "locations": [{"code": "KYOTO"}],
    }  # fmt: skip
    assert await who(db, token, now) == Actor(
        kind=ActorKind.STAFF,
        reference="key:till",
        scopes=frozenset({"stock:read", "stock:write"}),
        location_ids=frozenset({place}),
    )
    assert await create(execute, **given, idempotencyKey="tablet") == {**first, "replayed": True, "token": None}
    async with db.read() as tx:
        kept = [str(tuple(row)) for row in await tx.connection.fetch("SELECT * FROM requests")]
        kept += [str(tuple(row)) for row in await tx.connection.fetch("SELECT * FROM api_keys")]
        kept += [str(tuple(row)) for row in await tx.connection.fetch("SELECT * FROM outbox")]
    assert len(kept) == 2
    assert not any(token in row for row in kept)


async def test_of_many_repetitions_at_once_one_has_the_token(db: Database, execute: Execute) -> None:
    answers = await asyncio.gather(*(create(execute, idempotencyKey="tablet") for _ in range(8)))
    assert sorted(answer["token"] is None for answer in answers) == [False] + [True] * 7
    assert len({answer["apiKey"]["id"] for answer in answers}) == 1
    assert await key_names(db) == ["till"]


@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        ({"name": ""}, "INVALID_INPUT", ["name"]),
        ({"name": "a\u0000"}, "INVALID_INPUT", ["name"]),
        ({"name": "taken"}, "CODE_TAKEN", ["name"]),
        ({"scopes": []}, "INVALID_INPUT", ["scopes"]),
        ({"scopes": ["world:rule"]}, "INVALID_INPUT", ["scopes"]),
        ({"kind": "SHOPPER"}, "INVALID_INPUT", ["kind"]),
        ({"kind": "PARTNER"}, "INVALID_INPUT", ["kind"]),
        ({"partnerCode": "HOSHI"}, "INVALID_INPUT", ["kind"]),
        ({"kind": "PARTNER", "partnerCode": "NOBODY"}, "NOT_FOUND", ["partnerCode"]),
        ({"kind": "PARTNER", "partnerCode": "\u0000"}, "NOT_FOUND", ["partnerCode"]),
        ({"locations": []}, "INVALID_INPUT", ["locations"]),
        ({"locations": ["NOWHERE"]}, "NOT_FOUND", ["locations", "0"]),
        ({"locations": ["A"] * 101}, "INVALID_INPUT", ["locations"]),
        ({"expiresAt": "2026-11-22T03:00:00"}, "INVALID_INPUT", ["expiresAt"]),
        ({"expiresAt": "2026-11-22T12:00:00+09:00"}, "INVALID_INPUT", ["expiresAt"]),
        *(
            ({"kind": "PARTNER", "partnerCode": "HOSHI", "scopes": [scope]}, "INVALID_INPUT", ["scopes"])
            for scope in sorted(SHOP_SCOPES)
        ),
    ],
)
async def test_a_key_that_cannot_be(
    db: Database, execute: Execute, change: dict[str, Any], code: str, path: list[str]
) -> None:
    await execute(PARTNER, {"input": HOSHI}, actor=OWNER)
    await create(execute, name="taken")
    payload = await create(execute, **change)
    assert (payload["apiKey"], payload["token"], refused(payload)) == (None, None, [(code, ["input", *path])])
    assert await key_names(db) == ["taken"]


async def test_a_partners_key_sees_its_own_jobs(db: Database, execute: Execute, now: datetime) -> None:
    partner = (await execute(PARTNER, {"input": HOSHI}, actor=OWNER))["partnerCreate"]["partner"]
    made = await create(execute, kind="PARTNER", partnerCode="HOSHI", scopes=["partner:jobs"])
    assert made["apiKey"]["partner"] == {"code": "HOSHI"}
    actor = await who(db, made["token"], now)
    assert actor is not None
    assert global_id("Partner", actor.partner_id or "") == partner["id"]


@pytest.mark.parametrize("scope", sorted(SCOPES))
async def test_nobody_gives_away_a_scope_that_it_lacks(db: Database, execute: Execute, scope: str) -> None:
    held = frozenset({"partners:write", "orders:read", "fulfillment:write"})
    maker = Actor(kind=ActorKind.STAFF, reference="key:maker", scopes=held)
    payload = await create(execute, actor=maker, scopes=[scope, "orders:read"])
    if scope in held:
        assert payload["apiKey"]["scopes"] == sorted({scope, "orders:read"})
        return
    assert refused(payload) == [("BEYOND_KEY", ["input", "scopes"])]
    assert payload["userErrors"][0]["scopes"] == [scope]
    assert await key_names(db) == []


async def test_a_limited_maker_makes_keys_within_its_limits(db: Database, execute: Execute, now: datetime) -> None:
    async with db.write() as tx:
        own, _ = await make_location(tx, code="OWN"), await make_location(tx, code="OTHER")
    limited = Actor(
        kind=ActorKind.STAFF, reference="key:own", scopes=frozenset(STAFF_SCOPES), location_ids=frozenset({own})
    )
    elsewhere = await create(execute, name="elsewhere", locations=["OTHER"])
    for locations in (None, ["OTHER"], ["OWN", "OTHER"]):
        payload = await create(execute, actor=limited, locations=locations)
        assert refused(payload) == [("BEYOND_KEY", ["input", "locations"])]
    made = await create(execute, actor=limited, locations=["OWN"])
    assert made["apiKey"]["locations"] == [{"code": "OWN"}]
    assert await key_names(db) == ["elsewhere", "till"]
    assert refused(await revoke(execute, elsewhere["apiKey"]["id"], limited)) == [("BEYOND_KEY", ["input", "apiKeyId"])]
    assert await who(db, elsewhere["token"], now) is not None
    assert (await revoke(execute, made["apiKey"]["id"], limited))["apiKey"]["isLive"] is False


async def test_a_revoked_key_is_useless_at_once_and_keeps_its_time(
    db: Database, execute: Execute, now: datetime
) -> None:
    made = await create(execute)
    first = await revoke(execute, made["apiKey"]["id"])
    assert first["apiKey"] == {"name": "till", "isLive": False, "revokedAt": "2026-11-22T03:00:00+00:00"}
    assert await who(db, made["token"], now) is None
    assert await revoke(execute, made["apiKey"]["id"], now=now + timedelta(days=1)) == first


async def test_keys_that_are_not_ones_own_to_revoke(db: Database, execute: Execute, now: datetime) -> None:
    made = await create(execute, scopes=["stock:read", "orders:write"])
    weak = Actor(kind=ActorKind.STAFF, reference="key:weak", scopes=frozenset({"partners:write", "stock:read"}))
    payload = await revoke(execute, made["apiKey"]["id"], weak)
    assert refused(payload) == [("BEYOND_KEY", ["input", "apiKeyId"])]
    assert payload["userErrors"][0]["scopes"] == ["orders:write"]
    assert await who(db, made["token"], now) is not None
    for unknown in (global_id("ApiKey", new_id()), global_id("Partner", new_id()), "nonsense"):
        assert refused(await revoke(execute, unknown)) == [("NOT_FOUND", ["input", "apiKeyId"])]


@pytest.mark.parametrize(
    ("document", "given"),
    [
        (PARTNER, HOSHI),
        (CREATE, {"name": "till", "scopes": ["stock:read"]}),
        (REVOKE, {"apiKeyId": global_id("ApiKey", new_id())}),
    ],
)
async def test_nobody_acts_without_the_scope(db: Database, execute: Execute, document: str, given: Any) -> None:
    other = Actor(kind=ActorKind.STAFF, reference="key:other", scopes=frozenset(SCOPES) - {"partners:write"})
    for actor, code in ((None, "UNAUTHENTICATED"), (other, "FORBIDDEN")):
        result = await execute.raw(document, {"input": given}, actor=actor)
        assert result.errors[0].extensions["code"] == code
    assert await key_names(db) == []
