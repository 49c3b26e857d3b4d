"""Partners see the key that they call with, and give it new secrets by themselves."""

from datetime import datetime, timedelta
from typing import Any

from app.kit.db import Database
from app.kit.permissions import SCOPES, Actor, ActorKind
from app.partners.actions.authenticate import authenticate
from app.partners.actions.create_api_key import create_api_key
from app.partners.actions.create_partner import create_partner
from tests.conftest import Execute, keyed
from tests.partners.test_mutations import ERRORS, OWNER, refused

ROTATE = f"""mutation ($input: OwnApiKeyRotateInput!) {{ ownApiKeyRotate(input: $input) {{
  replayed token apiKey {{ name prefix secrets {{ prefix endsAt }} }} {ERRORS} }} }}"""
OWN = "query { viewer { apiKey { id name expiresAt secrets { prefix } } } }"
SEEN = "query ($id: ID!) { node(id: $id) { ... on ApiKey { name } } }"


async def make_partners_key(db: Database, now: datetime, **more: Any) -> tuple[str, Actor]:
    """Its secret, and who calls with it."""
    async with db.write() as tx:
        partner = await create_partner(tx, code=more["name"], name="Lockers", kind="LOCKER_OPERATOR", now=now)
        given: dict[str, Any] = {"kind": "PARTNER", "scopes": ["partner:jobs"], "partner_id": partner, **more}
        _, token = await create_api_key(tx, now=now, **given)
    actor = await authenticate(db, token, now=now)
    assert actor is not None
    return token, actor


async def rotate(execute: Execute, actor: Actor, **given: Any) -> Any:
    return (await execute(ROTATE, keyed(given), actor=actor))["ownApiKeyRotate"]


async def test_a_partner_gives_its_own_key_a_new_secret(db: Database, execute: Execute, now: datetime) -> None:
    old, actor = await make_partners_key(db, now, name="ekibako")
    others, other = await make_partners_key(db, now, name="hoshi")
    given = {"overlapSeconds": 3600, "idempotencyKey": "monday"}
    first = await rotate(execute, actor, **given)
    new, ends_at = first["token"], "2026-11-22T04:00:00+00:00"
    key = {
        "name": "ekibako",
        "prefix": new[:8],
        "secrets": [{"prefix": new[:8], "endsAt": None}, {"prefix": old[:8], "endsAt": ends_at}],
    }
    assert first == {"replayed": False, "token": new, "apiKey": key, "userErrors": []}
    assert await rotate(execute, actor, **given) == {**first, "replayed": True, "token": None}
    assert await authenticate(db, new, now=now + timedelta(days=365)) == actor
    assert await authenticate(db, old, now=now + timedelta(minutes=59)) == actor
    assert await authenticate(db, old, now=now + timedelta(hours=1)) is None
    assert await authenticate(db, others, now=now + timedelta(days=365)) == other


async def test_an_overlap_that_cannot_be_changes_nothing(db: Database, execute: Execute, now: datetime) -> None:
    old, actor = await make_partners_key(db, now, name="ekibako")
    for seconds in (-1, 2_592_001, 2**31 - 1):
        refusal = refused(await rotate(execute, actor, overlapSeconds=seconds))
        assert refusal == [("INVALID_INPUT", ["input", "overlapSeconds"])]
    async with db.read() as tx:
        assert await tx.connection.fetchval("SELECT count(*) FROM api_key_secrets") == 1
    assert await authenticate(db, old, now=now + timedelta(days=365)) == actor


async def test_only_partners_do_so(db: Database, execute: Execute) -> None:
    staff = Actor(kind=ActorKind.STAFF, reference="key:other", scopes=frozenset(SCOPES) - {"partner:jobs"})
    for actor, code in ((None, "UNAUTHENTICATED"), (staff, "FORBIDDEN")):
        result = await execute.raw(ROTATE, keyed({}), actor=actor)
        assert result.errors[0].extensions["code"] == code


async def test_everybody_sees_the_own_key_and_no_other(db: Database, execute: Execute, now: datetime) -> None:
    ends_at = now + timedelta(days=1)
    token, actor = await make_partners_key(db, now, name="ekibako", expires_at=ends_at)
    _, other = await make_partners_key(db, now, name="hoshi")
    own = (await execute(OWN, actor=actor))["viewer"]["apiKey"]
    assert own == {
        "id": own["id"], "name": "ekibako", "expiresAt": ends_at.isoformat(), "secrets": [{"prefix": token[:8]}],
    }  # fmt: skip
    seen = [(await execute(SEEN, {"id": own["id"]}, actor=who))["node"] for who in (actor, OWNER, other, None)]
    assert seen == [{"name": "ekibako"}, {"name": "ekibako"}, None, None]
    assert (await execute(OWN))["viewer"]["apiKey"] is None
