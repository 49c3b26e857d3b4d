"""GraphQL over HTTP: what a well-behaved, a careless and a hostile client gets."""

import json
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from app.engine.limits import Limits
from app.kit.config import Config
from app.kit.db import Database
from tests.api.small import ask, client_of, small_app


@pytest.fixture
def app(db: Database) -> Starlette:
    return small_app(db)


def codes(response: httpx.Response) -> list[str]:
    return [error["extensions"]["code"] for error in response.json()["errors"]]


async def test_post(app: Starlette) -> None:
    response = await ask(
        app,
        "query A { a: number(of: 1) } query B($of: Int!) { b: number(of: $of) }",
        operationName="B",
        variables={"of": 7},
    )
    assert (response.status_code, response.json()) == (200, {"data": {"b": 7}})
    assert response.headers["content-type"] == "application/json"


async def test_the_media_type_of_the_specification(app: Starlette) -> None:
    headers = {"Accept": "application/graphql-response+json, application/json;q=0.9"}
    good = await ask(app, "{ one }", headers=headers)
    assert (good.status_code, good.headers["content-type"]) == (200, "application/graphql-response+json")
    bad = await ask(app, "{ nothing }", headers=headers)
    assert (bad.status_code, codes(bad)) == (400, ["GRAPHQL_VALIDATION_FAILED"])
    assert "data" not in bad.json()
    partly = await ask(app, "{ unexpected }", headers=headers)
    assert (partly.status_code, partly.json()["data"]) == (200, {"unexpected": None})


async def test_get_runs_queries_only(app: Starlette) -> None:
    async with client_of(app) as client:
        good = await client.get(
            "/graphql", params={"query": "query ($of: Int!) { number(of: $of) }", "variables": '{"of": 3}'}
        )
        assert (good.status_code, good.json()) == (200, {"data": {"number": 3}})
        mutation = await client.get("/graphql", params={"query": "mutation { poke }"})
        assert (mutation.status_code, mutation.headers["allow"], codes(mutation)) == (
            405,
            "POST",
            ["METHOD_NOT_ALLOWED"],
        )
        assert (await client.get("/graphql")).status_code == 400
        assert (await client.get("/graphql", params={"query": "{ one }", "variables": "{"})).status_code == 400
        assert (await client.put("/graphql", json={"query": "{ one }"})).status_code == 405
        assert (await client.head("/graphql")).status_code == 405


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "The body is not JSON"),
        (b"{", "The body is not JSON"),
        (b"\xff\xfe", "The body is not JSON"),
        (b"[" * 5000, "The body is not JSON"),
        (b'"text"', "must be an object"),
        (b"null", "must be an object"),
        (b"[{}]", "one operation per request"),
        (b"{}", "no `query`"),
        (b'{"query": 1}', "`query` must be a text"),
        (b'{"query": "{ one }", "variables": []}', "`variables` must be an object"),
        (b'{"query": "{ one }", "operationName": {}}', "`operationName` must be a text"),
        (b'{"query": "subscription { count(to: 1) }"}', "run over WebSocket"),
    ],
)
async def test_what_is_no_request_is_refused_with_a_reason(app: Starlette, body: bytes, message: str) -> None:
    async with client_of(app) as client:
        response = await client.post("/graphql", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == 400
    assert message in response.json()["errors"][0]["message"]
    assert codes(response) == ["BAD_REQUEST"]


@pytest.mark.parametrize(
    ("query", "name", "message"),
    [
        ("{ one }", "B", "The document has no operation 'B'."),
        ("query A { one } query B { one }", None, "several and none was chosen"),
    ],
)
async def test_an_operation_that_cannot_be_chosen(app: Starlette, query: str, name: str | None, message: str) -> None:
    for accept, status in (("application/json", 200), ("application/graphql-response+json", 400)):
        response = await ask(app, query, headers={"Accept": accept}, operationName=name)
        assert (response.status_code, response.headers["content-type"]) == (status, accept)
        assert message in response.json()["errors"][0]["message"]
        assert "data" not in response.json()


async def test_other_content_types_are_refused(app: Starlette) -> None:
    """A form that any page may post must not be taken for a request."""
    async with client_of(app) as client:
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
            response = await client.post(
                "/graphql", content=b'{"query": "mutation { poke }"}', headers={"Content-Type": kind}
            )
            assert (response.status_code, codes(response)) == (415, ["UNSUPPORTED_MEDIA_TYPE"])


async def test_a_large_body_is_refused_with_and_without_its_length(db: Database) -> None:
    app = small_app(db, max_body_bytes=1000)
    body = json.dumps({"query": "{ one }" + " " * 2000}).encode()

    async def in_pieces() -> Any:
        for start in range(0, len(body), 100):
            yield body[start : start + 100]

    async with client_of(app) as client:
        for content in (body, in_pieces()):
            response = await client.post("/graphql", content=content, headers={"Content-Type": "application/json"})
            assert (response.status_code, codes(response)) == (413, ["REQUEST_TOO_LARGE"])
        fits = await client.post("/graphql", json={"query": "{ one }" + " " * 900})
        assert fits.json() == {"data": {"one": 1}}


async def test_syntax_and_validation_errors_have_codes_and_places(app: Starlette) -> None:
    syntax, unknown = await ask(app, "{ one"), await ask(app, "{ onee }")
    assert (syntax.status_code, codes(syntax)) == (200, ["GRAPHQL_PARSE_FAILED"])
    assert syntax.json()["errors"][0]["locations"] == [{"line": 1, "column": 6}]
    assert codes(unknown) == ["GRAPHQL_VALIDATION_FAILED"]
    assert "Did you mean 'one'" in unknown.json()["errors"][0]["message"]


@pytest.mark.parametrize("value", [1.5, "7", 2**31, -(2**31) - 1, 10**30, True, [1], {}])
async def test_a_wrong_variable_is_the_callers_error(app: Starlette, value: Any) -> None:
    response = await ask(app, "query ($of: Int!) { number(of: $of) }", variables={"of": value})
    assert codes(response) == ["BAD_USER_INPUT"]
    assert "data" not in response.json() or response.json()["data"] is None


async def test_language_and_channel_come_from_headers(app: Starlette) -> None:
    headers = {"Accept-Language": "fr;q=0.9, en-GB;q=0.8, ja;q=0.7", "Hikiate-Channel": "app"}
    assert (await ask(app, "{ where }", headers=headers)).json() == {"data": {"where": ["en", "app"]}}
    assert (await ask(app, "{ where }")).json() == {"data": {"where": ["ja", "web"]}}


async def test_pages_of_any_origin_may_call_unless_origins_are_named(db: Database) -> None:
    preflight = {
        "Origin": "https://shop.test",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization",
    }
    async with client_of(small_app(db)) as client:
        assert (await client.options("/graphql", headers=preflight)).headers["access-control-allow-origin"] == "*"
    async with client_of(small_app(db, allowed_origins=["https://own.test"])) as client:
        assert "access-control-allow-origin" not in (await client.options("/graphql", headers=preflight)).headers


async def test_health_and_front_page(app: Starlette) -> None:
    async with client_of(app) as client:
        assert (await client.get("/healthz")).json() == {"status": "ok"}
        assert (await client.get("/readyz")).json() == {"status": "ready"}
        page = await client.get("/")
        assert page.headers["content-type"].startswith("text/html")
        assert (await client.get("/nothing")).status_code == 404
        assert codes(await client.get("/nothing")) == ["NOT_FOUND"]


async def test_production_shows_neither_its_schema_nor_a_page(db: Database) -> None:
    app = small_app(db, config=Config(secret_key=b"x" * 32, production=True))
    assert set(codes(await ask(app, "{ __schema { types { name } } }"))) == {"GRAPHQL_VALIDATION_FAILED"}
    assert (await ask(app, "{ __typename one }")).json() == {"data": {"__typename": "Query", "one": 1}}
    async with client_of(app) as client:
        assert (await client.get("/")).json() == {"name": "Hikiate", "graphql": "/graphql"}
        assert (await client.get("/graphql", headers={"Accept": "text/html,*/*;q=0.8"})).status_code == 400


async def test_documents_by_their_ids(db: Database) -> None:
    app = small_app(db, trusted_documents=[("who", "{ who }")])
    async with client_of(app) as client:
        assert (await client.get("/graphql?documentId=who")).json() == {"data": {"who": "shopper"}}
        assert codes(await client.get("/graphql?documentId=other")) == ["PERSISTED_QUERY_NOT_FOUND"]
        assert (await client.post("/graphql", json={"query": "{ one }"})).json() == {"data": {"one": 1}}


async def test_only_trusted_documents(db: Database, caplog: pytest.LogCaptureFixture) -> None:
    trusted = [("who", "{ who }"), ("old", "{ gone }")]
    app = small_app(db, trusted_documents=trusted, only_trusted_documents=True)
    assert "The trusted document '{ gone }' cannot run: Cannot query field 'gone'" in caplog.text
    async with client_of(app) as client:
        assert (await client.get("/graphql?documentId=who")).json() == {"data": {"who": "shopper"}}
        strict = {"Accept": "application/graphql-response+json"}
        for body, code in (
            ({"query": "{ one }"}, "QUERY_NOT_IN_SAFELIST"),
            ({"query": "{ __schema { types { name } } }"}, "QUERY_NOT_IN_SAFELIST"),
            ({"documentId": "other"}, "PERSISTED_QUERY_NOT_IN_LIST"),
        ):
            refused = await client.post("/graphql", json=body, headers=strict)
            assert (refused.status_code, codes(refused)) == (403, [code])
        old = await client.post("/graphql", json={"documentId": "old"}, headers=strict)
        assert (old.status_code, codes(old)) == (400, ["GRAPHQL_VALIDATION_FAILED"])


async def test_what_may_cost_too_much_does_not_run(db: Database) -> None:
    app = small_app(db, limits=Limits(max_cost=3))
    assert (await ask(app, "{ deeper { number one } }")).json() == {"data": {"deeper": {"number": 0, "one": 1}}}
    refused = await ask(app, "{ deeper { number one who } }")
    assert refused.json()["errors"][0]["extensions"] == {"code": "OPERATION_TOO_COSTLY", "cost": 4, "maxCost": 3}
    told = await ask(app, "{ deeper { number } }", extensions={"cost": True})
    assert told.json()["extensions"] == {"cost": {"requested": 2, "maximum": 3}}


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("{ onee }", {}),
        ("{ number(off: 1) }", {}),
        ('{ number(of: "x") }', {}),
        ("{ one @skipp(if: true) }", {}),
        ("mutation { pok }", {}),
        ("query ($of: Intt!) { number(of: $of) }", {}),
        ("query ($of: Int!) { number(of: $of) }", {"of": "x"}),
        ("query ($of: Int!) { number(of: $of) }", {}),
    ],
)
async def test_production_suggests_nothing(db: Database, query: str, variables: dict[str, Any]) -> None:
    app = small_app(db, config=Config(secret_key=b"x" * 32, production=True))
    answer = (await ask(app, query, variables=variables)).json()
    assert answer["errors"]
    assert "Did you mean" not in json.dumps(answer)


async def test_a_page_of_another_origin_can_read_refusals_too(app: Starlette) -> None:
    origin = {"Origin": "https://shop.test"}
    async with client_of(app) as client:
        for response in (
            await client.post("/graphql", json={"query": "{ one }"}, headers=origin),
            await client.post("/graphql", content=b"{", headers=origin),
            await client.post("/graphql", json={"query": "{ one }"}, headers={**origin, "X-Api-Key": "none"}),
            await client.put("/graphql", headers=origin),
            await client.get("/healthz", headers=origin),
        ):
            assert response.headers["access-control-allow-origin"] == "*"


async def test_a_stream_of_events(app: Starlette) -> None:
    answers = "application/graphql-response+json, application/json, text/event-stream"
    async with client_of(app) as client:
        body = {"query": "subscription { count(to: 1) }"}
        stream = await client.post("/graphql", json=body, headers={"Accept": answers, "Origin": "https://shop.test"})
        assert stream.headers["content-type"] == "text/event-stream; charset=utf-8"
        assert stream.headers["access-control-allow-origin"] == "*"
        assert stream.text.endswith('event: next\ndata: {"data":{"count":1}}\n\nevent: complete\ndata: \n\n')
        plain = await client.post("/graphql", json={"query": "{ one }"}, headers={"Accept": answers})
        assert plain.headers["content-type"] == "application/graphql-response+json"
        told = await client.post(
            "/graphql",
            json={"query": "{ one }", "extensions": {"cost": True}},
            headers={"Accept": "text/event-stream"},
        )
        assert '"extensions":{"cost":{"requested":1,"maximum":100000}}' in told.text
