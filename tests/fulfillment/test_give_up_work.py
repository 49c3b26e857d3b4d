"""What is given up of a line that is a bundle: whole bundles, and only what is missing leaves the stock."""

from uuid import UUID

import pytest

from app.checkout.actions.follow_moves import ORDERS_ELSEWHERE
from app.fulfillment.actions.give_up_work import GivenWork, ShortLine
from app.fulfillment.actions.reject_work import reject_work
from app.fulfillment.actions.report_short import report_short
from app.fulfillment.model.work import ShortReason
from app.inventory.errors import InvalidQuantity
from app.kit.db import Database, WriteTx
from app.kit.errors import InvalidInput
from tests.checkout.builders import Shop, make_shop, ready_cart
from tests.checkout.moving import stock
from tests.checkout.selling import pay_by_card
from tests.conftest import NOW
from tests.fulfillment.builders import STAFF
from tests.fulfillment.views import everything, lines_of, order_states
from tests.fulfillment.work import work_id_of
from tests.inventory.selling import bundle
from tests.pump import pump


async def _ordered(db: Database, osaka: int = 5) -> tuple[Shop, UUID]:
    """Three sets of two cups (A) and a pot (B) from the warehouse; Osaka has a pot and some cups."""
    stocked = {("A", "warehouse"): 6, ("B", "warehouse"): 3, ("A", "osaka"): osaka, ("B", "osaka"): 1}
    shop = await make_shop(db, stocked)
    async with db.write() as tx:
        await bundle(tx, shop.variants["C"], {shop.variants["A"]: 2, shop.variants["B"]: 1})
    order_id = await pay_by_card(db, await ready_cart(db, shop, {"C": 3}))
    await pump(db, now=NOW)
    return shop, order_id


async def _short(db: Database, line: ShortLine, reason: ShortReason = ShortReason.NOT_IN_STOCK) -> GivenWork:
    work_id = await work_id_of(db, "PICK")

    async def work(tx: WriteTx) -> GivenWork:
        return await report_short(tx, work_id, [line], reason, elsewhere=ORDERS_ELSEWHERE, actor=STAFF, now=NOW)

    return await db.in_write(work)


async def test_a_missing_cup_moves_a_whole_set(db: Database) -> None:
    shop, order_id = await _ordered(db)
    assert await _short(db, ShortLine(1, 1, shop.variants["A"])) == ("OPEN", 1, 0)
    assert await stock(db, shop, "A") == {"warehouse": (5, 0, 4), "osaka": (5, 0, 2)}
    assert await stock(db, shop, "B") == {"warehouse": (3, 0, 2), "osaka": (1, 0, 1)}
    assert sorted(await lines_of(db, order_id)) == [(1, 1), (1, 2)]
    before = await everything(db)
    await pump(db, now=NOW)
    assert await everything(db) == before


async def test_what_nobody_has_all_parts_of_is_canceled_whole(db: Database) -> None:
    """Three cups are missing: two sets; Osaka's one pot makes one."""
    shop, order_id = await _ordered(db)
    assert await _short(db, ShortLine(1, 3, shop.variants["A"])) == ("OPEN", 1, 1)
    assert await stock(db, shop, "A") == {"warehouse": (3, 0, 2), "osaka": (5, 0, 2)}
    assert await stock(db, shop, "B") == {"warehouse": (3, 0, 1), "osaka": (1, 0, 1)}
    assert sorted(await lines_of(db, order_id)) == [(1, 1), (1, 1)]
    await pump(db, now=NOW)
    assert (await order_states(db, order_id))[0] == "PLACED"


async def test_refused(db: Database) -> None:
    shop, _ = await _ordered(db)
    cases = [
        (ShortLine(1, 1), InvalidInput),
        (ShortLine(1, 1, shop.variants["C"]), InvalidInput),
        (ShortLine(1, 7, shop.variants["A"]), InvalidQuantity),
        (ShortLine(1, 4, shop.variants["B"]), InvalidQuantity),
    ]
    before = await everything(db)
    for line, kind in cases:
        with pytest.raises(kind):
            await _short(db, line)
    assert await everything(db) == before


async def test_bundles_that_are_there_need_no_component(db: Database) -> None:
    shop, _ = await _ordered(db, osaka=1)
    assert await _short(db, ShortLine(1, 1), ShortReason.NO_TIME) == ("OPEN", 0, 1)
    assert (await stock(db, shop, "A"))["warehouse"] == (6, 0, 4)
    work_id = await work_id_of(db, "PICK")

    async def reject(tx: WriteTx) -> GivenWork:
        reason = ShortReason.NOT_IN_STOCK
        return await reject_work(tx, work_id, reason, None, elsewhere=ORDERS_ELSEWHERE, actor=STAFF, now=NOW)

    # What is missing of a bundle is not known of a whole rejected order, so nothing leaves the stock.
    assert await db.in_write(reject) == ("REJECTED", 0, 2)
    assert (await stock(db, shop, "B"))["warehouse"] == (3, 0, 0)
