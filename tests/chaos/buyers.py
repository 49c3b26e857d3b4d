"""Buyers at the real HTTP server, which is killed under their hands: each asks again until there is an answer."""

import asyncio
import random
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import httpx

from app.kit.ids import uuid_key
from tests.chaos.journal import Journal, Request, Told
from tests.scenarios import documents as ask
from tests.scenarios.client import Client
from tests.scenarios.journeys import EMAIL, checkout_input
from tests.scenarios.serving import Program

_PATIENCE: Final = 2_000
CART_RESERVE: Final = "mutation ($input: CartReserveInput!) { cartReserve(input: $input) { userErrors { code } } }"
CART_RELEASE: Final = """mutation ($input: CartReservationReleaseInput!) {
  cartReservationRelease(input: $input) { userErrors { code } } }"""


class Store:
    """`hikiate serve`, which may be killed, and begins anew elsewhere."""

    def __init__(self, dsn: str, folder: Path) -> None:
        self._dsn, self._folder = dsn, folder
        self._program: Program | None = None
        self._shopper: Client | None = None

    async def open(self) -> None:
        """Returns when it answers."""
        self._program = await Program("serve", dsn=self._dsn, folder=self._folder).ready()
        self._shopper = Client(self._program.url)

    async def kill(self) -> None:
        """With -9; a new one opens."""
        assert self._program is not None
        await self._program.kill()
        await self._hang_up()
        await self.open()

    async def close(self) -> None:
        """Politely."""
        if self._program is not None:
            await self._program.stop()
            await self._hang_up()

    async def ask(self, document: str, values: dict[str, Any]) -> dict[str, Any]:
        """The whole answer. Raises httpx.TransportError or ValueError where there is none."""
        if self._shopper is None:
            raise httpx.ConnectError("Closed.")
        return await self._shopper.raw(document, {"input": values})

    async def _hang_up(self) -> None:
        shopper, self._shopper = self._shopper, None
        if shopper is not None:
            await shopper.close()


class Buyers:
    """Carts become orders, one after the other for each buyer."""

    def __init__(
        self, store: Store, journal: Journal, skus: list[str], chance: random.Random, *, carts: int, enough: Path
    ) -> None:
        self._store, self._journal, self._skus, self._chance = store, journal, skus, chance
        self._left, self._enough = carts, enough

    async def run(self) -> None:
        """One buyer, until all carts are bought and all has broken that was to break."""
        while self._left > 0 or not self._enough.exists():
            self._left -= 1
            lines = [{"sku": self._chance.choice(self._skus), "quantity": self._chance.randint(1, 2)}]
            values = {"idempotencyKey": str(uuid4()), "email": EMAIL, "lines": lines}
            cart = (await self._until_answered(ask.CART_CREATE, values))["cart"]
            line_ids = [line["id"] for line in cart["lines"]]
            way = {"mode": "HOME_DELIVERY", "address": ask.HOME}
            delivery = {"idempotencyKey": str(uuid4()), "cartId": cart["id"], "lineIds": line_ids, **way}
            await self._until_answered(ask.CART_DELIVERY_SET, delivery)
            if self._chance.random() < 0.5:
                reserve = {
                    "idempotencyKey": str(uuid4()),
                    "cartId": cart["id"],
                    "ttlSeconds": self._chance.choice([1, 60]),
                }
                await self._until_answered(CART_RESERVE, reserve)
                await self._change_their_mind(cart["id"])
            checkout = checkout_input(cart["id"])
            # Impatient ones press the button twice.
            await asyncio.gather(*(self._check_out(checkout) for _ in range(self._chance.choice([1, 1, 1, 2]))))

    async def _change_their_mind(self, cart_id: str) -> None:
        """Some give what is reserved back, and may reserve it again."""
        for document in (CART_RELEASE, CART_RESERVE):
            if self._chance.random() < 0.6:
                return
            await self._until_answered(document, {"idempotencyKey": str(uuid4()), "cartId": cart_id})

    async def _check_out(self, values: dict[str, Any]) -> None:
        key = values["idempotencyKey"]
        self._journal.send(Request(key, "checkout", {"cart": str(uuid_key(values["cartId"], "Cart"))}))
        payload = await self._until_answered(ask.CHECKOUT, values)
        order = payload["order"]
        if order is None:
            told = Told(key, "checkout", "refused", payload["userErrors"][0]["code"])
        elif order["status"] != "PLACED":
            # A sweeper with a fast clock gave the units back before the payment came: nothing is bought.
            told = Told(key, "checkout", "refused", order["status"])
        else:
            told = Told(key, "checkout", "done", order["number"])
        await self._journal.tell(told)

    async def _until_answered(self, document: str, values: dict[str, Any]) -> dict[str, Any]:
        for _ in range(_PATIENCE):
            try:
                answer = await self._store.ask(document, values)
            except (httpx.TransportError, ValueError, RuntimeError) as error:
                self._journal.trouble(type(error).__name__)
            else:
                if "errors" not in answer:
                    [payload] = answer["data"].values()
                    return payload
                extensions = answer["errors"][0]["extensions"]
                if not extensions.get("retryable"):
                    await self._journal.tell(Told(values["idempotencyKey"], "checkout", "broken", answer["errors"]))
                self._journal.trouble(extensions["code"])
            await asyncio.sleep(self._chance.uniform(0.02, 0.1))
        raise TimeoutError
