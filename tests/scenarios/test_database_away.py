"""The database is not there at the start, goes away while the shop is open, and comes back."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.scenarios import documents as ask
from tests.scenarios.client import Client
from tests.scenarios.gate import Gate
from tests.scenarios.journeys import check_out, checkout_input, fill_cart, place_id, send_home
from tests.scenarios.serving import Program, until
from tests.scenarios.shop import STAFF_KEY, Shop

NOBODY = "postgresql://hikiate:secret@127.0.0.1:1/hikiate"


async def test_without_a_database_a_program_says_so_in_one_line(folder: Path) -> None:
    program = Program("serve", dsn=NOBODY, folder=folder)
    assert await program.ended() == 1
    [line] = program.output.splitlines()
    assert line.startswith("hikiate: No database at 127.0.0.1:1/hikiate: ")
    assert line.endswith(". Start PostgreSQL, or correct DATABASE_URL.")
    assert "secret" not in line


@pytest.fixture
async def gate(shop: Shop) -> AsyncGenerator[Gate, None]:
    """A way to the shop's database that can be shut."""
    gate = Gate(shop.db.dsn)
    await gate.open()
    yield gate
    await gate.remove()


async def test_a_database_that_goes_away_and_comes_back(shop: Shop, gate: Gate, folder: Path) -> None:
    sku = await shop.goods(SHIBUYA=5)
    program = await Program("serve", dsn=gate.dsn, folder=folder).ready()
    shopper, staff = Client(program.url), Client(program.url, key=STAFF_KEY)
    cart_id, lines = await fill_cart(shopper, (sku, 1))
    await send_home(shopper, cart_id, list(lines.values()))
    async with shopper.listening() as socket:
        await socket.subscribe(ask.STOCK_CHANGED, skus=[sku])
        assert (await socket.next())["available"] == 5

        await gate.shut()
        for error in (
            await shopper.error(ask.AVAILABILITY, {"sku": sku}),
            await shopper.error(ask.CHECKOUT, {"input": checkout_input(cart_id)}),
            await staff.error(ask.WORK),
        ):
            assert (error["code"], error["retryable"]) == ("SERVICE_UNAVAILABLE", True)
        health = [(await shopper.http.get(path)).status_code for path in ("/healthz", "/readyz")]
        assert health == [200, 503]

        await gate.open()

        async def is_back() -> bool:
            return (await shopper.http.get("/readyz")).status_code == 200

        await until(is_back)
        order = await check_out(shopper, cart_id)
        assert order["status"] == "PLACED"
        assert (await check_out(shopper, cart_id))["number"] == order["number"]
        left = 5
        while left != 4:
            left = (await socket.next())["available"]
    received = await staff.do(
        ask.STOCK_RECEIVE, locationId=place_id(shop, "SHIBUYA"), lines=[{"sku": sku, "quantity": 1}]
    )
    assert received["stockLevels"][0]["available"] == 5
    for client in (shopper, staff):
        await client.close()
    assert await program.stop() == 0
