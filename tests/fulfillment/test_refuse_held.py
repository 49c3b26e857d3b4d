"""Whatever is on hold of a parcel holds all of it."""

import pytest

from app.fulfillment.actions.hold_works import hold_works
from app.fulfillment.actions.refuse_held import refuse_held
from app.fulfillment.errors import WorkOnHold
from app.kit.db import Database
from tests.conftest import NOW
from tests.fulfillment.builders import STAFF, home, planned_order
from tests.fulfillment.views import fulfillments_of
from tests.fulfillment.work import work_id_of


@pytest.mark.parametrize("kind", ["PICK", "SHIP"])
async def test_held(db: Database, kind: str) -> None:
    _, order_id = await planned_order(db, home)
    [parcel] = await fulfillments_of(db, order_id)
    async with db.write() as tx:
        await refuse_held(tx, [parcel["id"]])
        await hold_works(tx, [await work_id_of(db, kind)], "because", actor=STAFF, now=NOW)
        with pytest.raises(WorkOnHold) as refusal:
            await refuse_held(tx, [parcel["id"]])
    assert refusal.value.facts == {"hold_reason": "because"}
