"""What the rules are fed with: places, stock, where postal codes lie."""

from datetime import date
from typing import Any

from app.kit.db import Database
from app.kit.statement import Statement
from app.locations.model import Point
from app.sourcing.model import DeliveryMode
from app.sourcing.sql import load_plan_inputs
from tests.catalog.builders import make_variant
from tests.inventory.builders import put_stock
from tests.locations.builders import make_group, make_location

AREA = Statement("INSERT INTO postal_areas (prefix, prefecture, latitude, longitude) VALUES (:prefix, 13, :lat, :lon)")


async def test_inputs_are_the_groups_open_places_and_what_they_have(db: Database, count_statements: Any) -> None:
    async with db.write() as tx:
        warehouse = await make_location(tx, kind="EC_WAREHOUSE", near=(34.7, 135.5))
        store = await make_location(tx, near=(35.66, 139.7))
        konbini = await make_location(tx, kind="CONVENIENCE_STORE", near=(35.68, 139.76))
        closed, foreign = await make_location(tx, is_active=False), await make_location(tx)
        group = await make_group(tx, [warehouse, store, konbini, closed])
        tea, cup, pot = [await make_variant(tx, sku) for sku in ("TEA", "CUP", "POT")]
        for variant_id, location_id, units in [
            (tea, warehouse, 5),
            (tea, store, 1),
            (cup, store, 2),
            (pot, store, 9),
            (tea, closed, 7),
            (tea, foreign, 7),
        ]:
            await put_stock(tx, variant_id, location_id, units)
        await tx.execute(AREA, prefix="150", lat=35.6, lon=139.7)
        await tx.execute(AREA, prefix="15", lat=1.0, lon=2.0)
    with count_statements() as count:
        async with db.read() as tx:
            inputs = await load_plan_inputs(
                tx,
                group_id=group,
                channel_id=0,
                today=date(2026, 11, 22),
                variant_ids=[tea, cup, tea],
                postal_codes=["1500001", "9990000", "1500001"],
            )
    assert count.total == 3
    assert sorted(inputs.places) == sorted([warehouse, store, konbini])
    assert inputs.available == {(tea, warehouse): 5, (tea, store): 1, (cup, store): 2}
    assert inputs.origins == {"1500001": Point(35.6, 139.7)}
    near = inputs.origin("1500001")
    assert [place.id for place in inputs.sources(DeliveryMode.HOME_DELIVERY, near)] == [store, warehouse]
    assert [place.id for place in inputs.sources(None)] == [warehouse, store]
    assert inputs.origin("9990000") is None
    assert inputs.origin(None) is None
