"""The live stream of what a person must solve."""

from typing import Any
from uuid import UUID

from app.exceptions.actions.assign_case import assign_case
from app.exceptions.actions.close_case import close_case
from app.exceptions.actions.settle_cases import settle_cases
from app.exceptions.model import CaseDraft, CaseKind
from app.kit.db import Database
from app.kit.ids import new_id
from app.kit.permissions import Actor, ActorKind
from tests.conftest import NOW
from tests.fulfillment.builders import STAFF, konbini_pickup, planned_order
from tests.fulfillment.test_work_changed import at, facts, staff
from tests.fulfillment.views import pickup_of
from tests.fulfillment.watchers import Desk
from tests.inventory.listeners import running_server
from tests.kit.feed_tools import until

ALL = Actor(kind=ActorKind.STAFF, reference="key:s", scopes=frozenset({"fulfillment:read", "fulfillment:write"}))


async def open_case(db: Database, kind: CaseKind, subject: UUID, location_id: int | None = None) -> UUID:
    async with db.write() as tx:
        await settle_cases(tx, [CaseDraft(kind, ("PICKUP", str(subject)), location_id)], now=NOW)
        return await tx.connection.fetchval("SELECT id FROM exception_cases ORDER BY id DESC LIMIT 1")


async def test_cases_are_opened_assigned_and_closed(db: Database) -> None:
    shop, order_id = await planned_order(db, konbini_pickup)
    pickup = (await pickup_of(db, order_id)).id
    first = await open_case(db, CaseKind.BLOCKED_AT_POINT, pickup, shop.konbini)
    async with running_server(db) as server:
        desks = {
            "all": Desk(ALL),
            "konbini": Desk(ALL, **at(shop.konbini)),
            "key of the store": Desk(staff(shop.store)),
            "other kinds": Desk(ALL, kinds=["PARCEL_LOST"]),
        }
        for name, desk in desks.items():
            await desk.connect(server)
            told = await desk.told(server, int(name in {"all", "konbini"}))
            assert told == ([("BLOCKED_AT_POINT", "OPEN")] if name in {"all", "konbini"} else []), name
        async with db.write() as tx:
            await assign_case(tx, first, "Sato", actor=STAFF)
        lost = await open_case(db, CaseKind.PARCEL_LOST, new_id())
        async with db.write() as tx:
            await close_case(tx, first, note="seen to", actor=STAFF, now=NOW)
        await open_case(db, CaseKind.PARCEL_LOST, new_id(), shop.store)
        wanted: dict[str, Any] = {
            "all": {("BLOCKED_AT_POINT", "CLOSED"), ("PARCEL_LOST", "OPEN")},
            "konbini": {("BLOCKED_AT_POINT", "CLOSED")},
            "key of the store": {("PARCEL_LOST", "OPEN")},
            "other kinds": {("PARCEL_LOST", "OPEN")},
        }
        for name, desk in desks.items():
            cases = {"all": 3, "other kinds": 2}.get(name, 1)

            async def has_all(desk: Desk = desk, cases: int = cases) -> bool:
                desk.read()
                return len(desk.known) == cases and ("BLOCKED_AT_POINT", "OPEN") not in desk.jobs[-1:]

            await until(has_all)
            await server.idle()
            desk.read()
            assert set(desk.jobs) - {("BLOCKED_AT_POINT", "OPEN")} == wanted[name], name
            assert desk.differing == {}
            desk.disconnect()
    changes = [(payload["change"], payload["version"]) for key, payload in await facts(db, "exception_case_changed")
               if UUID(key) == first]  # fmt: skip
    assert changes == [("OPENED", 1), ("CHANGED", 2), ("CLOSED", 3)]
    [fact] = [payload for key, payload in await facts(db, "exception_case_changed") if UUID(key) == lost]
    assert fact == {
        "case_id": str(lost), "change": "OPENED", "kind": "PARCEL_LOST", "status": "OPEN", "location_id": None,
        "partner_id": None, "order_id": None, "assignee": None, "version": 1,
    }  # fmt: skip


async def test_closed_ones_are_told_to_who_comes_back_and_not_to_who_comes_new(db: Database) -> None:
    await planned_order(db, konbini_pickup)
    case = await open_case(db, CaseKind.PARCEL_LOST, new_id())
    async with running_server(db) as server:
        desk, newcomer = Desk(ALL), Desk(ALL)
        await desk.connect(server)
        assert await desk.told(server, 1) == [("PARCEL_LOST", "OPEN")]
        desk.disconnect()
        async with db.write() as tx:
            await close_case(tx, case, note="found", actor=STAFF, now=NOW)
        await desk.connect(server)
        assert await desk.told(server, 1) == [("PARCEL_LOST", "CLOSED")]
        await newcomer.connect(server)
        assert await newcomer.told(server, 0) == []
        for one in (desk, newcomer):
            one.disconnect()


async def test_many_at_once_share_a_row_and_each_is_told_of(db: Database) -> None:
    await planned_order(db, konbini_pickup)
    drafts = [CaseDraft(CaseKind.PARCEL_LOST, ("PACKAGE", str(new_id()))) for _ in range(1_100)]
    async with running_server(db) as server:
        early, late = Desk(ALL), Desk(ALL)
        for desk in (early, late):
            await desk.connect(server)
        first = await open_case(db, CaseKind.PARCEL_LOST, new_id())
        for desk in (early, late):
            assert await desk.told(server, 1) == [("PARCEL_LOST", "OPEN")]
        late.disconnect()
        async with db.write() as tx:
            assert await settle_cases(tx, drafts, now=NOW) == 1_100
        assert len(await early.told(server, 1_100)) == 1_100
        early.disconnect()
        await late.connect(server)
        assert len(await late.told(server, 1_100)) == 1_100
        late.disconnect()
    rows = await facts(db, "exception_case_changed")
    assert [key for key, _ in rows] == [str(first), "*", "*"]
    assert [len(payload["facts"]["case_id"]) for _, payload in rows[1:]] == [1_024, 76]
    assert {tuple(payload["facts"]["change"]) for _, payload in rows[1:]} == {("OPENED",) * 1_024, ("OPENED",) * 76}
