"""A store without stock is served by a transfer that arrives late: the buyer is told, and gets the goods."""

from datetime import timedelta
from typing import Any, Final

from app.fulfillment.jobs import notice_late_transfers
from app.inventory.actions.ship_transfer import ship_transfer
from app.kit.db import Database
from app.kit.ids import global_id
from app.kit.permissions import Actor, ActorKind
from tests.checkout.builders import check_out, make_shop, ready_cart
from tests.conftest import NOW, Execute
from tests.fulfillment.views import transfer_of
from tests.pump import pump

HOUR: Final = timedelta(hours=1)
STAFF: Final = Actor(
    kind=ActorKind.STAFF,
    reference="key:staff",
    scopes=frozenset({"fulfillment:read", "fulfillment:write", "stock:read", "stock:write", "orders:read"}),
)
_ORDER: Final = """query ($id: ID!) { order(id: $id) { history { kind } deliveries { readyBy }
    lines { transfers { number status } } fulfillments { transfers { number } } } }"""
_DATE: Final = """mutation ($input: TransferDateSetInput!) { transferDateSet(input: $input) { userErrors { code } } }"""


async def test_store_without_stock_served_by_a_transfer_that_arrives_late(db: Database, execute: Execute) -> None:
    shop = await make_shop(db, {("A", "osaka"): 3})
    order_id = await check_out(db, await ready_cart(db, shop, {"A": 2}, to="shibuya"))
    await pump(db, now=NOW)

    async def seen(actor: Any = None) -> Any:
        return (await execute(_ORDER, {"id": global_id("Order", order_id)}, actor=actor))["order"]

    async def promised() -> str:
        [delivery] = (await seen())["deliveries"]
        return delivery["readyBy"]

    transfer = await transfer_of(db, order_id)
    order = await seen(STAFF)
    assert [line["transfers"][0]["status"] for line in order["lines"]] == ["READY_TO_SHIP"]
    assert order["fulfillments"][0]["transfers"] == [{"number": order["lines"][0]["transfers"][0]["number"]}]
    assert (await seen())["lines"] == [{"transfers": []}]
    days = [await promised()]
    await notice_late_transfers(db, now=NOW + 10 * HOUR)
    days.append(await promised())
    sent = NOW + 12 * HOUR
    async with db.write() as tx:
        await ship_transfer(tx, transfer["id"], actor="key:staff", now=sent)
    await pump(db, now=sent)
    days.append(await promised())
    arrives = {"transferId": global_id("Transfer", transfer["id"]), "expectedAt": (sent + 72 * HOUR).isoformat()}
    answer = await execute(_DATE, {"input": {**arrives, "idempotencyKey": "d"}}, actor=STAFF, now=sent)
    assert answer == {"transferDateSet": {"userErrors": []}}
    await pump(db, now=sent)
    days.append(await promised())
    assert days == [
        "2026-11-23T07:00:00+00:00",
        "2026-11-24T07:00:00+00:00",
        "2026-11-23T17:00:00+00:00",
        "2026-11-25T17:00:00+00:00",
    ]
    assert [entry["kind"] for entry in (await seen())["history"]].count("PROMISE_REDATED") == 3
