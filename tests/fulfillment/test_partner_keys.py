"""A partner's key works at the partner's own locations, whatever scopes it holds; odd texts are refused politely."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from app.kit.db import Database
from app.kit.ids import global_id
from app.kit.permissions import Actor, ActorKind
from app.kit.statement import Statement
from tests.conftest import Execute, keyed
from tests.fulfillment.builders import STAFF, Shop, home, konbini_pickup, planned_order, store_pickup
from tests.fulfillment.views import everything, fulfillments_of, make_ready

_GIVE = Statement("UPDATE locations SET partner_id = :partner_id WHERE id = :id")
_WORK = Statement("SELECT id FROM work_instructions WHERE kind = 'PICK'")
_SEEN = """query ($ids: [ID!]!) {
    workInstructions { nodes { kind } }
    nodes(ids: $ids) { __typename }
}"""
_SHIP = """mutation ($input: ShipmentCreateInput!) {
    shipmentCreate(input: $input) { userErrors { code path } shipment { id } }
}"""
_COMPLETE = """mutation ($input: WorkCompleteInput!) { workComplete(input: $input) { userErrors { code path } } }"""
_AT = """query ($id: ID) {
    workInstructions(locationId: $id) { nodes { id } }
    pickups(locationId: $id) { nodes { id } }
}"""
_CANCEL = """mutation ($input: OrderCancelInput!) { orderCancel(input: $input) { userErrors { code path } } }"""


def _warehouse_key(shop: Shop) -> Actor:
    """A company that keeps goods for the shop; here it is not yet known whose warehouse it is."""
    scopes = frozenset({"fulfillment:read", "fulfillment:write"})
    return Actor(kind=ActorKind.PARTNER, reference="key:3pl", scopes=scopes, partner_id=shop.partner.partner_id)


async def _ids(db: Database, order_id: UUID) -> tuple[str, str]:
    """The global ids of the order's fulfillment and of the work to pick it."""
    [fulfillment] = await fulfillments_of(db, order_id)
    async with db.read() as tx:
        work_id = await tx.fetchval(_WORK)
    return global_id("Fulfillment", fulfillment.id), global_id("WorkInstruction", work_id)


async def test_others_work_is_neither_seen_nor_done_by_a_partner(db: Database, execute: Execute) -> None:
    shop, order_id = await planned_order(db, home)
    actor = _warehouse_key(shop)
    fulfillment, work = await _ids(db, order_id)
    before = await everything(db)
    seen = await execute(_SEEN, {"ids": [fulfillment, work]}, actor=actor)
    assert seen == {"workInstructions": {"nodes": []}, "nodes": [None, None]}
    parcel = {"fulfillmentId": fulfillment, "carrier": "yamato", "trackingNumber": "1"}
    answer = await execute(_SHIP, keyed(parcel), actor=actor)
    refusal = [{"code": "NOT_FOUND", "path": ["input", "fulfillmentId"]}]
    assert answer == {"shipmentCreate": {"userErrors": refusal, "shipment": None}}
    answer = await execute(_COMPLETE, {"input": {"workInstructionId": work}}, actor=actor)
    refusal = [{"code": "NOT_FOUND", "path": ["input", "workInstructionId"]}]
    assert answer == {"workComplete": {"userErrors": refusal}}
    assert await everything(db) == before


async def test_a_partner_ships_from_its_own_warehouse(db: Database, execute: Execute) -> None:
    shop, order_id = await planned_order(db, home)
    actor = _warehouse_key(shop)
    async with db.write() as tx:
        await tx.execute(_GIVE, id=shop.warehouse, partner_id=actor.partner_id)
    fulfillment, work = await _ids(db, order_id)
    seen = await execute(_SEEN, {"ids": [fulfillment, work]}, actor=actor)
    assert [row["kind"] for row in seen["workInstructions"]["nodes"]] == ["PICK", "SHIP"]
    assert [row["__typename"] for row in seen["nodes"]] == ["Fulfillment", "WorkInstruction"]
    assert await execute(_COMPLETE, {"input": {"workInstructionId": work}}, actor=actor) == {
        "workComplete": {"userErrors": []}
    }
    parcel = {"fulfillmentId": fulfillment, "carrier": "yamato", "trackingNumber": "1"}
    answer = await execute(_SHIP, keyed(parcel), actor=actor)
    assert answer["shipmentCreate"]["userErrors"] == []
    assert answer["shipmentCreate"]["shipment"] is not None


async def test_a_partner_does_not_learn_the_order_of_a_transfer(db: Database, execute: Execute) -> None:
    # Part of the order is for the partner's point, another is sent from its warehouse to a store.
    shop, _ = await planned_order(db, konbini_pickup, lambda shop: store_pickup(shop, source=shop.warehouse))
    partner_id = shop.partner.partner_id
    async with db.write() as tx:
        await tx.execute(_GIVE, id=shop.warehouse, partner_id=partner_id)
    document = "{ transfers { nodes { number order { id } } } }"
    scopes = frozenset({"stock:read"})
    actor = Actor(kind=ActorKind.PARTNER, reference="key:3pl", scopes=scopes, partner_id=partner_id)
    [seen] = (await execute(document, actor=actor))["transfers"]["nodes"]
    assert seen["order"] is None
    [seen] = (await execute(document, actor=replace(STAFF, scopes=scopes)))["transfers"]["nodes"]
    assert seen["order"] is not None


@pytest.mark.parametrize("text", ["\x00", "yama\x00to"])
async def test_texts_that_cannot_be_kept_are_refused(db: Database, execute: Execute, text: str) -> None:
    _, order_id = await planned_order(db, home)
    fulfillment, _ = await _ids(db, order_id)
    before = await everything(db)
    parcel: dict[str, Any] = {"fulfillmentId": fulfillment, "carrier": text, "trackingNumber": "1"}
    answer = await execute(_SHIP, keyed(parcel), actor=STAFF)
    assert answer["shipmentCreate"]["userErrors"] == [{"code": "INVALID_INPUT", "path": ["input", "carrier"]}]
    cancel = {"orderId": global_id("Order", order_id), "reason": text, "idempotencyKey": "k"}
    answer = await execute(_CANCEL, {"input": cancel})
    assert answer == {"orderCancel": {"userErrors": [{"code": "INVALID_INPUT", "path": ["input", "reason"]}]}}
    assert await everything(db) == before


async def test_numbers_that_nothing_can_have_find_nothing(db: Database, execute: Execute) -> None:
    _, order_id = await planned_order(db, store_pickup)
    await make_ready(db, order_id)
    found = await execute('{ pickup(number: "PU-\\u0000") { id } }', actor=STAFF)
    assert found == {"pickup": None}
    listed = await execute(
        _AT,
        {"id": global_id("Location", 2**40)},
        actor=STAFF,
    )
    assert listed == {"workInstructions": {"nodes": []}, "pickups": {"nodes": []}}
