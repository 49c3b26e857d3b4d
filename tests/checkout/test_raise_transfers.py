"""What is collected at a store but allocated elsewhere travels there."""

from app.checkout.actions.raise_transfers import raise_transfers
from app.checkout.model import transfers_for
from app.inventory.actions.hold_stock import hold_stock
from app.inventory.model import Claim, Demand, HoldRequest
from app.inventory.model.transfers import TransferLineDraft
from app.kit.db import Database
from app.kit.ids import new_id
from app.orders.actions.create_orders import create_orders
from tests.checkout.builders import make_shop, transfers_of
from tests.conftest import NOW
from tests.orders.builders import Ground, order_draft


def test_one_transfer_per_sending_place_and_store() -> None:
    claims = [Claim(3, 30, 7, 1), Claim(1, 10, 7, 2), Claim(1, 10, 5, 1), Claim(2, 20, 7, 9), Claim(4, 40, 5, 1)]
    planned = transfers_for(claims, {1: 5, 3: 5, 4: 6})
    assert [(plan.from_location_id, plan.to_location_id, plan.lines) for plan in planned] == [
        (7, 5, (TransferLineDraft(10, 2, 1), TransferLineDraft(30, 1, 3))),
        (5, 6, (TransferLineDraft(40, 1, 4),)),
    ]


async def test_transfers_ride_on_the_orders_own_allocations(db: Database) -> None:
    shop = await make_shop(db, {("A", "osaka"): 2, ("A", "shibuya"): 1})
    osaka, shibuya = shop.places["osaka"], shop.places["shibuya"]
    ground = Ground(shop.channel_id, shibuya, (shop.variants["A"],))
    draft = order_draft(ground, lines=[(3, 100)], mode="STORE_PICKUP")
    async with db.write() as tx:
        await create_orders(tx, [draft], actor="test", now=NOW)
        demand = Demand(1, shop.variants["A"], 3, (shibuya, osaka), may_split=True)
        [verdict] = await hold_stock(tx, [HoldRequest("ORDER", draft.id, (demand,))], actor="test")
        ids = await raise_transfers(tx, draft.id, verdict.claims, {1: shibuya}, actor="test", now=NOW)
    assert len(ids) == 1
    assert await transfers_of(db, draft.id) == [(osaka, shibuya, [(1, shop.variants["A"], 2)])]


async def test_goods_that_are_at_their_store_do_not_travel(db: Database) -> None:
    claims = [Claim(1, 10, 5, 2)]
    async with db.write() as tx:
        assert await raise_transfers(tx, new_id(), claims, {1: 5}, actor="test", now=NOW) == []
