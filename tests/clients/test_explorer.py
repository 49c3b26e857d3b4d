"""The explorer at `/`, as somebody without a network finds it, and the way to it."""

import asyncio

import httpx

from tests.clients import node
from tests.scenarios.serving import Program

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


async def test_the_page_can_be_used(demo_shop: Program) -> None:
    words = ["node", "--test", "--test-timeout=60000", "--test-reporter=spec", "explorer.test.mjs"]
    said = await asyncio.to_thread(node.run, *words, settings={"ADDRESS": demo_shop.url.removeprefix("http://")})
    assert "fail 0" in said
    assert "skipped 0" in said


async def test_who_visits_the_address_of_the_api_is_led_to_the_page(demo_shop: Program) -> None:
    async with httpx.AsyncClient(base_url=demo_shop.url) as http:
        visit = await http.get("/graphql", headers={"Accept": BROWSER})
        assert (visit.status_code, visit.headers["location"]) == (303, "/")
        asked = await http.get("/graphql", params={"query": "{ __typename }"}, headers={"Accept": BROWSER})
        assert (asked.status_code, asked.json()) == (200, {"data": {"__typename": "Query"}})
        program = await http.get("/graphql", headers={"Accept": "application/json"})
        assert program.json()["errors"][0]["message"] == "The request has no `query`."
