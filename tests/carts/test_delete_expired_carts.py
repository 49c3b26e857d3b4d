"""Carts that nobody came back to are forgotten; all others stay."""

from datetime import timedelta
from uuid import UUID

import pytest

from app.carts import jobs
from app.carts.actions.complete_carts import complete_carts
from app.carts.actions.delete_expired_carts import delete_expired_carts
from app.carts.actions.set_delivery import set_delivery
from app.carts.model import LIFETIME, Destination
from app.carts.sql import lock_cart
from app.kit.db import Database
from app.kit.statement import Statement
from app.sourcing.model import DeliveryMode
from tests.carts.builders import ADDRESS, line_ids, make_cart, make_goods, make_shop
from tests.carts.reserving import reserve
from tests.checkout.builders import make_shop as make_reserving_shop
from tests.checkout.builders import ready_cart
from tests.conftest import NOW
from tests.inventory.builders import counters

DAY = timedelta(days=1)


async def carts(db: Database) -> set[UUID]:
    """What is left."""
    async with db.read() as tx:
        return {row.id for row in await tx.fetch(Statement("SELECT id FROM carts"))}


async def parts(db: Database) -> tuple[int, int]:
    """How many lines and deliveries there are."""
    async with db.read() as tx:
        return (
            await tx.fetchval(Statement("SELECT count(*) FROM cart_lines")),
            await tx.fetchval(Statement("SELECT count(*) FROM cart_deliveries")),
        )


async def make_carts(db: Database, *days_ago: int) -> list[UUID]:
    """Carts of one line with a delivery, last changed so many days ago."""
    async with db.write() as tx:
        shop = await make_shop(tx)
        await make_goods(tx, shop, "TEA")
        made = [await make_cart(tx, ("TEA", 1), now=NOW - days * DAY) for days in days_ago]
    for cart_id, days in zip(made, days_ago, strict=True):
        lines = list((await line_ids(db, cart_id)).values())
        async with db.write() as tx:
            await set_delivery(
                tx, cart_id, lines, Destination(DeliveryMode.HOME_DELIVERY, address=ADDRESS), now=NOW - days * DAY
            )
    return made


async def test_what_is_reserved_for_a_forgotten_cart_goes_back_on_sale(db: Database) -> None:
    shop = await make_reserving_shop(db, {("A", "warehouse"): 5})
    forgotten, kept = [await ready_cart(db, shop, {"A": 2}) for _ in range(2)]
    await reserve(db, forgotten, kept)
    async with db.write() as tx:
        await tx.execute(
            Statement(
                "UPDATE carts SET updated_at = updated_at - interval '61 days', "
                "expires_at = expires_at - interval '61 days' WHERE id = :id"
            ),
            id=forgotten,
        )
    assert await jobs.forget_carts(db, now=NOW) == 1
    assert await carts(db) == {kept}
    assert await counters(db) == {(shop.variants["A"], shop.places["warehouse"]): (5, 2, 0, 0)}


async def test_open_carts_go_thirty_days_after_they_expired(db: Database) -> None:
    fresh, expired, just_kept, forgotten, completed = await make_carts(db, 0, 31, 60, 61, 400)
    async with db.write() as tx:
        await complete_carts(tx, [completed], now=NOW - 400 * DAY)
    assert await jobs.forget_carts(db, now=NOW) == 1
    assert await carts(db) == {fresh, expired, just_kept, completed}
    assert forgotten not in await carts(db)
    assert await parts(db) == (4, 4)
    assert await jobs.forget_carts(db, now=NOW) == 0


async def test_they_go_in_batches_the_oldest_first(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    newer, oldest, older = await make_carts(db, 70, 90, 80)
    async with db.write() as tx:
        assert await delete_expired_carts(tx, before=NOW - LIFETIME, limit=1) == 1
    assert await carts(db) == {newer, older}
    assert oldest not in await carts(db)
    monkeypatch.setattr(jobs, "BATCH", 1)
    assert await jobs.forget_carts(db, now=NOW) == 2
    assert (await carts(db), await parts(db)) == (set(), (0, 0))


async def test_a_cart_that_somebody_is_dealing_with_stays(db: Database) -> None:
    busy, idle = await make_carts(db, 70, 70)
    async with db.write() as tx:
        assert await lock_cart(tx, busy) is not None
        assert await jobs.forget_carts(db, now=NOW) == 1
    assert await carts(db) == {busy}
    assert idle not in await carts(db)
