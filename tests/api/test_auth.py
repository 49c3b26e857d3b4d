"""Who calls: keys in headers, and what is refused."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.api.auth import InvalidKey, connection_headers, key_of
from app.api.language import preferred_language
from app.kit.clock import utc_now
from app.kit.db import Database
from tests.api.small import ask, make_key, small_app


async def test_a_shopper_needs_no_key(db: Database) -> None:
    assert (await ask(small_app(db), "{ who }")).json() == {"data": {"who": "shopper"}}


async def test_a_key_in_either_header(db: Database) -> None:
    app, token = small_app(db), await make_key(db)
    for headers in ({"Authorization": f"Bearer {token}"}, {"Authorization": f"bearer  {token} "}, {"X-Api-Key": token}):
        assert (await ask(app, "{ who }", headers=headers)).json() == {"data": {"who": "key:till"}}


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer hk_0000000000000000000000"},
        {"Authorization": "Bearer "},
        {"Authorization": "Basic dXNlcjpwYXNz"},
        {"Authorization": "hk_0000000000000000000000"},
        {"X-Api-Key": "no key at all"},
        {"X-Api-Key": "' OR 1=1 --"},
    ],
)
async def test_a_bad_key_is_401_and_says_why(db: Database, headers: dict[str, str]) -> None:
    response = await ask(small_app(db), "{ who }", headers=headers)
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    [error] = response.json()["errors"]
    assert error["extensions"] == {"code": "UNAUTHENTICATED"}
    assert "data" not in response.json()


async def test_expired_and_revoked_keys_are_refused(db: Database) -> None:
    now = utc_now()
    token = await make_key(db, name="short", now=now - timedelta(hours=2), expires_at=now - timedelta(hours=1))
    revoked = await make_key(db, name="revoked")
    async with db.write() as tx:
        await tx.connection.execute("UPDATE api_keys SET revoked_at = created_at WHERE name = 'revoked'")
    for bad in (token, revoked):
        assert (await ask(small_app(db), "{ who }", headers={"X-Api-Key": bad})).status_code == 401


async def test_the_use_of_a_key_is_noted_once_a_minute(db: Database) -> None:
    token = await make_key(db)
    instants = []
    for seconds in (0, 30, 61):
        now = utc_now() + timedelta(seconds=seconds)
        await ask(small_app(db, clock=lambda now=now: now), "{ who }", headers={"X-Api-Key": token})
        async with db.read() as tx:
            instants.append(await tx.connection.fetchval("SELECT last_used_at FROM api_key_secrets"))
    assert instants[0] == instants[1] < instants[2]


def test_keys_of_headers() -> None:
    assert key_of({}) is None
    assert key_of({"authorization": ""}) is None
    assert key_of({"x-api-key": " hk_1 "}) == "hk_1"
    with pytest.raises(InvalidKey):
        key_of({"authorization": "Digest x"})


def test_what_a_websocket_client_may_send() -> None:
    assert connection_headers(None) == {}
    assert connection_headers({"Authorization": "Bearer a", "n": 1}) == {"authorization": "Bearer a"}
    assert connection_headers({"headers": {"X-Api-Key": "a"}}) == {"x-api-key": "a"}
    assert connection_headers({"apiKey": "a"})["x-api-key"] == "a"
    assert connection_headers({"headers": "no object", "Accept-Language": "en"}) == {
        "headers": "no object",
        "accept-language": "en",
    }


@pytest.mark.parametrize(
    ("header", "language"),
    [
        (None, "ja"),
        ("", "ja"),
        ("en", "en"),
        ("EN-us", "en"),
        ("fr, de", "ja"),
        ("ja;q=0.2, en;q=0.9", "en"),
        ("en;q=0, ja;q=0.1", "ja"),
        ("en;q=nonsense", "ja"),
        ("en;q=7", "ja"),
        ("*", "ja"),
        ("en-GB,en;q=0.9,ja;q=0.8", "en"),
    ],
)
def test_the_language_of_a_request(header: str | None, language: str) -> None:
    assert preferred_language(header, "ja") == language


@given(st.text())
def test_no_header_breaks_it(header: str) -> None:
    assert preferred_language(header, "ja") in {"ja", "en"}
