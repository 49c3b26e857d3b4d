"""Parcels and what carriers tell of them, through the schema."""

from typing import Any

from app.kit.db import Database
from app.kit.ids import global_id
from app.kit.permissions import Actor
from tests.conftest import Execute, keyed
from tests.fulfillment.builders import STAFF, carrier_of, home, konbini_pickup, planned_order
from tests.fulfillment.views import everything, fulfillments_of, packages_of, ship_all

SHIP = """mutation ($input: ShipmentCreateInput!) { shipmentCreate(input: $input) {
  shipment { carrier trackingNumber packages {
    number carrier carrierDetails { code name numberRule } trackingNumber trackingUrl isNumberPlausible service
    lengthMm widthMm heightMm weightG temperature status statusAt attempts shipment { trackingNumber }
  } }
  userErrors { __typename code path }
} }"""
REPORT = """mutation ($input: TrackingReportInput!) { trackingReport(input: $input) {
  replayed effect package { status trackingReports { kind note } shipment { id } }
  userErrors { __typename code path }
} }"""
REPORTS = """mutation ($input: TrackingReportsInput!) { trackingReports(input: $input) {
  results { replayed effect package { status } userErrors { code path } } userErrors { code path }
} }"""
PACKAGES = """query ($carrier: String, $status: PackageStatus, $trackingNumber: String, $first: Int! = 20) {
  packages(carrier: $carrier, status: $status, trackingNumber: $trackingNumber, first: $first) {
    nodes { trackingNumber status } pageInfo { hasNextPage endCursor }
  }
}"""
CARRIER = """mutation ($input: CarrierSaveInput!) { carrierSave(input: $input) {
  replayed carrier { code name trackingUrl numberRule } userErrors { __typename code path }
} }"""
PARCEL = {
    "carrier": "yamato",
    "trackingNumber": "1000-0000-0004",
    "service": "TAQBIN",
    "lengthMm": 300,
    "widthMm": 200,
    "heightMm": 100,
    "weightG": 1500,
    "temperature": "FROZEN",
}


async def _shipped(db: Database, *parts: Any) -> tuple[Any, Any]:
    shop, order_id = await planned_order(db, *(parts or (home,)))
    await ship_all(db, order_id)
    return shop, (await packages_of(db, order_id))[0]


async def _report(execute: Execute, package: Any, kind: str, actor: Actor = STAFF, **values: Any) -> Any:
    variables = keyed({"packageId": global_id("Package", package.id), "kind": kind, **values})
    return (await execute(REPORT, variables, actor=actor))["trackingReport"]


async def test_a_shipment_tells_its_parcels(db: Database, execute: Execute) -> None:
    _, order_id = await planned_order(db, home)
    [fulfillment] = await fulfillments_of(db, order_id)
    rows = [PARCEL, {"carrier": "A friend", "trackingNumber": "2"}]
    given = {"fulfillmentId": global_id("Fulfillment", fulfillment.id), "packages": rows}
    payload = (await execute(SHIP, keyed(given), actor=STAFF))["shipmentCreate"]
    assert payload["userErrors"] == []
    shipment = payload["shipment"]
    assert (shipment["carrier"], shipment["trackingNumber"]) == ("yamato", "100000000004")
    first, second = shipment["packages"]
    assert first == PARCEL | {
        "number": 1,
        "trackingNumber": "100000000004",
        "carrierDetails": {"code": "yamato", "name": "ヤマト運輸", "numberRule": "TWELVE_MOD_7"},
        "trackingUrl": "https://jizen.kuronekoyamato.co.jp/jizen/servlet/crjz.b.NQ0010?id=100000000004",
        "isNumberPlausible": True,
        "status": "LABELED",
        "statusAt": None,
        "attempts": 0,
        "shipment": {"trackingNumber": "100000000004"},
    }
    assert (second["number"], second["carrierDetails"], second["trackingUrl"], second["temperature"]) == (
        2,
        None,
        None,
        "NORMAL",
    )


async def test_a_shipment_is_named_in_one_of_two_ways(db: Database, execute: Execute) -> None:
    _, order_id = await planned_order(db, home)
    [fulfillment] = await fulfillments_of(db, order_id)
    before = await everything(db)
    for values, path in (
        ({}, ["input", "packages"]),
        ({"carrier": "x", "trackingNumber": "1", "packages": [PARCEL]}, ["input", "packages"]),
        ({"carrier": "x"}, ["input", "trackingNumber"]),
        ({"packages": [PARCEL | {"weightG": 0}]}, ["input", "packages", "0", "weightG"]),
        ({"packages": []}, ["input", "packages"]),
    ):
        given = {"fulfillmentId": global_id("Fulfillment", fulfillment.id)} | values
        payload = (await execute(SHIP, keyed(given), actor=STAFF))["shipmentCreate"]
        assert [(error["code"], error["path"]) for error in payload["userErrors"]] == [("INVALID_INPUT", path)]
    assert await everything(db) == before


async def test_a_carrier_tells_and_staff_reads(db: Database, execute: Execute) -> None:
    _, package = await _shipped(db)
    carrier = await carrier_of(db)
    payload = await _report(execute, package, "OUT_FOR_DELIVERY", carrier, note="by bike", idempotencyKey="e1")
    assert payload == {
        "replayed": False,
        "effect": "APPLIED",
        "package": {
            "status": "OUT_FOR_DELIVERY",
            "trackingReports": [{"kind": "OUT_FOR_DELIVERY", "note": "by bike"}],
            "shipment": None,
        },
        "userErrors": [],
    }
    again = await _report(execute, package, "OUT_FOR_DELIVERY", carrier, note="by bike", idempotencyKey="e1")
    assert again == payload | {"replayed": True}
    other = await _report(execute, package, "DELIVERED", carrier, idempotencyKey="e1")
    assert [(error["code"], error["path"]) for error in other["userErrors"]] == [
        ("IDEMPOTENCY_KEY_REUSED", ["input", "idempotencyKey"])
    ]
    page = await execute(PACKAGES, {"status": "OUT_FOR_DELIVERY"}, actor=STAFF)
    assert page["packages"]["nodes"] == [{"trackingNumber": package.tracking_number, "status": "OUT_FOR_DELIVERY"}]
    assert (await execute(PACKAGES, {"status": "LOST"}, actor=STAFF))["packages"]["nodes"] == []


async def test_another_carrier_finds_no_such_parcel(db: Database, execute: Execute) -> None:
    _, package = await _shipped(db)
    other = await carrier_of(db, "sagawa")
    for values in ({}, {"packageId": None, "trackingNumber": package.tracking_number}):
        payload = await _report(execute, package, "LOST", other, **values)
        named = "trackingNumber" if values else "packageId"
        assert [(error["code"], error["path"]) for error in payload["userErrors"]] == [("NOT_FOUND", ["input", named])]
        assert payload["package"] is None
    assert (await execute(PACKAGES, {}, actor=other))["packages"]["nodes"] == []


async def test_a_point_sees_the_parcels_that_come_to_it_and_does_not_speak_for_their_carrier(
    db: Database, execute: Execute
) -> None:
    shop, package = await _shipped(db, konbini_pickup)
    page = await execute(PACKAGES, {}, actor=shop.partner)
    assert [node["trackingNumber"] for node in page["packages"]["nodes"]] == [package.tracking_number]
    payload = await _report(execute, package, "AT_POINT", shop.partner)
    assert [error["code"] for error in payload["userErrors"]] == ["NOT_FOUND"]


async def test_many_reports_are_answered_one_by_one(db: Database, execute: Execute) -> None:
    _, package = await _shipped(db)
    row = {"trackingNumber": package.tracking_number, "carrier": "Yamato"}
    rows = [
        row | {"kind": "DELIVERED", "occurredAt": "2026-11-02T12:00:00Z", "idempotencyKey": "1"},
        row | {"kind": "DELIVERED", "occurredAt": "2099-01-01T00:00:00Z", "idempotencyKey": "2"},
        {"trackingNumber": "nobody", "kind": "LOST", "idempotencyKey": "3"},
        {"kind": "LOST", "idempotencyKey": "4"},
    ]
    payload = (await execute(REPORTS, {"input": {"reports": rows}}, actor=STAFF))["trackingReports"]
    assert payload["userErrors"] == []
    assert [
        [(error["code"], error["path"]) for error in result["userErrors"]] for result in payload["results"][1:]
    ] == [
        [("INVALID_INPUT", ["input", "reports", "1", "occurredAt"])],
        [("NOT_FOUND", ["input", "reports", "2", "trackingNumber"])],
        [("INVALID_INPUT", ["input", "reports", "3", "packageId"])],
    ]


async def test_a_carrier_is_saved_and_listed(db: Database, execute: Execute) -> None:
    saver = Actor(kind=STAFF.kind, reference="key:boss", scopes=frozenset({"partners:write", "fulfillment:read"}))
    given = {
        "code": "our-van",
        "names": [{"language": "EN", "text": "Our van"}],
        "trackingUrl": "https://van.example/{number}",
    }
    payload = (await execute(CARRIER, keyed(given), actor=saver))["carrierSave"]
    assert payload == {
        "replayed": False,
        "carrier": {
            "code": "our-van",
            "name": "Our van",
            "trackingUrl": "https://van.example/{number}",
            "numberRule": "ANY",
        },
        "userErrors": [],
    }
    listed = await execute("{ carriers { code } }", {}, actor=saver)
    assert [row["code"] for row in listed["carriers"]] == ["japan-post", "our-van", "sagawa", "yamato"]
    refused = (await execute(CARRIER, keyed(given | {"code": "Our Van"}), actor=saver))["carrierSave"]
    assert [(error["code"], error["path"]) for error in refused["userErrors"]] == [("INVALID_INPUT", ["input", "code"])]
