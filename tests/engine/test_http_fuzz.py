"""Whatever is sent, it is never our fault."""

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.engine.http_tools import JSON, RESPONSE_JSON, Client

GOOD = b'{"query": "{ number }"}'
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=20,
)
MEMBERS = st.fixed_dictionaries(
    {},
    optional={
        "query": JSON_VALUES | st.sampled_from(["{ number }", "{ number ", "query A { number } query B { number }"]),
        "variables": JSON_VALUES,
        "operationName": JSON_VALUES,
        "extensions": JSON_VALUES | st.fixed_dictionaries({"persistedQuery": JSON_VALUES}),
        "documentId": JSON_VALUES,
    },
)


@settings(max_examples=300)
@given(
    body=st.binary(max_size=200) | st.one_of(JSON_VALUES, MEMBERS).map(lambda value: json.dumps(value).encode()),
    encoding=st.sampled_from([None, "gzip", "deflate", "br"]),
    media_type=st.sampled_from([JSON, RESPONSE_JSON]),
)
async def test_no_body_is_our_fault(body: bytes, encoding: str | None, media_type: str) -> None:
    headers = {"accept": media_type} | ({"content-encoding": encoding} if encoding else {})
    response = await Client().post(body, headers=headers)
    assert response.status in {200, 400, 403, 413, 415}
    assert response.headers["content-type"] == media_type
    if "errors" in response.json:
        assert "INTERNAL_SERVER_ERROR" not in response.codes


@settings(max_examples=200)
@given(st.binary(max_size=100), st.text(max_size=60), st.text(max_size=60))
async def test_no_header_and_no_address_is_our_fault(query: bytes, accept: str, kind: str) -> None:
    shown = [text.encode("utf-8", "replace").decode("latin-1") for text in (accept, kind)]
    got = await Client().get(query, {"accept": shown[0], "accept-encoding": shown[1], "origin": shown[1]})
    assert got.status in {200, 400, 406}
    posted = await Client().post(GOOD, headers={"content-type": shown[0], "content-encoding": shown[1]})
    assert posted.status in {200, 400, 415}
