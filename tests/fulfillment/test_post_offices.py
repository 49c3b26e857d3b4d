"""Post offices keep parcels as their network has it, and what becomes of those that nobody collects."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from app.fulfillment.actions.ask_silent_points import ask_silent_points
from app.fulfillment.actions.plan_work import plan_work
from app.fulfillment.actions.take_back_pickup import take_back_pickup
from app.fulfillment.model.carrier_codes import unseal_number
from app.fulfillment.model.reports import ReportKind
from app.kit.db import Database
from app.kit.ids import global_id
from app.kit.permissions import Actor, ActorKind
from app.kit.statement import Statement
from app.locations.actions.save_network import save_network
from app.locations.model.networks import DayEnds
from tests.carts.builders import make_cart, make_goods, make_shop
from tests.conftest import CONFIG, NOW, Execute, keyed
from tests.fulfillment.builders import STAFF, Part, Shop, make_order, make_partner
from tests.fulfillment.builders import make_shop as make_fulfilling_shop
from tests.fulfillment.due import remind
from tests.fulfillment.networks import NETWORK, NUMBER, SLIP, tell
from tests.fulfillment.views import (
    cases_of,
    history_of,
    order_states,
    payment_status,
    pickup_of,
    report,
    ship_all,
    stock_of,
    work_of,
)
from tests.locations.builders import make_location

K = ReportKind
HOURS: Final = {
    **{day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
    "sat": [["09:00", "12:00"]],
}
POST: Final = replace(
    NETWORK, code="POST", hold_days=10, reminder_hours=72, grace_hours=48, day_ends=DayEnds.CLOSING_TIME
)
_OFFERED: Final = Statement(
    "INSERT INTO location_group_members (group_id, location_id) VALUES (:group_id, :location_id)"
)
# A Thursday; ten days from Friday on end on Sunday, when the office is closed: on Saturday at noon it was open last.
ARRIVAL: Final = datetime(2026, 11, 26, 1, 30, tzinfo=UTC)
END: Final = datetime(2026, 12, 5, 3, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


async def _ordered(db: Database) -> tuple[Shop, Actor, UUID, UUID]:
    """A shop, the key of the post, an order into one of its offices, and its pickup."""
    async with db.write() as tx:
        shop = await make_fulfilling_shop(tx)
        post = await make_partner(tx, "post")
        office = await make_location(tx, code="office", kind="CARRIER_OFFICE", partner_id=post, hours=HOURS)
        await save_network(tx, POST, joining=[office])
        part = Part("CARRIER_OFFICE_PICKUP", [(shop.variants[0], 2, shop.warehouse)], office)
        order_id = await make_order(tx, shop, part)
        await plan_work(tx, order_id, now=NOW)
    actor = Actor(ActorKind.PARTNER, "key:post", frozenset({"partner:jobs"}), partner_id=post)
    return shop, actor, order_id, (await pickup_of(db, order_id)).id


async def test_nobody_comes_to_the_post_office_and_the_buyer_pays_nothing(db: Database) -> None:
    shop, post, order_id, pickup_id = await _ordered(db)
    await ship_all(db, order_id)
    assert await stock_of(db, shop.variants[0], shop.warehouse) == (8, 0)
    await tell(db, pickup_id, slip=SLIP, at=NOW + HOUR)
    await tell(db, pickup_id, K.ARRIVED, number=NUMBER, actor=post, at=ARRIVAL)
    pickup = await pickup_of(db, order_id)
    assert (pickup.status, pickup.slip_number, pickup.hold_until) == ("READY", SLIP, END)
    assert unseal_number(pickup.sealed_number, CONFIG.secret_keys) == NUMBER

    assert await remind(db, END - timedelta(hours=72, seconds=1)) == 0
    assert await remind(db, END - timedelta(hours=72)) == 1
    assert await db.in_write(lambda tx: ask_silent_points(tx, now=END + timedelta(hours=48), limit=9)) == 0
    late = END + timedelta(hours=48, seconds=1)
    assert await db.in_write(lambda tx: ask_silent_points(tx, now=late, limit=9)) == 1
    assert await cases_of(db, pickup_id) == ["NOT_REPORTED_IN_TIME"]

    await report(db, pickup_id, K.EXPIRED, actor=post, at=END, now=late)
    assert (await pickup_of(db, order_id)).status == "EXPIRED"
    assert await cases_of(db, pickup_id) == []
    await report(db, pickup_id, K.RETURN_SENT, actor=post, at=END + HOUR, now=late, return_tracking_number="R-1")
    assert (await work_of(db))[-1] == ("RETURN_INSPECT", shop.warehouse, "OPEN")
    # As long as nobody has seen the goods again, the order is as it was, and its payment only authorized.
    assert await order_states(db, order_id) == ("PLACED", "AUTHORIZED", "UNFULFILLED")

    await db.in_write(lambda tx: take_back_pickup(tx, pickup_id, actor=STAFF, now=late + HOUR))
    assert (await pickup_of(db, order_id)).status == "RETURNED"
    assert await order_states(db, order_id) == ("CANCELED", "VOIDED", "CANCELED")
    assert await payment_status(db, order_id) == "VOIDED"
    assert await stock_of(db, shop.variants[0], shop.warehouse) == (10, 0)
    assert (await history_of(db, order_id)).count("PICKUP_RETURNED") == 1


async def test_given_up_before_the_last_closing_time_is_a_matter_for_people(db: Database) -> None:
    _, post, order_id, pickup_id = await _ordered(db)
    await ship_all(db, order_id)
    await tell(db, pickup_id, K.ARRIVED, number=NUMBER, actor=post, at=ARRIVAL)
    await report(db, pickup_id, K.EXPIRED, actor=post, at=END - timedelta(seconds=1), reason="HOLD_ENDED")
    assert await cases_of(db, pickup_id) == ["EXPIRED_TOO_EARLY"]


async def test_a_buyer_finds_and_chooses_a_post_office(db: Database, execute: Execute) -> None:
    async with db.write() as tx:
        shop = await make_shop(tx)
        office = await make_location(tx, code="office", kind="CARRIER_OFFICE")
        await tx.execute(_OFFERED, group_id=shop.group, location_id=office)
        await make_goods(tx, shop, "TEA", stock={shop.warehouse: 5})
        cart_id = await make_cart(tx, ("TEA", 1))
    named = {"cartId": global_id("Cart", cart_id)}
    document = """query ($cartId: ID!) { pickupOptions(cartId: $cartId, modes: [CARRIER_OFFICE_PICKUP]) {
      mode eligible coverage location { id code kind } lines { line { id } } } }"""
    [option] = (await execute(document, named))["pickupOptions"]
    assert (option["mode"], option["eligible"], option["coverage"], option["location"]["kind"]) == (
        "CARRIER_OFFICE_PICKUP",
        True,
        "SHIPPED_TO_POINT",
        "CARRIER_OFFICE",
    )
    chosen: dict[str, Any] = {
        "lineIds": [line["line"]["id"] for line in option["lines"]],
        "mode": option["mode"],
        "locationId": option["location"]["id"],
    }
    document = """mutation ($input: CartDeliverySetInput!) { cartDeliverySet(input: $input) {
      delivery { mode location { code } } userErrors { code } } }"""
    answer = await execute(document, keyed(named | chosen))
    assert answer["cartDeliverySet"] == {
        "delivery": {"mode": "CARRIER_OFFICE_PICKUP", "location": {"code": "office"}},
        "userErrors": [],
    }
    wrong = await execute(document, keyed(named | chosen | {"mode": "CONVENIENCE_STORE_PICKUP"}))
    assert [error["code"] for error in wrong["cartDeliverySet"]["userErrors"]] == ["DELIVERY_MODE_NOT_ELIGIBLE"]
