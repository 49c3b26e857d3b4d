"""What clients accept, and what they get."""

from typing import Any

import pytest

from app.engine import accept, body
from tests.engine.http_tools import JSON, RESPONSE_JSON, Client, query_of


@pytest.fixture
def client() -> Client:
    return Client()


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        ("application/json", JSON),
        ("APPLICATION/JSON", JSON),
        ("application/json; charset=utf-8", JSON),
        ('application/json; charset="UTF-8"', JSON),
        ("application/graphql-response+json", RESPONSE_JSON),
        ("application/graphql-response+json; charset=utf-8, application/json; charset=utf-8", RESPONSE_JSON),
        ("application/graphql-response+json, application/json;q=0.9", RESPONSE_JSON),
        ("application/json, application/graphql-response+json", RESPONSE_JSON),
        ("application/json, application/graphql-response+json;q=0.5", JSON),
        ("application/json;q=0, application/graphql-response+json;q=0.1", RESPONSE_JSON),
        ("application/json;q=0, */*", RESPONSE_JSON),
        ("application/graphql-response+json;q=0, */*;q=0.1", JSON),
        ("text/html, */*;q=0.1", JSON),
        ("text/*, application/*;q=0.5", JSON),
        ("application/json;q=nonsense, */*", RESPONSE_JSON),
        # what urql, Apollo Client 4 and a browser's address bar send
        (
            "application/graphql-response+json, application/graphql+json, application/json, text/event-stream",
            RESPONSE_JSON,
        ),
        ("application/graphql-response+json,application/json;q=0.9", RESPONSE_JSON),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8", JSON),
        ("application/json, text/event-stream", JSON),
    ],
)
async def test_what_is_accepted(client: Client, accept: str | None, media_type: str) -> None:
    headers = {} if accept is None else {"accept": accept}
    for response in (
        await client.post(query="{ number }", headers=headers),
        await client.get(query_of(query="{ number }"), headers),
    ):
        assert (response.status, response.headers["content-type"]) == (200, media_type)
        assert response.json == {"data": {"number": 1}}


@pytest.mark.parametrize(
    "accept",
    [
        "text/html",
        "image/*",
        "application/xml",
        "application/json;q=0",
        "*/*;q=0",
        "application/json; charset=iso-8859-1",
        "nonsense",
        "text/event-stream",
    ],
)
async def test_nothing_that_fits_is_406(client: Client, accept: str) -> None:
    response = await client.post(query="mutation { poke }", headers={"accept": accept})
    assert (response.status, response.codes, response.headers["content-type"]) == (406, ["NOT_ACCEPTABLE"], JSON)


# ── streams of events ────────────────────────────────────────────────────────────────────────────────────────────────


class Streams:
    """In the place of server-sent events: what it was called with."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def __call__(self, prepared: Any, caller: Any, headers: Any, _receive: Any, send: Any) -> None:
        kind = type(prepared).__name__
        self.asked.append(prepared.operation.type.value if kind == "Prepared" else kind)
        assert (caller, headers["content-type"]) == ("nobody", JSON)
        start = {"type": "http.response.start", "status": 200, "headers": ((b"content-type", b"text/event-stream"),)}
        await send(start)
        await send({"type": "http.response.body", "body": b":"})


SUBSCRIPTION = "subscription { count(to: 1) }"
URQL = "application/graphql-response+json, application/graphql+json, application/json, text/event-stream"


@pytest.mark.parametrize(
    ("accept", "query", "asked"),
    [
        ("text/event-stream", SUBSCRIPTION, ["subscription"]),
        ("text/event-stream", "{ number }", ["query"]),
        ("text/event-stream", "mutation { poke }", ["mutation"]),
        ("text/event-stream", "{ nothing }", ["Refused"]),
        (URQL, SUBSCRIPTION, ["subscription"]),
        ("application/json, text/event-stream;q=0.1", SUBSCRIPTION, ["subscription"]),
        (URQL, "{ number }", []),
        (URQL, "mutation { poke }", []),
        (URQL, "{ nothing }", []),
        ("application/json, text/event-stream;q=0", SUBSCRIPTION, []),
        ("*/*", SUBSCRIPTION, []),
    ],
)
async def test_what_is_streamed(accept: str, query: str, asked: list[str]) -> None:
    streams = Streams()
    response = await Client(events=streams).post(query=query, headers={"accept": accept, "origin": "https://shop.test"})
    assert streams.asked == asked
    assert (response.headers["content-type"] == "text/event-stream") == bool(asked)
    assert response.headers["access-control-allow-origin"] == "*"


async def test_a_subscription_that_cannot_be_streamed_is_told_how_it_can() -> None:
    for client in (Client(events=Streams()), Client()):
        for media_type in (JSON, RESPONSE_JSON):
            response = await client.post(query=SUBSCRIPTION, headers={"accept": media_type})
            assert (response.status, response.codes) == (400, ["BAD_REQUEST"])
            assert response.message == (
                "Subscriptions run over WebSocket (connect here with graphql-transport-ws) "
                "or as server-sent events (send `Accept: text/event-stream`)."
            )
    get = await Client().get(query_of(query=SUBSCRIPTION))
    assert (get.status, get.codes) == (400, ["BAD_REQUEST"])


async def test_what_is_no_request_is_never_streamed() -> None:
    streams = Streams()
    response = await Client(events=streams).post(b"null", headers={"accept": "text/event-stream"})
    assert (response.status, response.headers["content-type"], streams.asked) == (400, JSON, [])


async def test_headers_of_unusual_length_are_read_and_not_kept(client: Client) -> None:
    remembered = (accept._usually_accepted, accept._usually_gzip, body._trouble_with_type)
    for one in remembered:
        one.cache_clear()
    padding = ";x=" + "a" * 400
    headers = {"accept": RESPONSE_JSON + padding, "accept-encoding": "gzip" + padding, "content-type": JSON + padding}
    response = await client.post(query="{ text(length: 2000) }", headers=headers)
    assert (response.status, response.headers["content-type"]) == (200, RESPONSE_JSON)
    assert response.headers["content-encoding"] == "gzip"
    assert [one.cache_info().currsize for one in remembered] == [0, 0, 0]
    headers["content-type"] = "text/plain" + padding
    assert (await client.post(query="{ number }", headers=headers)).status == 415
