"""The connection is lost during COMMIT: nobody knows whether it happened, and nothing may happen twice."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from app.carts.sql import lines_of
from app.kit.db import Database, WriteTx
from app.kit.ids import global_id
from app.kit.permissions import SCOPES, Actor, ActorKind
from app.kit.statement import Statement
from tests.checkout.builders import make_shop, ready_cart
from tests.conftest import Execute
from tests.inventory.builders import counters, stocked

INSERT = Statement("INSERT INTO outbox (topic, key, payload) VALUES ('x', 'k', '{}')")
COUNT = Statement("SELECT count(*) FROM outbox WHERE topic = 'x'")
SKU = Statement("SELECT sku FROM variants WHERE id = :id")
STAFF = Actor(kind=ActorKind.STAFF, reference="key:staff", scopes=frozenset(SCOPES))
RECEIVE = """mutation ($input: StockReceiveInput!) { stockReceive(input: $input) { userErrors { code } replayed } }"""
ADD = """mutation ($input: CartLinesAddInput!) { cartLinesAdd(input: $input) { userErrors { code } } }"""


@pytest.fixture
def lossy(db: Database, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The answer to the first COMMIT is lost, after it has happened. The list tells of all of them."""
    write, commits = db.write, list[str]()

    @asynccontextmanager
    async def losing(**options: bool) -> AsyncGenerator[WriteTx, None]:
        async with write(**options) as tx:
            yield tx
        commits.append("lost" if not commits else "kept")
        if len(commits) == 1:
            raise ConnectionResetError

    monkeypatch.setattr(db, "write", losing)
    return commits


@pytest.mark.parametrize(("is_repeatable", "commits"), [(True, ["lost", "kept"]), (False, ["lost"])])
async def test_only_repeatable_work_is_done_again(
    db: Database, lossy: list[str], is_repeatable: bool, commits: list[str]
) -> None:
    async def work(tx: WriteTx) -> str:
        await tx.execute(INSERT)
        return "done"

    if is_repeatable:
        assert await db.in_write(work) == "done"
    else:
        with pytest.raises(ConnectionResetError):
            await db.in_write(work, is_repeatable=False)
    assert lossy == commits
    async with db.read() as tx:
        assert await tx.fetchval(COUNT) == len(commits)


async def test_goods_are_received_once(db: Database, execute: Execute, request: pytest.FixtureRequest) -> None:
    variant_id, [store] = await stocked(db, 5)
    async with db.read() as tx:
        sku = await tx.fetchval(SKU, id=variant_id)
    commits: list[str] = request.getfixturevalue("lossy")
    lines: list[dict[str, Any]] = [{"sku": sku, "quantity": 3}]
    given = {"locationId": global_id("Location", store), "lines": lines, "idempotencyKey": "delivery-4711"}
    assert await execute(RECEIVE, {"input": given}, actor=STAFF) == {
        "stockReceive": {"userErrors": [], "replayed": True}
    }
    assert (await counters(db))[variant_id, store] == (8, 0, 0, 0)
    assert commits == ["lost", "kept"]


async def test_goods_are_put_into_a_cart_once(db: Database, execute: Execute, request: pytest.FixtureRequest) -> None:
    shop = await make_shop(db, {("A", "shibuya"): 5})
    cart_id = await ready_cart(db, shop, {"A": 1}, "shibuya")
    commits: list[str] = request.getfixturevalue("lossy")
    given = {"cartId": global_id("Cart", cart_id), "lines": [{"sku": "SKU-A", "quantity": 2}]}
    answer = await execute.raw(ADD, {"input": given})
    # Nobody knows, says the answer; a look at the cart tells.
    assert [error.extensions["code"] for error in answer.errors] == ["SERVICE_UNAVAILABLE"]
    assert commits == ["lost"]
    async with db.read() as tx:
        assert [line.quantity for line in await lines_of(tx, cart_id)] == [3]


@pytest.mark.parametrize("cart_id", ["\x00", "a\x00b", "é" * 9_000])
async def test_a_key_of_something_that_is_no_cart_is_refused_politely(
    db: Database, execute: Execute, cart_id: str
) -> None:
    given = {"cartId": cart_id, "lines": [{"sku": "X", "quantity": 1}], "idempotencyKey": "a-key"}
    answer = await execute(ADD, {"input": given})
    assert [error["code"] for error in answer["cartLinesAdd"]["userErrors"]] == ["NOT_FOUND"]
    assert await counters(db) == {}
