"""Documents that are named over HTTP, and the cost of what is asked."""

from hashlib import sha256

import pytest

from tests.engine.http_tools import JSON, RESPONSE_JSON, Client, query_of

BOTH = (JSON, RESPONSE_JSON)


@pytest.fixture
def client() -> Client:
    return Client()


# ── documents by their ids ───────────────────────────────────────────────────────────────────────────────────────────


async def test_automatic_persisted_queries(client: Client) -> None:
    text = "query ($of: Int!) { number(of: $of) }"
    extensions = {"persistedQuery": {"version": 1, "sha256Hash": sha256(text.encode()).hexdigest()}}
    for media_type, status in ((JSON, 200), (RESPONSE_JSON, 400)):
        missing = await client.post(extensions=extensions, headers={"accept": media_type})
        assert (missing.status, missing.codes, missing.message) == (
            status,
            ["PERSISTED_QUERY_NOT_FOUND"],
            "PersistedQueryNotFound",
        )
    missing = await client.get(query_of(extensions=extensions, variables={"of": 1}))
    assert (missing.codes, missing.headers["cache-control"]) == (["PERSISTED_QUERY_NOT_FOUND"], "no-store")
    registered = await client.post(query=text, extensions=extensions, variables={"of": 1})
    assert registered.json == {"data": {"number": 1}}
    assert (await client.post(extensions=extensions, variables={"of": 2})).json == {"data": {"number": 2}}
    assert (await client.get(query_of(extensions=extensions, variables={"of": 3}))).json == {"data": {"number": 3}}
    by_id = {"documentId": f"sha256:{sha256(text.encode()).hexdigest()}", "variables": {"of": 4}}
    assert (await client.post(**by_id)).json == {"data": {"number": 4}}
    assert (await client.get(query_of(**by_id))).json == {"data": {"number": 4}}


async def test_a_wrong_hash_and_an_unknown_version_are_400(client: Client) -> None:
    for persisted, code in (
        ({"version": 1, "sha256Hash": "0" * 64}, "PERSISTED_QUERY_HASH_MISMATCH"),
        ({"version": 2, "sha256Hash": "0" * 64}, "PERSISTED_QUERY_NOT_SUPPORTED"),
    ):
        for media_type in BOTH:
            response = await client.post(
                query="{ number }", extensions={"persistedQuery": persisted}, headers={"accept": media_type}
            )
            assert (response.status, response.codes) == (400, [code])


async def test_a_mutation_by_its_id_needs_a_post_too(client: Client) -> None:
    text = "mutation { poke }"
    id_ = sha256(text.encode()).hexdigest()
    assert (await client.post(query=text, documentId=id_)).json == {"data": {"poke": "poked"}}
    assert (await client.get(query_of(documentId=id_))).status == 405


# ── cost ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_the_cost_is_told_to_who_asks(client: Client) -> None:
    response = await client.post(query="{ number who }", extensions={"cost": True})
    assert response.json == {
        "data": {"number": 1, "who": "nobody"},
        "extensions": {"cost": {"requested": 2, "maximum": 100_000}},
    }
    refused = await client.post(query="{ breaks }", extensions={"cost": True})
    assert refused.json["extensions"] == {"cost": {"requested": 1, "maximum": 100_000}}
    for extensions in (None, {}, {"cost": False}, {"cost": "yes"}):
        assert list((await client.post(query="{ number }", extensions=extensions)).json) == ["data"]
