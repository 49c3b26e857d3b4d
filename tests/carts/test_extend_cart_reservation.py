"""What is reserved for a cart stays for longer, within bounds."""

from datetime import timedelta

import pytest

from app.carts.actions.extend_cart_reservation import extend_cart_reservation
from app.inventory.errors import ReservationExpired, ReservationNotExtendable
from app.kit.db import Database
from tests.carts.reserving import ends, reserve
from tests.checkout.builders import expire_holds, make_shop, ready_cart
from tests.conftest import NOW

MINUTE = timedelta(minutes=1)


async def test_once_in_five_minutes_and_half_an_hour_in_all_also_when_it_is_reserved_again(db: Database) -> None:
    shop = await make_shop(db, {("A", "warehouse"): 3})
    cart_id = await ready_cart(db, shop, {"A": 1})

    async def extend(minutes: int, at: int) -> None:
        end, now = NOW + minutes * MINUTE, NOW + at * MINUTE
        await db.in_write(lambda tx: extend_cart_reservation(tx, cart_id, expires_at=end, now=now))

    with pytest.raises(ReservationExpired):
        await extend(20, 1)
    await reserve(db, cart_id)
    await extend(20, 1)
    await reserve(db, cart_id, now=NOW + 2 * MINUTE)
    assert await ends(db, cart_id) == {(NOW + 20 * MINUTE, NOW + 30 * MINUTE, NOW + MINUTE)}
    for minutes, at in ((25, 5), (31, 7)):
        with pytest.raises(ReservationNotExtendable):
            await extend(minutes, at)
    await extend(30, 6)
    await expire_holds(db, 30)
    with pytest.raises(ReservationExpired):
        await extend(31, 30)
