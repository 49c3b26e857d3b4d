"""The demo shop's pictures."""

import pytest

from app.demo.assortment import assortment
from app.kit.db import Database
from tests.api.small import client_of, small_app


async def test_every_picture_of_the_demo_shop_can_be_drawn(db: Database) -> None:
    addresses = [medium.url for product in assortment().products for medium in product.media or ()]
    assert len(addresses) == len(set(addresses)) == 1235
    async with client_of(small_app(db)) as client:
        first, again = [await client.get(addresses[0]) for _ in range(2)]
        assert (first.status_code, first.headers["content-type"]) == (200, "image/svg+xml")
        assert first.text == again.text
        assert "indigo t shirt" in first.text
        for address in addresses[::100]:
            assert (await client.get(address)).status_code == 200


@pytest.mark.parametrize("name", ["<script>", "A", "-", "a" * 101, "%00", "a%2Fb"])
async def test_what_is_no_name_is_not_drawn(db: Database, name: str) -> None:
    async with client_of(small_app(db)) as client:
        assert (await client.get(f"/media/{name}.svg")).status_code == 404
