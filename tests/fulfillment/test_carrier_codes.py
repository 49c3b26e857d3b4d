"""What carriers give out to collect with: who tells it, when it counts, who sees it, and where it is never found."""

import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from app.fulfillment.errors import InvalidCarrierCode
from app.fulfillment.model.carrier_codes import fingerprint, seal_number, unseal_number
from app.fulfillment.model.folding import ReportEffect
from app.fulfillment.model.pickups import PickupStatus
from app.fulfillment.model.reports import ReportKind
from app.kit.db import Database
from app.kit.errors import InvalidInput, InvalidTransition
from app.kit.idempotency import body_hash
from app.kit.ids import global_id
from app.kit.permissions import SHOPPER, Actor
from app.locations.model.networks import NetworkDraft
from tests.conftest import CONFIG, NOW, Execute
from tests.fulfillment.builders import STAFF, konbini_pickup, planned_order
from tests.fulfillment.networks import NETWORK, NUMBER, OTHER_NUMBER, OTHER_SLIP, SLIP, at_carriers_point, join
from tests.fulfillment.networks import tell as tell_of
from tests.fulfillment.views import cases_of, everything, history_of, pickup_of, report, say_code, ship_all

K, S = ReportKind, PickupStatus
HOUR = timedelta(hours=1)
UNTIL = NOW + timedelta(days=4)
KEYS = CONFIG.secret_keys
_TWO_PARCELS = """UPDATE packages SET tracking_number = '123456789013';
    INSERT INTO packages (id, shipment_id, number, carrier, tracking_number)
    SELECT gen_random_uuid(), shipment_id, 2, carrier, '222233334444' FROM packages"""
SEEN = "carrierCode { slipNumber authenticationNumber hasAuthenticationNumber }"


async def test_numbers_are_known_before_with_and_after_the_arrival(db: Database) -> None:
    shop, order_id, pickup_id = await at_carriers_point(db)
    await tell_of(db, pickup_id, slip=SLIP, actor=shop.partner)
    assert (await pickup_of(db, order_id)).status == "IN_TRANSIT_TO_POINT"
    await report(db, pickup_id, K.ARRIVED, actor=shop.partner, at=NOW + HOUR)
    assert (await pickup_of(db, order_id)).status == "ARRIVED"
    told = await tell_of(db, pickup_id, number=NUMBER, actor=shop.partner, at=NOW + 3 * HOUR)
    assert (told.effect, told.is_repeated) == (ReportEffect.APPLIED, False)
    pickup = await pickup_of(db, order_id)
    assert (pickup.status, pickup.slip_number, pickup.ready_at) == ("READY", SLIP, NOW + 3 * HOUR)
    assert unseal_number(pickup.sealed_number, KEYS) == NUMBER
    # Four days from the next one on, whatever the hour of the arrival in Tokyo.
    midnight = (NOW + 10 * HOUR).replace(hour=15, minute=0, second=0, microsecond=0) - timedelta(days=1)
    assert pickup.hold_until == midnight + timedelta(days=5)
    assert (await history_of(db, order_id))[-3:] == ["PICKUP_CHANGED", "PICKUP_ARRIVED", "PICKUP_ARRIVED"]


async def test_a_corrected_number_counts_by_when_it_was_told_to_the_carrier_not_to_us(db: Database) -> None:
    shop, order_id, pickup_id = await at_carriers_point(db)
    late = NOW + 6 * HOUR
    await tell_of(db, pickup_id, K.ARRIVED, slip=SLIP, number=NUMBER, actor=shop.partner)
    await tell_of(db, pickup_id, slip=OTHER_SLIP, number=OTHER_NUMBER, at=NOW + 2 * HOUR, now=late)
    older = await tell_of(db, pickup_id, number="9999999", at=NOW + HOUR, now=late)
    assert older.effect is ReportEffect.SUPERSEDED
    pickup = await pickup_of(db, order_id)
    assert (pickup.slip_number, unseal_number(pickup.sealed_number, KEYS)) == (OTHER_SLIP, OTHER_NUMBER)
    assert (pickup.status, pickup.ready_at) == ("READY", NOW)
    assert (await history_of(db, order_id))[-1] == "PICKUP_CHANGED"


async def test_numbers_may_come_with_the_label_and_are_no_matter_for_people(db: Database) -> None:
    shop, order_id = await planned_order(db, konbini_pickup)
    await join(db, shop)
    pickup_id = (await pickup_of(db, order_id)).id
    told = await tell_of(db, pickup_id, slip=SLIP, number=NUMBER)
    assert told.effect is ReportEffect.PENDING
    assert await cases_of(db, pickup_id) == []
    await ship_all(db, order_id)
    assert (await pickup_of(db, order_id)).slip_number == SLIP
    await report(db, pickup_id, K.ARRIVED, actor=shop.partner)
    assert (await pickup_of(db, order_id)).status == "READY"


async def test_an_arrival_before_the_shipment_is_a_matter_for_people_with_numbers_too(db: Database) -> None:
    shop, order_id = await planned_order(db, konbini_pickup)
    await join(db, shop)
    pickup_id = (await pickup_of(db, order_id)).id
    await tell_of(db, pickup_id, K.ARRIVED, number=NUMBER, actor=shop.partner)
    assert await cases_of(db, pickup_id) == ["REPORTED_BEFORE_SHIPMENT"]


async def test_without_authentication_numbers_goods_are_ready_when_they_arrive(db: Database) -> None:
    shop, order_id, pickup_id = await at_carriers_point(db, replace(NETWORK, authentication_digits=0))
    await report(db, pickup_id, K.ARRIVED, actor=shop.partner)
    assert (await pickup_of(db, order_id)).status == "READY"
    assert await cases_of(db, pickup_id) == []


@pytest.mark.parametrize(
    ("kind", "numbers", "path"),
    [
        (K.CODE_TOLD, {}, ["authenticationNumber"]),
        (K.EXPIRED, {"number": NUMBER}, ["authenticationNumber"]),
        (K.COLLECTED, {"slip": SLIP}, ["slipNumber"]),
        (K.BLOCKED, {"slip": SLIP, "number": NUMBER}, ["slipNumber"]),
    ],
)
async def test_reports_that_cannot_be_are_refused(
    db: Database, kind: ReportKind, numbers: dict[str, str], path: list[str]
) -> None:
    shop, _, pickup_id = await at_carriers_point(db)
    before = await everything(db)
    with pytest.raises(InvalidInput) as refused:
        await tell_of(db, pickup_id, kind, actor=shop.partner, **numbers)
    assert refused.value.path == path
    with pytest.raises(InvalidCarrierCode):
        await tell_of(db, pickup_id, K.ARRIVED, actor=shop.partner, number="123")
    assert await everything(db) == before


async def test_where_the_shop_makes_the_code_no_carriers_is_taken(db: Database) -> None:
    shop, order_id = await planned_order(db, konbini_pickup)
    await ship_all(db, order_id)
    with pytest.raises(InvalidInput) as refused:
        await tell_of(db, (await pickup_of(db, order_id)).id, slip=SLIP, actor=shop.partner)
    assert refused.value.path == ["slipNumber"]


async def test_nobody_asks_us_for_a_number_that_the_carrier_checks(db: Database) -> None:
    shop, order_id, pickup_id = await at_carriers_point(db)
    await tell_of(db, pickup_id, K.ARRIVED, number=NUMBER, actor=shop.partner)
    before = await everything(db)
    with pytest.raises(InvalidTransition):
        await say_code(db, await pickup_of(db, order_id), actor=shop.partner)
    assert await everything(db) == before
    await report(db, pickup_id, K.COLLECTED, actor=shop.partner)
    assert (await pickup_of(db, order_id)).status == "COLLECTED"
    assert await cases_of(db, pickup_id) == []


# ── who sees it ──────────────────────────────────────────────────────────────────────────────────────────

REPORT = """mutation ($input: PickupReportInput!) { pickupReport(input: $input) {
  effect replayed pickup { status %s reports { kind slipNumber hasAuthenticationNumber } }
  userErrors { code message path ... on InvalidCarrierCodeError { digits } } } }"""


async def _report(execute: Execute, actor: Actor, pickup_id: UUID, **values: Any) -> Any:
    given = {"pickupId": global_id("Pickup", pickup_id), "idempotencyKey": "k"} | values
    return (await execute(REPORT % SEEN, {"input": given}, actor=actor))["pickupReport"]


async def _page(execute: Execute, order_id: UUID, actor: Actor = SHOPPER) -> Any:
    document = f"query ($id: ID!) {{ order(id: $id) {{ pickups {{ status code codePicture {SEEN} }} }} }}"
    [pickup] = (await execute(document, {"id": global_id("Order", order_id)}, actor=actor))["order"]["pickups"]
    return pickup


async def test_the_buyer_alone_sees_the_number_while_the_goods_can_be_collected(db: Database, execute: Execute) -> None:
    shop, order_id, pickup_id = await at_carriers_point(db)
    unknown = {"slipNumber": None, "authenticationNumber": None, "hasAuthenticationNumber": False}
    assert await _page(execute, order_id) == {
        "status": "IN_TRANSIT_TO_POINT",
        "code": None,
        "codePicture": None,
        "carrierCode": unknown,
    }
    await tell_of(db, pickup_id, slip=SLIP, number=NUMBER, actor=shop.partner)
    secret = {"slipNumber": SLIP, "authenticationNumber": None, "hasAuthenticationNumber": True}
    assert (await _page(execute, order_id))["carrierCode"] == secret
    await report(db, pickup_id, K.ARRIVED, actor=shop.partner)
    page = await _page(execute, order_id)
    assert page == {
        "status": "READY",
        "code": None,
        "codePicture": None,
        "carrierCode": secret | {"authenticationNumber": NUMBER},
    }
    assert (await _page(execute, order_id, STAFF))["carrierCode"] == secret
    for actor in (STAFF, shop.partner):
        seen = await execute(
            f"query ($id: ID!) {{ pickup(id: $id) {{ code {SEEN} }} }}",
            {"id": global_id("Pickup", pickup_id)},
            actor=actor,
        )
        assert seen["pickup"] == {"code": None, "carrierCode": secret}
    await report(db, pickup_id, K.COLLECTED, actor=shop.partner, at=NOW + HOUR)
    assert (await _page(execute, order_id))["carrierCode"] == secret


async def test_of_a_single_parcel_the_tracking_number_is_the_slip_number(db: Database, execute: Execute) -> None:
    _, order_id, _ = await at_carriers_point(db)
    assert (await _page(execute, order_id))["carrierCode"]["slipNumber"] is None
    await db.in_write(lambda tx: tx.connection.execute("UPDATE packages SET tracking_number = '1234-5678-9013'"))
    assert (await _page(execute, order_id))["carrierCode"]["slipNumber"] == SLIP
    await db.in_write(lambda tx: tx.connection.execute("UPDATE packages SET tracking_number = '1234-5678-901'"))
    assert (await _page(execute, order_id))["carrierCode"]["slipNumber"] is None


async def test_of_several_parcels_none_is_the_slip_number_until_one_is_told(db: Database, execute: Execute) -> None:
    _, order_id, pickup_id = await at_carriers_point(db)
    await db.in_write(lambda tx: tx.connection.execute(_TWO_PARCELS))
    assert (await _page(execute, order_id))["carrierCode"]["slipNumber"] is None
    await tell_of(db, pickup_id, slip=OTHER_SLIP)
    assert (await _page(execute, order_id))["carrierCode"]["slipNumber"] == OTHER_SLIP


@pytest.mark.parametrize("network", [None, NetworkDraft("OWN", {"ja": "自社"}, 4)])
async def test_where_the_shop_makes_the_code_there_is_no_carriers(
    db: Database, execute: Execute, network: NetworkDraft | None
) -> None:
    shop, order_id = await planned_order(db, konbini_pickup)
    if network is not None:
        await join(db, shop, network)
    await ship_all(db, order_id)
    await report(db, (await pickup_of(db, order_id)).id, K.ARRIVED, actor=shop.partner)
    page = await _page(execute, order_id)
    assert (page["carrierCode"], len(page["code"])) == (None, 6)


async def test_a_number_whose_key_is_gone_is_not_shown_and_told_to_operators(
    db: Database, execute: Execute, caplog: pytest.LogCaptureFixture
) -> None:
    shop, order_id, pickup_id = await at_carriers_point(db)
    sealed = seal_number(NUMBER, [b"another key, of long ago, 32 bytes"])
    await report(db, pickup_id, K.ARRIVED, actor=shop.partner, number=NUMBER, sealed_number=sealed)
    page = await _page(execute, order_id)
    assert page["carrierCode"] == {"slipNumber": None, "authenticationNumber": None, "hasAuthenticationNumber": True}
    assert "sealed with a key that is gone" in caplog.text
    assert NUMBER not in caplog.text


async def test_a_report_with_numbers_is_answered_once_and_another_number_is_another_report(
    db: Database, execute: Execute
) -> None:
    shop, _, pickup_id = await at_carriers_point(db)
    given = {"kind": "ARRIVED", "slipNumber": "1234-5678-9013", "authenticationNumber": "７７００１２３"}
    first = await _report(execute, shop.partner, pickup_id, **given)
    assert first == {
        "effect": "APPLIED",
        "replayed": False,
        "pickup": {
            "status": "READY",
            "carrierCode": {"slipNumber": SLIP, "authenticationNumber": None, "hasAuthenticationNumber": True},
            "reports": [{"kind": "ARRIVED", "slipNumber": SLIP, "hasAuthenticationNumber": True}],
        },
        "userErrors": [],
    }
    assert await _report(execute, shop.partner, pickup_id, **given) == first | {"replayed": True}
    other = await _report(execute, shop.partner, pickup_id, **given | {"authenticationNumber": OTHER_NUMBER})
    assert [error["code"] for error in other["userErrors"]] == ["IDEMPOTENCY_KEY_REUSED"]
    none = await _report(execute, shop.partner, pickup_id, kind="ARRIVED", slipNumber="1234-5678-9013")
    assert [error["code"] for error in none["userErrors"]] == ["IDEMPOTENCY_KEY_REUSED"]


@pytest.mark.parametrize(
    ("values", "error"),
    [
        ({"authenticationNumber": "12345"},
         {"code": "INVALID_CARRIER_CODE", "path": ["input", "authenticationNumber"], "digits": 7,
          "message": "This number has 7 digits, and nothing else."}),
        ({"slipNumber": "123456789012"},
         {"code": "INVALID_CARRIER_CODE", "path": ["input", "slipNumber"], "digits": None,
          "message": "The last digit of this slip number is wrong."}),
        ({"authenticationNumber": "1" * 201},
         {"code": "INVALID_INPUT", "path": ["input", "authenticationNumber"],
          "message": "Up to 200 characters, and none that cannot be kept."}),
    ],
)  # fmt: skip
async def test_wrong_shapes_are_refused_by_path(
    db: Database, execute: Execute, values: dict[str, str], error: dict[str, Any]
) -> None:
    shop, _, pickup_id = await at_carriers_point(db)
    refused = await _report(execute, shop.partner, pickup_id, kind="CODE_TOLD", **values)
    assert (refused["pickup"], refused["userErrors"]) == (None, [error])


async def test_the_number_is_found_nowhere(db: Database, execute: Execute, caplog: pytest.LogCaptureFixture) -> None:
    shop, _, pickup_id = await at_carriers_point(db)
    given = {"kind": "ARRIVED", "slipNumber": SLIP, "authenticationNumber": NUMBER}
    with caplog.at_level(logging.DEBUG):
        answer = await _report(execute, shop.partner, pickup_id, **given)
        await _report(execute, shop.partner, pickup_id, idempotencyKey="k2", **given | {"slipNumber": "1"})
    assert answer["pickup"]["status"] == "READY"
    assert NUMBER not in caplog.text
    async with db.read() as tx:
        tables = await tx.connection.fetch(
            "SELECT relname AS tablename FROM pg_class WHERE relkind IN ('r', 'p')"
            " AND relnamespace = CAST(current_schema() AS regnamespace) AND has_table_privilege(oid, 'SELECT')"
        )
        looked_at = 0
        for table in tables:
            found = await tx.connection.fetch(f'SELECT t::text AS text FROM "{table["tablename"]}" AS t')
            looked_at += len(found)
            assert not [row["text"] for row in found if NUMBER in row["text"] or NUMBER.encode().hex() in row["text"]]
        # Nor can the hash of what was sent be used to try numbers.
        [kept] = await tx.connection.fetch("SELECT body_hash FROM pickup_reports WHERE kind = 'ARRIVED'")
    assert looked_at > 20
    said = [global_id("Pickup", pickup_id), None, None, "ARRIVED", *[None] * 8, SLIP]
    assert kept["body_hash"] == body_hash([*said, fingerprint(NUMBER, KEYS[0])])
    assert kept["body_hash"] != body_hash([*said, NUMBER])
