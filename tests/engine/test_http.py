"""GraphQL over HTTP, to the letter: statuses, media types, headers, bodies."""

import asyncio
import logging
from typing import Any

import pytest

from app.engine.limits import Limits
from tests.engine.http_tools import JSON, RESPONSE_JSON, Client, messages, query_of
from tests.engine.serving import until

BOTH = (JSON, RESPONSE_JSON)


@pytest.fixture
def client() -> Client:
    return Client()


# ── the answer and its media type ────────────────────────────────────────────────────────────────────────────────────


async def test_an_answer_is_exactly_this(client: Client) -> None:
    response = await client.post(query="query ($of: Int!) { number(of: $of) }", variables={"of": 7})
    assert (response.status, response.content) == (200, b'{"data":{"number":7}}')
    assert response.pairs == [
        ("content-type", "application/json"),
        ("vary", "Accept, Accept-Encoding"),
        ("content-length", "21"),
    ]


@pytest.mark.parametrize(
    ("query", "more", "code"),
    [
        ("{", {}, "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", {}, "GRAPHQL_VALIDATION_FAILED"),
        ("query A { number } query B { number }", {}, "OPERATION_RESOLUTION_FAILURE"),
        ("query A { number }", {"operationName": "B"}, "OPERATION_RESOLUTION_FAILURE"),
        ("query ($of: Int!) { number(of: $of) }", {}, "BAD_USER_INPUT"),
        ("query ($of: Int!) { number(of: $of) }", {"variables": {"of": "x"}}, "BAD_USER_INPUT"),
        ("{ " + " ".join(f"a{number}: number" for number in range(21)) + " }", {}, "OPERATION_TOO_LARGE"),
    ],
)
async def test_a_document_that_cannot_run(client: Client, query: str, more: dict[str, Any], code: str) -> None:
    for media_type, status in ((JSON, 200), (RESPONSE_JSON, 400)):
        response = await client.post(query=query, headers={"accept": media_type}, **more)
        assert (response.status, response.headers["content-type"]) == (status, media_type)
        assert (response.codes, list(response.json)) == ([code], ["errors"])


async def test_errors_of_fields_come_with_data_and_200(client: Client) -> None:
    for media_type in BOTH:
        response = await client.post(query="{ breaks number }", headers={"accept": media_type})
        assert (response.status, response.json["data"]) == (200, {"breaks": None, "number": 1})
        assert response.codes == ["INTERNAL_SERVER_ERROR"]


# ── methods ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_get(client: Client) -> None:
    named = query_of(
        query="query A { number } query B($of: Int!) { b: number(of: $of) }",
        operationName="B",
        variables={"of": 3},
        extensions={},
    )
    response = await client.get(named)
    assert (response.status, response.json) == (200, {"data": {"b": 3}})
    assert response.headers["cache-control"] == "no-store"
    empty = await client.get(b"query=%7Bnumber%7D&operationName=&variables=&extensions=&unknown=1&unknown=2")
    assert (empty.status, empty.json) == (200, {"data": {"number": 1}})


@pytest.mark.parametrize(
    ("query", "message"),
    [
        (b"", "The request has no `query`."),
        (b"query=%7Bnumber%7D&variables=%7B", "The parameter `variables` is not JSON"),
        (b"query=%7Bnumber%7D&extensions=nonsense", "The parameter `extensions` is not JSON"),
        (b"query=%7Bnumber%7D&variables=[]", "`variables` must be an object."),
        (b"query=%7Bnumber%7D&variables=7", "`variables` must be an object."),
        (b"query=%7Bnumber%7D&variables=" + b"[" * 40 + b"]" * 40, "more than 24 lists and objects"),
        (b"query=%7Bnumber%7D&query=%7Bnumber%7D", "The parameter `query` is given twice."),
        (b"query=%FF%FE", "must be UTF-8"),
        (b"query=\xff", "must be UTF-8"),
        (b"a=1&" * 60, "cannot be read"),
    ],
)
async def test_a_get_that_cannot_be_read(client: Client, query: bytes, message: str) -> None:
    for media_type in BOTH:
        response = await client.get(query, {"accept": media_type})
        assert response.status == 400
        assert message in response.message


async def test_an_address_of_any_length_is_refused() -> None:
    response = await Client(limits=Limits(body_bytes=1_000)).get(query_of(query="{ number }" + " " * 2_000))
    assert (response.status, response.codes) == (414, ["REQUEST_TOO_LARGE"])


async def test_a_mutation_needs_a_post(client: Client) -> None:
    for media_type in BOTH:
        response = await client.get(query_of(query="mutation { poke }"), {"accept": media_type})
        assert (response.status, response.codes, response.headers["allow"]) == (405, ["METHOD_NOT_ALLOWED"], "POST")
        assert "data" not in response.json
    assert (await client.post(query="mutation { poke }")).json == {"data": {"poke": "poked"}}


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "HEAD", "QUERY"])
async def test_other_methods(client: Client, method: str) -> None:
    response = await client.get(query_of(query="{ number }"), method=method)
    assert (response.status, response.codes, response.headers["allow"]) == (405, ["METHOD_NOT_ALLOWED"], "GET, POST")


async def test_options_without_an_origin(client: Client) -> None:
    response = await client.get(b"", method="OPTIONS")
    assert (response.status, response.content, response.headers["allow"]) == (204, b"", "GET, POST, OPTIONS")


# ── who calls ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_an_unknown_key_is_401(client: Client) -> None:
    for media_type in BOTH:
        response = await client.post(query="{ who }", headers={"x-api-key": "bad", "accept": media_type})
        assert (response.status, response.codes, response.message) == (401, ["UNAUTHENTICATED"], "No such key.")
        assert (response.headers["www-authenticate"], response.headers["content-type"]) == ("Bearer", media_type)


async def test_headers_that_are_sent_twice_are_one_list(client: Client) -> None:
    headers = [
        ("content-type", JSON),
        ("x-api-key", "a"),
        ("x-api-key", "b"),
        ("accept", "text/html"),
        ("accept", JSON),
    ]
    response = await client.send("POST", headers, messages([b'{"query": "{ who }"}']), b"")
    assert response is not None
    assert (response.status, response.json) == (200, {"data": {"who": "a, b"}})


# ── trouble ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_database_that_is_away_is_503(client: Client) -> None:
    response = await client.post(query="{ who }", headers={"x-api-key": "away"})
    assert (response.status, response.codes, response.headers["retry-after"]) == (503, ["SERVICE_UNAVAILABLE"], "1")
    assert response.json["errors"][0]["extensions"]["retryable"] is True


async def test_what_nobody_foresaw_is_masked_and_logged(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    response = await client.post(query="{ who }", headers={"x-api-key": "broken"})
    assert (response.status, response.codes) == (500, ["INTERNAL_SERVER_ERROR"])
    assert "secret" not in response.text
    [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert response.json["errors"][0]["extensions"]["traceId"] in record.getMessage()
    assert "secret" in str(record.exc_info and record.exc_info[1])


async def test_a_client_that_goes_away_while_it_sends_gets_no_answer(client: Client) -> None:
    for chunks in ([None], [b'{"query":', None]):
        assert await client.send("POST", [("content-type", JSON)], messages(chunks), b"") is None
    assert client.world.headers == []


async def test_a_client_that_goes_away_later_disturbs_nobody(client: Client) -> None:
    sending = asyncio.create_task(client.post(query="mutation { slow }"))
    await until(client.world.begun.is_set)
    sending.cancel()
    await asyncio.gather(sending, return_exceptions=True)
    assert client.world.ended.is_set()
    assert (await client.post(query="{ number }")).status == 200


async def test_an_error_after_the_response_began_is_not_said_twice(client: Client) -> None:
    async def broken(*_arguments: Any) -> None:
        send = _arguments[-1]
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"begun", "more_body": False})
        message = "late"
        raise RuntimeError(message)

    client.endpoint.events = broken
    response = await client.post(query="subscription { count(to: 1) }", headers={"accept": "text/event-stream"})
    assert (response.status, response.content) == (200, b"begun")
