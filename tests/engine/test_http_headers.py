"""Compression of answers, and pages of other origins."""

import gzip

import pytest

from app.engine.limits import Limits
from tests.engine.http_tools import Client, query_of

LONG = "query ($length: Int!) { text(length: $length) }"


@pytest.mark.parametrize(
    ("header", "is_packed"),
    [
        (None, False),
        ("", False),
        ("gzip", True),
        ("gzip, deflate, br, zstd", True),
        ("GZIP;q=0.5", True),
        ("*", True),
        ("br", False),
        ("identity", False),
        ("gzip;q=0", False),
        ("gzip;q=0, *", False),
        ("*;q=0", False),
    ],
)
async def test_long_answers_are_compressed_for_who_takes_it(header: str | None, is_packed: bool) -> None:
    headers = {} if header is None else {"accept-encoding": header}
    response = await Client().post(query=LONG, variables={"length": 5_000}, headers=headers)
    assert ("content-encoding", "gzip") in response.pairs if is_packed else "content-encoding" not in response.headers
    assert (len(response.content) < 300) == is_packed
    assert response.json == {"data": {"text": "x" * 5_000}}
    assert response.headers["vary"] == "Accept, Accept-Encoding"


async def test_short_answers_are_not() -> None:
    client = Client(limits=Limits(answer_gzip_bytes=100))
    for length, is_packed in ((70, False), (80, True)):
        response = await client.post(query=LONG, variables={"length": length}, headers={"accept-encoding": "gzip"})
        assert ("content-encoding" in response.headers) == is_packed


async def test_very_long_answers_and_the_same_bytes_each_time() -> None:
    sent = [
        await Client().post(query=LONG, variables={"length": 500_000}, headers={"accept-encoding": "gzip"})
        for _ in range(2)
    ]
    assert sent[0].content == sent[1].content
    assert gzip.decompress(sent[0].content) == b'{"data":{"text":"' + b"x" * 500_000 + b'"}}'


# ── pages of other origins ───────────────────────────────────────────────────────────────────────────────────────────

ASKED = {
    "origin": "https://shop.test",
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization,content-type, hikiate-channel",
}
SENT = ("Authorization", "Hikiate-Channel")


async def test_a_browser_asks_before_it_sends() -> None:
    response = await Client(allowed_headers=SENT).get(b"", ASKED, method="OPTIONS")
    assert (response.status, response.content) == (200, b"OK")
    assert dict(response.pairs) == {
        "vary": "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
        "access-control-allow-methods": "GET, POST",
        "access-control-allow-headers": (
            "Accept, Accept-Language, Authorization, Content-Language, Content-Type, Hikiate-Channel"
        ),
        "access-control-max-age": "600",
        "access-control-allow-origin": "*",
        "content-type": "text/plain; charset=utf-8",
        "content-length": "2",
    }


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"origin": "https://other.test"}, b"origin"),
        ({"origin": "null"}, b"origin"),
        ({"origin": "https://shop.test.evil.test"}, b"origin"),
        ({"access-control-request-method": "PUT"}, b"method"),
        ({"access-control-request-headers": "x-other"}, b"headers"),
        ({"origin": "https://other.test", "access-control-request-method": "PUT"}, b"origin, method"),
    ],
)
async def test_what_a_page_may_not_do(changed: dict[str, str], why: bytes) -> None:
    client = Client(allowed_origins=["https://shop.test"], allowed_headers=SENT)
    response = await client.get(b"", ASKED | changed, method="OPTIONS")
    assert (response.status, response.content) == (400, b"Not allowed: " + why)
    if b"origin" in why:
        assert "access-control-allow-origin" not in response.headers


async def test_named_origins_are_named_in_the_answer() -> None:
    client = Client(allowed_origins=["https://shop.test", "https://till.test"])
    allowed = await client.get(b"", {**ASKED, "access-control-request-headers": "content-type"}, method="OPTIONS")
    assert (allowed.status, allowed.headers["access-control-allow-origin"]) == (200, "https://shop.test")
    for origin in ("https://shop.test", "https://till.test"):
        response = await client.post(query="{ number }", headers={"origin": origin})
        assert response.headers["access-control-allow-origin"] == origin
        assert ("vary", "Origin") in response.pairs
    for headers in ({"origin": "https://other.test"}, {}):
        response = await client.post(query="{ number }", headers=headers)
        assert (response.status, ("vary", "Origin") in response.pairs) == (200, True)
        assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize(
    ("query", "headers", "status"),
    [
        (b"", {}, 400),
        (query_of(query="{ number }"), {}, 200),
        (query_of(query="{ who }"), {"x-api-key": "bad"}, 401),
        (query_of(query="{ who }"), {"x-api-key": "away"}, 503),
        (query_of(query="{ who }"), {"x-api-key": "broken"}, 500),
        (query_of(query="mutation { poke }"), {}, 405),
        (query_of(query="{ number }"), {"accept": "text/html"}, 406),
    ],
)
async def test_a_page_can_read_every_answer_also_a_refusal(query: bytes, headers: dict[str, str], status: int) -> None:
    response = await Client().get(query, {"origin": "https://shop.test", **headers})
    assert response.status == status
    assert response.headers["access-control-allow-origin"] == "*"
    assert response.headers["access-control-expose-headers"] == "Retry-After, WWW-Authenticate, Allow"
    assert "access-control-allow-credentials" not in response.headers
