"""A test pickup lives like a real one, and nothing but itself comes of it."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from app.fulfillment.actions.create_sandbox_pickup import create_sandbox_pickup
from app.fulfillment.errors import InvalidSandboxPickup
from app.fulfillment.jobs import ask_points, expire_pickups, remind_buyers
from app.fulfillment.model import sandbox
from app.kit.db import Database
from app.kit.errors import BeyondKey, NotFound
from app.kit.ids import uuid_key
from app.kit.permissions import SCOPES, Actor
from app.kit.tables import metadata
from tests.conftest import NOW, Execute, load_rooms
from tests.fulfillment.builders import STAFF, konbini_pickup, make_sandbox, planned_order
from tests.fulfillment.views import everything, pickup_of
from tests.pump import pump

CREATE = """mutation ($input: SandboxPickupCreateInput!) { sandboxPickupCreate(input: $input) {
  replayed code userErrors { code path }
  pickup { id number status amountDue { amount } location { id code } lines { sku quantity }
           shipments { carrier trackingNumber } } } }"""
REPORTS = """mutation ($input: PickupReportsInput!) { pickupReports(input: $input) {
  results { effect pickup { status } userErrors { code } } } }"""
VERIFY = """mutation ($input: PickupCodeVerifyInput!) { pickupCodeVerify(input: $input) {
  pickup { isVerified } userErrors { code } } }"""
TAKE_BACK = """mutation ($input: PickupTakeBackInput!) { pickupTakeBack(input: $input) { userErrors { code path } } }"""
SEEN = """{ orders(first: 9) { nodes { number } totalCount }
  pickups { nodes { number } } packages { nodes { trackingNumber } }
  workInstructions { nodes { kind } } locations(first: 99) { nodes { code } } }"""
LISTED = "{ pickups { nodes { number } } }"
# Where a test leaves its own rows. Whatever else changes is touched by mistake.
OWN_TABLES = {
    "orders", "order_deliveries", "order_lines", "order_taxes", "order_history", "fulfillments", "fulfillment_lines",
    "shipments", "packages", "pickups", "pickup_reports", "locations", "outbox", "requests", "code_refusals",
    "feed_cursors", "feed_writers",
}  # fmt: skip
STAFF_OF_ALL = replace(STAFF, scopes=frozenset(SCOPES) - {"partner:jobs"})


async def sandbox_key(db: Database, *given: str) -> Actor:
    """The key of a sandbox partner."""
    async with db.write() as tx:
        return await make_sandbox(tx, *given)


async def create(execute: Execute, actor: Actor, **given: Any) -> Any:
    return (await execute(CREATE, {"input": given}, actor=actor))["sandboxPickupCreate"]


async def report(execute: Execute, actor: Actor, pickup: str, *kinds: str) -> list[Any]:
    reports = [
        {
            "pickupId": pickup,
            "kind": kind,
            "occurredAt": (NOW + timedelta(minutes=at)).isoformat(),
            "idempotencyKey": f"{kind} {pickup}",
        }
        for at, kind in enumerate(kinds)
    ]
    given = {"input": {"reports": reports}}
    return (await execute(REPORTS, given, actor=actor))["pickupReports"]["results"]


async def foreign_rows(db: Database) -> dict[str, list[Any]]:
    """All rows of all other tables."""
    list(load_rooms("tables"))
    async with db.read() as tx:
        return {
            table: [dict(row) for row in await tx.connection.fetch(f"SELECT * FROM {table} AS t ORDER BY t::text")]
            for table in sorted(set(metadata.tables) - OWN_TABLES)
        }


async def old_rows(db: Database, before: dict[str, list[dict[str, Any]]]) -> bool:
    """Whether rows of the tables that tests live in are all there as they were."""
    now = await everything(db)
    return all(row in now[table] for table, rows in before.items() for row in rows)


@pytest.mark.parametrize(
    ("kind", "place"), [("LOCKER_OPERATOR", "LOCKER_STATION"), ("CONVENIENCE_STORE_CHAIN", "CONVENIENCE_STORE")]
)
async def test_a_parcel_is_on_its_way_to_a_point_that_nobody_can_choose(
    db: Database, execute: Execute, kind: str, place: str
) -> None:
    await planned_order(db, konbini_pickup)
    actor = await sandbox_key(db, "TEST", kind)
    first = await create(execute, actor, point=2)
    pickup = first["pickup"]
    assert (first["userErrors"], len(first["code"])) == ([], 6)
    assert pickup["status"] == "IN_TRANSIT_TO_POINT"
    assert pickup["amountDue"] == {"amount": 0}
    assert pickup["location"]["code"] == f"SANDBOX-{actor.partner_id}-2"
    assert [line["quantity"] for line in pickup["lines"]] == [1]
    assert pickup["shipments"] == [{"carrier": "sandbox", "trackingNumber": f"TEST-{pickup['number']}"}]
    async with db.read() as tx:
        found = await tx.connection.fetchrow(
            "SELECT kind, is_active, NOT EXISTS (SELECT FROM location_group_members WHERE location_id = id) AS hidden"
            " FROM locations WHERE code = $1",
            pickup["location"]["code"],
        )
    assert tuple(found) == (place, False, True)
    again = await create(execute, actor, point=2)
    assert again["pickup"]["location"] == pickup["location"]
    assert again["pickup"]["number"] != pickup["number"]


async def test_the_same_key_makes_one_and_tells_the_code_again(db: Database, execute: Execute) -> None:
    await planned_order(db, konbini_pickup)
    actor = await sandbox_key(db)
    first = await create(execute, actor, idempotencyKey="k")
    assert await create(execute, actor, idempotencyKey="k") == {**first, "replayed": True}
    async with db.read() as tx:
        stored = await tx.connection.fetchval("SELECT answer::text FROM requests WHERE key = 'k'")
    assert first["code"] not in stored.replace(str(uuid_key(first["pickup"]["id"], "Pickup")), "")


async def test_nothing_else_changes_whatever_becomes_of_it(db: Database, execute: Execute) -> None:
    await planned_order(db, konbini_pickup)
    actor = await sandbox_key(db)
    await pump(db)
    foreign, before = await foreign_rows(db), await everything(db)
    seen = await execute(SEEN, actor=STAFF_OF_ALL)
    collected, returned, odd = [await create(execute, actor) for _ in range(3)]
    pickup = collected["pickup"]["id"]
    assert [row["effect"] for row in await report(execute, actor, pickup, "ARRIVED")] == ["APPLIED"]
    said = await execute(VERIFY, {"input": {"pickupId": pickup, "code": "no"}}, actor=actor)
    assert said["pickupCodeVerify"]["userErrors"] == [{"code": "PICKUP_CODE_INVALID"}]
    said = await execute(VERIFY, {"input": {"pickupId": pickup, "code": collected["code"]}}, actor=actor)
    assert said["pickupCodeVerify"] == {"pickup": {"isVerified": True}, "userErrors": []}
    [row] = await report(execute, actor, pickup, "COLLECTED")
    assert row["pickup"] == {"status": "COLLECTED"}
    # Given up before its time, and on its way back: of a real one a case and an inspection.
    rows = await report(execute, actor, returned["pickup"]["id"], "ARRIVED", "EXPIRED", "RETURN_SENT")
    assert rows[-1]["pickup"] == {"status": "RETURNING"}
    # Blocked, and collected without a code.
    rows = await report(execute, actor, odd["pickup"]["id"], "ARRIVED", "BLOCKED", "COLLECTED", "EXPIRED")
    assert rows[-1]["pickup"] == {"status": "COLLECTED"}
    waiting = await create(execute, actor)
    await report(execute, actor, waiting["pickup"]["id"], "ARRIVED")
    later = NOW + timedelta(days=6, hours=12)
    assert await remind_buyers(db, now=later) == 1
    assert await expire_pickups(db, now=later + timedelta(days=30)) == 0
    assert await ask_points(db, now=later + timedelta(days=30)) == 0
    await pump(db)
    assert await foreign_rows(db) == foreign
    assert await old_rows(db, before)
    told = [
        (row["topic"], row["payload"].get("is_sandbox"))
        for row in (await everything(db))["outbox"][len(before["outbox"]) :]
    ]
    assert set(told) == {("pickup_changed", True), ("location", None)}
    assert await execute(SEEN, actor=STAFF_OF_ALL) == seen
    assert len((await execute(LISTED, actor=actor))["pickups"]["nodes"]) == 4


async def test_nothing_comes_back_from_a_test(db: Database, execute: Execute) -> None:
    await planned_order(db, konbini_pickup)
    actor = await sandbox_key(db)
    pickup = (await create(execute, actor))["pickup"]["id"]
    await report(execute, actor, pickup, "ARRIVED", "EXPIRED", "RETURN_SENT")
    before = await everything(db)
    given = {"input": {"pickupId": pickup, "idempotencyKey": "back"}}
    answer = await execute(TAKE_BACK, given, actor=STAFF_OF_ALL)
    assert answer["pickupTakeBack"]["userErrors"] == [{"code": "INVALID_TRANSITION", "path": None}]
    assert await everything(db) == before


async def _refused(db: Database, actor: Actor, point: int = 1) -> None:
    async with db.write() as tx:
        await create_sandbox_pickup(tx, actor=actor, point=point, now=NOW)


async def test_only_sandbox_partners_make_some(db: Database) -> None:
    shop, _ = await planned_order(db, konbini_pickup)
    actor = await sandbox_key(db)
    before = await everything(db)
    for other in (shop.partner, STAFF, replace(actor, partner_id=None)):
        with pytest.raises(BeyondKey):
            await _refused(db, other)
    for point in (0, 6, -1, 2**40):
        with pytest.raises(InvalidSandboxPickup) as refusal:
            await _refused(db, actor, point)
        assert refusal.value.path == ["input", "point"]
    with pytest.raises(NotFound):
        await _refused(db, replace(actor, location_ids=frozenset({shop.konbini})))
    assert await everything(db) == before


async def test_a_shop_without_goods_has_no_tests(db: Database) -> None:
    actor = await sandbox_key(db)
    with pytest.raises(NotFound):
        await _refused(db, actor)


async def test_there_is_an_end_to_how_many(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    await planned_order(db, konbini_pickup)
    actor, other = await sandbox_key(db), await sandbox_key(db, "OTHER")
    monkeypatch.setattr(sandbox, "MAX_PICKUPS", 2)
    for _ in range(2):
        await _refused(db, actor)
    with pytest.raises(InvalidSandboxPickup):
        await _refused(db, actor)
    await _refused(db, other)


async def test_many_at_once_share_a_point(db: Database, execute: Execute) -> None:
    await planned_order(db, konbini_pickup)
    actor = await sandbox_key(db)
    made = await asyncio.gather(*(create(execute, actor) for _ in range(8)))
    assert [row["userErrors"] for row in made] == [[]] * 8
    assert len({row["pickup"]["number"] for row in made}) == 8
    assert len({row["pickup"]["location"]["id"] for row in made}) == 1


async def test_tests_and_real_ones_of_others_do_not_meet(db: Database, execute: Execute) -> None:
    shop, order_id = await planned_order(db, konbini_pickup)
    actor, other = await sandbox_key(db), await sandbox_key(db, "OTHER")
    mine = (await create(execute, actor))["pickup"]
    assert (await execute(LISTED, actor=shop.partner))["pickups"]["nodes"] == [
        {"number": (await pickup_of(db, order_id)).number}
    ]
    assert (await execute(LISTED, actor=other))["pickups"]["nodes"] == []
    assert (await execute(LISTED, actor=actor))["pickups"]["nodes"] == [{"number": mine["number"]}]
