"""Bodies: what is no request gets a 4xx with a reason, whatever it is, and costs no more than its limits."""

import gzip
import tracemalloc
import zlib
from typing import Any

import pytest

from app.engine.limits import Limits
from app.engine.values import has_more_values
from tests.engine.http_tools import JSON, RESPONSE_JSON, Client, messages

GOOD = b'{"query": "{ number }"}'
# Without the time of day: every test process has to find the same parameters.
PACKED = gzip.compress(GOOD, mtime=0)
DATA = {"data": {"number": 1}}


@pytest.fixture
def client() -> Client:
    return Client()


def nested(opening: bytes, depth: int, inside: bytes, closing: bytes) -> bytes:
    return b'{"query": "{ number }", "variables": {"a": ' + opening * depth + inside + closing * depth + b"}}"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "The body is not JSON"),
        (b" ", "The body is not JSON"),
        (b"{", "The body is not JSON"),
        (b"\x00", "The body is not JSON"),
        (b"\xff\xfe\x00", "The body is not JSON"),
        (b'{"query": "\xc3\x28"}', "The body is not JSON"),
        (b'{"query": "\xed\xa0\x80"}', "The body is not JSON"),
        (b"\xef\xbb\xbf" + GOOD, "The body is not JSON"),
        ('{"query": "{ number }"}'.encode("utf-16"), "The body is not JSON"),
        (GOOD + GOOD, "The body is not JSON"),
        (GOOD + b"x", "The body is not JSON"),
        (b"{'query': '{ number }'}", "The body is not JSON"),
        (b'{"query": "{ number }",}', "The body is not JSON"),
        (b'{"query": "a\nb"}', "The body is not JSON"),
        (b'{"query": "\\ud800"}', "The body is not JSON"),
        (b'{"query": "{ number }", "variables": {"a": "\\udc00\\ud800"}}', "The body is not JSON"),
        (b'{"query": "{ number }", "variables": {"a": NaN}}', "The body is not JSON"),
        (b'{"query": "{ number }", "variables": {"a": Infinity}}', "The body is not JSON"),
        (b'{"query": "{ number }", "variables": {"a": 1e999}}', "The body is not JSON"),
        (b'{"query": "{ number }", "variables": {"a": ' + b"9" * 5_000 + b"}}", "The body is not JSON"),
        (b'{"query": "{ number }", "variables": {"a": 01}}', "The body is not JSON"),
        (b"[" * 5_000, "The body is not JSON"),
        (b"[" * 900 + b"]" * 900, "more than 24 lists and objects inside one another"),
        (nested(b"[", 23, b"", b"]"), "more than 24 lists and objects inside one another"),
        (nested(b'{"a":', 23, b"1", b"}"), "more than 24 lists and objects inside one another"),
        (b"null", "The body must be an object"),
        (b"7", "The body must be an object"),
        (b'"{ number }"', "The body must be an object"),
        (b"true", "The body must be an object"),
        (b"[]", "Send one operation per request."),
        (b"[" + GOOD + b"," + GOOD + b"]", "Send one operation per request."),
        (b"{}", "The request has no `query`."),
        (b'{"query": null}', "The request has no `query`."),
        (b'{"query": ""}', "The request has no `query`."),
        (b'{"Query": "{ number }"}', "The request has no `query`."),
        (b'{"query": 7}', "`query` must be a text."),
        (b'{"query": ["{ number }"]}', "`query` must be a text."),
        (b'{"query": "{ number }", "variables": []}', "`variables` must be an object."),
        (b'{"query": "{ number }", "variables": "{}"}', "`variables` must be an object."),
        (b'{"query": "{ number }", "operationName": 7}', "`operationName` must be a text."),
        (b'{"query": "{ number }", "extensions": 7}', "`extensions` must be an object."),
        (b'{"query": "{ number }", "documentId": 7}', "`documentId` must be a text."),
        (b'{"query": "{ number }", "query": "mutation { poke }"}', "gives the name 'query' twice in one object"),
        (b'{"query": "{ number }", "quer\\u0079": "x"}', "gives the name 'query' twice in one object"),
        (b'{"query": "{ number }", "variables": {"a": {"b" : 1, "b"\n: 2}}}', "gives the name 'b' twice"),
        (b'{"query": "{ number }", "variables": {"a": [1, {"b": 1, "b": 1}]}}', "gives the name 'b' twice"),
    ],
)
async def test_what_is_no_request_is_400_for_everybody(client: Client, body: bytes, message: str) -> None:
    for media_type in (JSON, RESPONSE_JSON):
        response = await client.post(body, headers={"accept": media_type})
        assert (response.status, response.headers["content-type"]) == (400, media_type)
        assert message in response.message
        assert response.codes in (["BAD_REQUEST"], ["OPERATION_TOO_LARGE"])
        assert len(response.content) < 400


@pytest.mark.parametrize(
    "body",
    [
        GOOD,
        b" \r\n\t" + GOOD + b"\n",
        b'{"query": "{ number }", "variables": null, "operationName": null, "extensions": null}',
        b'{"query": "{ number }", "unknown": [{}]}',
        b'{"query": "{ number }", "variables": {"a": "\\ud83c\\udf63"}}',
        # texts that look like names, and the same name in several objects
        b'{"query": "{ number } # \\"query\\": \\"query\\": ", "variables": {"a": {"b": 1}, "c": {"b": 1}}}',
        b'{"query": "{ number }", "variables": {"a": "\\":", "b": ["\\": \\":"]}}',
        nested(b"[", 21, b"", b"]"),
        b'{"query": "{ number }", "variables": {"a": [' + b"[]," * 1_000 + b"{}]}}",
    ],
)
async def test_what_is_a_request(client: Client, body: bytes) -> None:
    response = await client.post(body)
    assert (response.status, response.json) == (200, DATA)


@pytest.mark.parametrize(
    ("many", "is_too_many"),
    [
        (b"1," * 49_995 + b"1", False),
        (b"1," * 50_000 + b"1", True),
        (b"{}," * 25_000 + b"{}", True),
        (b'{"a": {"a": {"a": {"a": {}}}}},' * 9_000 + b"1", True),
        (b'"' + b",[{" * 200_000 + b'"', False),
        (b'"' + b'\\",' * 200_000 + b'"', False),
        (b'"\\\\",' * 50_001 + b"1", True),
    ],
)
async def test_values_are_counted_outside_of_texts(client: Client, many: bytes, is_too_many: bool) -> None:
    body = b'{"query": "{ number }", "variables": {"a": [' + many + b"]}}"
    for content, headers in ((body, {}), (gzip.compress(body), {"content-encoding": "gzip"})):
        response = await client.post(content, headers=headers)
        if is_too_many:
            assert (response.status, response.codes) == (400, ["OPERATION_TOO_LARGE"])
            assert response.message == "The body has more than 50000 values."
        else:
            assert (response.status, response.json) == (200, DATA)


@pytest.mark.parametrize("text", [b'["' + b'\\"' * 400_000, b'"' * 1_000_001, b"," * 10 + b'"' * 400_000])
def test_texts_without_an_end_are_counted_as_well(text: bytes) -> None:
    assert has_more_values(b"," * 51 + text, 50)
    assert not has_more_values(b"," * 50 + b'"' + b",[{" * 100_000, 50)


@pytest.mark.parametrize("value", [10**30, -(10**30), 2**31, 1.5, "1", True, [1], {"a": 1}])
async def test_a_number_that_is_none_is_the_callers_fault(client: Client, value: Any) -> None:
    query = "query ($of: Int!) { number(of: $of) }"
    response = await client.post(query=query, variables={"of": value}, headers={"accept": RESPONSE_JSON})
    assert (response.status, response.codes) == (400, ["BAD_USER_INPUT"])


async def test_large_variables_are_not_echoed(client: Client) -> None:
    for value in (
        "SECRET" + "x" * 100_000,
        ["x" * 100] * 1_000,
        {"x" * 50_000: 1},
        {str(n): "x" for n in range(5_000)},
    ):
        response = await client.post(query="query ($of: Int!) { number(of: $of) }", variables={"of": value})
        assert response.codes == ["BAD_USER_INPUT"]
        assert len(response.message) <= 500


# ── content type, charset, encoding ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "kind",
    [
        "application/json",
        "Application/JSON",
        "application/json;charset=utf-8",
        'application/json; charset="UTF-8"',
        "application/json; charset=utf8; profile=x",
        "application/graphql-response+json",
    ],
)
async def test_content_types_that_are_json(client: Client, kind: str) -> None:
    assert (await client.post(GOOD, headers={"content-type": kind})).json == DATA


@pytest.mark.parametrize(
    "kind",
    [
        "",
        "text/plain",
        "text/plain; application/json",
        "application/graphql",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json, text/plain",
        "application/json; charset=iso-8859-1",
        "application/json; charset=utf-16",
    ],
)
async def test_what_any_page_may_post_is_not_taken_for_a_request(client: Client, kind: str) -> None:
    response = await client.post(b'{"query": "mutation { poke }"}', headers={"content-type": kind})
    assert (response.status, response.codes) == (415, ["UNSUPPORTED_MEDIA_TYPE"])


async def test_no_content_type_at_all(client: Client) -> None:
    response = await client.send("POST", [], messages([GOOD]), b"")
    assert response is not None
    assert (response.status, response.codes) == (415, ["UNSUPPORTED_MEDIA_TYPE"])


def raw_deflate(body: bytes) -> bytes:
    packing = zlib.compressobj(wbits=-15)
    return packing.compress(body) + packing.flush()


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("identity", GOOD),
        ("gzip", PACKED),
        ("GZIP", PACKED),
        ("x-gzip", PACKED),
        ("deflate", zlib.compress(GOOD)),
        ("deflate", raw_deflate(GOOD)),
    ],
)
async def test_compressed_bodies(client: Client, encoding: str, body: bytes) -> None:
    response = await client.post([body[:9], body[9:]], headers={"content-encoding": encoding})
    assert (response.status, response.json) == (200, DATA)


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", b""),
        ("gzip", GOOD),
        ("gzip", PACKED[:-1]),
        ("gzip", PACKED[:5]),
        ("gzip", PACKED[:-8] + b"\0" * 8),
        ("gzip", PACKED + b"more"),
        ("gzip", PACKED + PACKED),
        ("gzip", zlib.compress(GOOD)),
        ("deflate", GOOD),
        ("deflate", PACKED),
    ],
)
async def test_what_is_not_compressed_as_it_says(client: Client, encoding: str, body: bytes) -> None:
    response = await client.post(body, headers={"content-encoding": encoding})
    assert (response.status, response.codes) == (400, ["BAD_REQUEST"])
    assert response.message == "The body is not compressed as its `Content-Encoding` says."


@pytest.mark.parametrize("encoding", ["br", "zstd", "compress", "gzip, gzip", "nonsense"])
async def test_other_encodings(client: Client, encoding: str) -> None:
    response = await client.post(GOOD, headers={"content-encoding": encoding})
    assert (response.status, response.headers["accept-encoding"]) == (415, "gzip, deflate")


async def test_a_bomb_is_not_unpacked() -> None:
    client = Client(limits=Limits(body_bytes=100_000))
    bomb = gzip.compress(b" " * 90_000_000)
    assert len(bomb) < 100_000
    tracemalloc.start()
    response = await client.post(bomb, headers={"content-encoding": "gzip"})
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (response.status, response.codes) == (413, ["REQUEST_TOO_LARGE"])
    assert peak < 2_000_000


# ── size and time ────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_large_body_with_and_without_its_length() -> None:
    client = Client(limits=Limits(body_bytes=1_000))
    large = GOOD + b" " * 1_000
    pieces: list[bytes | None] = [large[start : start + 100] for start in range(0, len(large), 100)]
    for body, headers in (
        (large, {}),
        (pieces, {}),
        (b"", {"content-length": "1001"}),
        (b"", {"content-length": "9" * 15}),
    ):
        response = await client.post(body, headers=headers)
        assert (response.status, response.codes) == (413, ["REQUEST_TOO_LARGE"])
        assert response.message == "The body is larger than 1000 bytes."
        assert response.headers["connection"] == "close"
    fits = GOOD + b" " * (1_000 - len(GOOD))
    for body in (fits, [fits[:500], fits[500:]], [fits, b""]):
        assert (await client.post(body)).json == DATA


async def test_a_body_that_does_not_come_is_given_up() -> None:
    client = Client(limits=Limits(body_s=0.01))
    for begun in ([], [{"type": "http.request", "body": b'{"query', "more_body": True}]):
        never = messages([])
        waiting = list(begun)

        async def receive(waiting: list[Any] = waiting, never: Any = never) -> dict[str, Any]:
            return waiting.pop(0) if waiting else await never()

        response = await client.send("POST", [("content-type", JSON)], receive, b"")
        assert response is not None
        assert (response.status, response.codes) == (408, ["REQUEST_TIMEOUT"])
        assert response.message == "The body did not come within 0.01 s."
        assert response.headers["connection"] == "close"
