"""How many reports one request holds, whatever they are about."""

from uuid import UUID

import pytest

from app.kit.db import Database
from app.kit.ids import global_id
from tests.conftest import Execute
from tests.fulfillment.builders import STAFF, konbini_pickup, planned_order
from tests.fulfillment.views import everything, packages_of, pickup_of, ship_all

DOCUMENTS = {
    name: f"mutation ($input: {name[0].upper()}{name[1:]}Input!) {{ {name}(input: $input) {{ results {{ effect }} }} }}"
    for name in ("pickupReports", "trackingReports")
}


@pytest.mark.parametrize("name", DOCUMENTS)
@pytest.mark.parametrize("count", [0, 101])
async def test_none_and_more_than_a_hundred_are_refused(db: Database, execute: Execute, name: str, count: int) -> None:
    _, order_id = await planned_order(db, konbini_pickup)
    await ship_all(db, order_id)
    before = await everything(db)
    document, variables = await _asked(db, name, order_id, count)
    found = await execute.raw(document, variables, actor=STAFF)
    [error] = found.errors or ()
    assert error.message == f"Send 1 to 100 rows at once; these are {count}."
    assert error.path == [name]
    assert await everything(db) == before


@pytest.mark.parametrize("name", DOCUMENTS)
async def test_a_hundred_are_kept(db: Database, execute: Execute, name: str) -> None:
    _, order_id = await planned_order(db, konbini_pickup)
    await ship_all(db, order_id)
    document, variables = await _asked(db, name, order_id, 100)
    results = (await execute(document, variables, actor=STAFF))[name]["results"]
    assert len(results) == 100
    assert {result["effect"] for result in results} <= {"APPLIED", "SUPERSEDED", "SET_ASIDE"}
    table = "pickup_reports" if name == "pickupReports" else "tracking_reports"
    assert len((await everything(db))[table]) == 100


async def _asked(db: Database, name: str, order_id: UUID, count: int) -> tuple[str, dict[str, object]]:
    pickup, [package] = await pickup_of(db, order_id), await packages_of(db, order_id)
    about = (
        {"pickupId": global_id("Pickup", pickup.id), "kind": "ARRIVED"}
        if name == "pickupReports"
        else {"packageId": global_id("Package", package.id), "kind": "IN_TRANSIT"}
    )
    rows = [about | {"idempotencyKey": str(number)} for number in range(count)]
    return DOCUMENTS[name], {"input": {"reports": rows}}
