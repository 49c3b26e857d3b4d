"""Rotation and expiry through the schema."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from app.kit.db import Database
from app.kit.ids import global_id, new_id
from app.kit.permissions import SCOPES, Actor, ActorKind
from app.partners.actions.note_key_use import note_key_use
from app.partners.model import hash_secret
from tests.conftest import Execute, keyed
from tests.partners.test_mutations import ERRORS, OWNER, create, refused, who

FIELDS = "id name prefix isLive expiresAt lastUsedAt secrets { prefix createdAt endsAt lastUsedAt }"
ROTATE = f"""mutation ($input: ApiKeyRotateInput!) {{ apiKeyRotate(input: $input) {{
  replayed token apiKey {{ {FIELDS} }} {ERRORS} }} }}"""
EXPIRE = f"""mutation ($input: ApiKeyExpireInput!) {{ apiKeyExpire(input: $input) {{
  replayed apiKey {{ {FIELDS} }} {ERRORS} }} }}"""


async def rotate(execute: Execute, key: str, actor: Actor = OWNER, **more: Any) -> Any:
    return (await execute(ROTATE, keyed({"apiKeyId": key, **more}), actor=actor))["apiKeyRotate"]


async def expire(execute: Execute, key: str, actor: Actor = OWNER, **more: Any) -> Any:
    return (await execute(EXPIRE, {"input": {"apiKeyId": key, **more}}, actor=actor))["apiKeyExpire"]


async def test_a_new_secret_is_shown_once_and_kept_nowhere(db: Database, execute: Execute, now: datetime) -> None:
    made = await create(execute)
    async with db.write() as tx:
        await note_key_use(tx, hash_secret(made["token"]), now=now)
    given = {"overlapSeconds": 3600, "idempotencyKey": "monday"}
    first = await rotate(execute, made["apiKey"]["id"], **given)
    new, told = first["token"], "2026-11-22T03:00:00+00:00"
    assert first == {
        "replayed": False,
        "token": new,
        "userErrors": [],
        "apiKey": {
            "id": made["apiKey"]["id"], "name": "till", "prefix": new[:8], "isLive": True, "expiresAt": None,
            "lastUsedAt": told,
            "secrets": [
                {"prefix": new[:8], "createdAt": told, "endsAt": None, "lastUsedAt": None},
                {
                    "prefix": made["token"][:8], "createdAt": told, "endsAt": "2026-11-22T04:00:00+00:00",
                    "lastUsedAt": told,
                },
            ],
        },
    }  # fmt: skip
    assert await rotate(execute, made["apiKey"]["id"], **given) == {**first, "replayed": True, "token": None}
    assert await who(db, new, now) == await who(db, made["token"], now) is not None
    assert await who(db, made["token"], now + timedelta(hours=1)) is None
    async with db.read() as tx:
        kept = [str(tuple(row)) for row in await tx.connection.fetch("SELECT * FROM requests")]
        kept += [str(tuple(row)) for row in await tx.connection.fetch("SELECT * FROM api_key_secrets")]
    assert len(kept) == 3
    assert not any(new in row for row in kept)


async def test_another_end(db: Database, execute: Execute, now: datetime) -> None:
    made = await create(execute)
    given = {"expiresAt": "2026-11-22T13:00:00+09:00", "idempotencyKey": "end"}
    first = await expire(execute, made["apiKey"]["id"], **given)
    assert (first["userErrors"], first["apiKey"]["expiresAt"]) == ([], "2026-11-22T04:00:00+00:00")
    assert await expire(execute, made["apiKey"]["id"], **given) == {**first, "replayed": True}
    assert await who(db, made["token"], now + timedelta(hours=1)) is None
    assert (await expire(execute, made["apiKey"]["id"], expiresAt=None))["apiKey"]["expiresAt"] is None
    assert await who(db, made["token"], now + timedelta(hours=1)) is not None


async def test_what_is_refused_points_at_its_argument(db: Database, execute: Execute, now: datetime) -> None:
    key = (await create(execute))["apiKey"]["id"]
    owner = (await create(execute, name="owner", scopes=["partners:write"]))["apiKey"]["id"]
    overlap, at, id_ = (["input", name] for name in ("overlapSeconds", "expiresAt", "apiKeyId"))
    for seconds in (-1, 2_592_001, 2**31 - 1):
        assert refused(await rotate(execute, key, overlapSeconds=seconds)) == [("INVALID_INPUT", overlap)]
    assert refused(await rotate(execute, owner, overlapSeconds=299)) == [("LAST_KEY", overlap)]
    assert refused(await expire(execute, key, expiresAt="2026-11-22T03:00:00Z")) == [("INVALID_INPUT", at)]
    assert refused(await expire(execute, owner, expiresAt="2030-01-01T00:00:00Z")) == [("LAST_KEY", at)]
    weak = Actor(kind=ActorKind.STAFF, reference="key:weak", scopes=frozenset({"partners:write"}))
    for unknown in (global_id("ApiKey", new_id()), "nonsense"):
        assert refused(await rotate(execute, unknown)) == [("NOT_FOUND", id_)]
        assert refused(await expire(execute, unknown, expiresAt=None)) == [("NOT_FOUND", id_)]
    assert refused(await rotate(execute, key, weak)) == [("BEYOND_KEY", id_)]
    assert refused(await expire(execute, key, weak, expiresAt=None)) == [("BEYOND_KEY", id_)]
    async with db.read() as tx:
        assert await tx.connection.fetchval("SELECT count(*) FROM api_key_secrets") == 2
        assert await tx.connection.fetchval("SELECT count(expires_at) FROM api_keys") == 0


@pytest.mark.parametrize(("document", "more"), [(ROTATE, {}), (EXPIRE, {"expiresAt": None})])
async def test_nobody_acts_without_the_scope(execute: Execute, document: str, more: dict[str, Any]) -> None:
    key = (await create(execute))["apiKey"]["id"]
    other = Actor(kind=ActorKind.STAFF, reference="key:other", scopes=frozenset(SCOPES) - {"partners:write"})
    for actor, code in ((None, "UNAUTHENTICATED"), (other, "FORBIDDEN")):
        result = await execute.raw(document, keyed({"apiKeyId": key, **more}), actor=actor)
        assert result.errors[0].extensions["code"] == code
