"""docs/partners.md with npm's clients: every document of it in order, with the answers that it shows."""

import asyncio

from tests.clients import node
from tests.scenarios.serving import Program


async def test_the_page_of_partners_can_be_followed_in_node(demo_shop: Program) -> None:
    words = ["node", "--test", "--test-timeout=100000", "--test-reporter=spec", "partners.test.mjs"]
    said = await asyncio.to_thread(node.run, *words, settings={"ADDRESS": demo_shop.url.removeprefix("http://")})
    assert "pass 1" in said
    assert "skipped 0" in said
