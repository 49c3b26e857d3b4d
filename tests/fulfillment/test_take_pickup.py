"""Only who may touch a pickup takes it."""

from dataclasses import replace

import pytest

from app.fulfillment.actions.take_pickup import take_pickup
from app.kit.db import Database
from app.kit.errors import NotFound
from app.kit.ids import new_id
from app.kit.permissions import SYSTEM
from tests.fulfillment.builders import STAFF, konbini_pickup, planned_order, store_pickup
from tests.fulfillment.views import pickups_of


async def test_partners_take_their_own_and_staff_what_is_at_its_locations(db: Database) -> None:
    shop, order_id = await planned_order(db, store_pickup, konbini_pickup)
    at = {row.location_id: row.id for row in await pickups_of(db, order_id)}
    stranger = replace(shop.partner, partner_id=new_id())
    at_store = replace(STAFF, location_ids=frozenset({shop.store}))
    at_point = replace(shop.partner, location_ids=frozenset({shop.konbini}))
    elsewhere = replace(shop.partner, location_ids=frozenset({shop.store}))
    allowed = {
        shop.store: (STAFF, SYSTEM, at_store),
        shop.konbini: (STAFF, SYSTEM, shop.partner, at_point),
    }
    refused = {shop.store: (shop.partner, stranger, elsewhere), shop.konbini: (stranger, at_store, elsewhere)}
    async with db.write() as tx:
        for location_id, pickup_id in at.items():
            for actor in allowed[location_id]:
                order, pickup = await take_pickup(tx, pickup_id, actor=actor)
                assert (order.id, pickup.id) == (order_id, pickup_id)
            for actor in refused[location_id]:
                with pytest.raises(NotFound):
                    await take_pickup(tx, pickup_id, actor=actor)
        with pytest.raises(NotFound):
            await take_pickup(tx, new_id(), actor=STAFF)
