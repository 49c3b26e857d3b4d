"""npm's `graphql-ws` and `graphql-sse`, which clients in browsers are made of, against the server."""

import asyncio

import pytest

from tests.clients import node
from tests.scenarios.serving import Program


@pytest.mark.parametrize("transport", ["websocket", "events", "outlive"])
async def test_a_transport_speaks_with_its_client(transport: str, demo_shop: Program) -> None:
    words = ["node", "--test", "--test-timeout=60000", "--test-reporter=spec", f"{transport}.test.mjs"]
    said = await asyncio.to_thread(node.run, *words, settings={"ADDRESS": demo_shop.url.removeprefix("http://")})
    assert "fail 0" in said
    assert "skipped 0" in said
