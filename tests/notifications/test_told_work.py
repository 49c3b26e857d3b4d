"""The shop's own systems hear of work and of cases; no partner does."""

from datetime import timedelta
from typing import Any

from app.fulfillment.actions.assign_works import assign_works
from app.fulfillment.model.reports import ReportKind
from app.kit.db import Database
from app.kit.ids import global_id
from tests.conftest import NOW
from tests.fulfillment.builders import STAFF, konbini_pickup, planned_order
from tests.fulfillment.views import make_arrived, report
from tests.fulfillment.work import work_id_of
from tests.notifications.receiver import Office, make_endpoint, receiving


async def test_work_and_cases_are_told_to_the_shop_and_never_to_a_partner(db: Database, office: Office) -> None:
    async with receiving() as receiver:
        await make_endpoint(db, f"{receiver.url}/all", now=office.now)
        await make_endpoint(db, f"{receiver.url}/work", "work.*", now=office.now)
        shop, order_id = await planned_order(db, konbini_pickup)
        pick = await work_id_of(db, "PICK")
        await make_endpoint(db, f"{receiver.url}/point", now=office.now, partner_id=shop.partner.partner_id)
        async with db.write() as tx:
            await assign_works(tx, [pick], "Sato", actor=STAFF, now=office.now)
        pickup = await make_arrived(db, shop, order_id)
        await report(db, pickup.id, ReportKind.BLOCKED, actor=shop.partner, at=NOW)
        await report(db, pickup.id, ReportKind.READY, actor=shop.partner, at=NOW + timedelta(minutes=1))
        await office.deliver()
    await office.postman.close()

    def heard(path: str, group: str) -> list[tuple[str, Any]]:
        found = [message for message in receiver.messages if message.path.endswith(path)]
        return [(one.type, one.data["status"]) for one in found if one.type.startswith(group)]

    cases = [("exception_case.opened", "OPEN"), ("exception_case.closed", "CLOSED")]
    assert (heard("all", "exception_case"), heard("all", "work")) == (cases, [])
    assert sorted(heard("work", "")) == [
        ("work.changed", "DONE"), ("work.changed", "DONE"), ("work.changed", "OPEN"), ("work.raised", "OPEN"),
        ("work.raised", "WAITING"),
    ]  # fmt: skip
    assert {kind.partition(".")[0] for kind, _ in heard("point", "")} == {"pickup"}
    told = next(message.data for message in receiver.messages if message.type == "work.changed")
    assert told == {
        "workId": global_id("WorkInstruction", pick),
        "kind": "PICK",
        "locationId": global_id("Location", shop.warehouse),
        "orderId": global_id("Order", order_id),
        "status": "OPEN",
        "assignee": "Sato",
        "dueAt": told["dueAt"],
        "version": 2,
    }
