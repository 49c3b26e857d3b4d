"""Findings of audits in people's words."""

import logging

import pytest

from app import worker
from app.inventory.actions.name_stock import name_stock
from app.kit.clock import utc_now
from app.kit.db import Database
from tests.inventory.builders import stocked
from tests.inventory.drifting import tamper

_NAMES = "SELECT (SELECT sku FROM variants WHERE id = $1) AS sku, (SELECT code FROM locations WHERE id = $2) AS code"


async def test_ids_become_skus_and_codes_wherever_they_stand(db: Database, count_statements: object) -> None:
    shirt, [store, depot] = await stocked(db, 5, 2)
    rows = [
        {"variant_id": shirt, "location_id": store, "on_hand": shirt, "owner_id": "x"},
        {"bundle_variant_id": shirt, "from_location_id": depot, "location_id": None, "variant_id": 1 << 40},
        {"one": 1},
    ]
    async with db.read() as tx:
        sku, here = await tx.connection.fetchrow(_NAMES, shirt, store)
        there = (await tx.connection.fetchrow(_NAMES, shirt, depot))["code"]
        assert await name_stock(tx, rows) == [
            {"sku": sku, "location": here, "on_hand": shirt, "owner_id": "x"},
            {"bundle_sku": sku, "from_location": there, "location_id": None, "variant_id": 1 << 40},
            {"one": 1},
        ]
        assert await name_stock(tx, []) == []
    assert len({sku, here, there}) == 3


async def test_the_check_and_the_log_name_what_people_know(db: Database, caplog: pytest.LogCaptureFixture) -> None:
    shirt, [store] = await stocked(db, 5)
    async with db.read() as tx:
        sku, code = await tx.connection.fetchrow(_NAMES, shirt, store)
    await tamper(db, "UPDATE stock SET on_hand = 6")
    [rows] = (await worker.broken_invariants(db)).values()
    assert [(row["sku"], row["location"], row["on_hand"]) for row in rows] == [(sku, code, 6)]
    with caplog.at_level(logging.ERROR):
        await worker.check_changes(db, now=utc_now())
    assert f"'sku': '{sku}', 'location': '{code}'" in caplog.text
    await tamper(db, "UPDATE stock SET on_hand = 5")
