"""A shop with very many pickups: under way to a company's points, or waiting at a store past their time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from app.catalog.actions.save_products import save_products
from app.catalog.actions.set_prices import set_prices
from app.catalog.model import PriceDraft, ProductDraft, VariantDraft
from app.channels.actions.save_channel import save_channel
from app.inventory.actions.hold_stock import hold_stock
from app.inventory.actions.receive_stock import receive_stock
from app.inventory.model import Demand, HoldRequest, StockLine
from app.kit.db import Database, WriteTx
from app.kit.ids import new_id
from app.locations.actions.save_location_group import save_location_group
from app.locations.actions.save_locations import save_locations
from app.locations.model import LocationDraft, LocationKind, Point
from app.orders.actions.create_orders import create_orders
from app.orders.model import DeliveryDraft, LineDraft, OrderDraft
from app.partners.actions.create_api_key import create_api_key
from app.partners.actions.create_partner import create_partner
from app.payments.actions.record_authorizations import record_authorizations
from app.payments.actions.start_payments import start_payments
from app.payments.model import AuthorizationResult, PaymentDraft

POINTS: Final = 200
BATCH: Final = 1_000
PRICE: Final = 3_300


@dataclass(frozen=True)
class Ground:
    """Where the pickups are. key: of the company whose points they are."""

    channel_id: int
    variant_id: int
    store: int
    warehouse: int
    points: list[int]
    partner_id: UUID
    key: str


async def make_ground(db: Database, now: datetime) -> Ground:
    """A warehouse, a store, a company with points, and units of one variant that last."""
    return await db.in_write(lambda tx: _ground(tx, now))


async def _ground(tx: WriteTx, now: datetime) -> Ground:
    partner_id = await create_partner(tx, code="EKI", name="駅ロッカー", kind="LOCKER_OPERATOR", now=now)
    drafts = [
        LocationDraft("DC", LocationKind.EC_WAREHOUSE, {"ja": "倉庫"}, Point(35.6, 140.1), prefecture=12),
        LocationDraft("SHIBUYA", LocationKind.STORE, {"ja": "渋谷店"}, Point(35.66, 139.7), prefecture=13),
        *(
            LocationDraft(
                f"P{number}", LocationKind.LOCKER_STATION, {"ja": f"駅{number}"}, partner_id=partner_id, hold_days=4
            )
            for number in range(POINTS)
        ),
    ]
    ids = await save_locations(tx, drafts)
    group_id = await save_location_group(tx, code="all", names={"ja": "全て"}, location_ids=list(ids.values()))
    channel_id = await save_channel(
        tx, code="web", names={"ja": "店"}, currency="JPY", languages=["ja"], location_group_id=group_id,
        payment_methods=["CARD"], shipping_fee_minor=0, free_shipping_from_minor=None,
    )  # fmt: skip
    variants = await save_products(tx, [ProductDraft("cup", {"ja": "器"}, (VariantDraft("CUP", {"ja": "藍"}),))], now)
    await set_prices(tx, channel_id, [PriceDraft(variants["CUP"], PRICE)])
    places = [StockLine(variants["CUP"], ids[code], 1_000_000) for code in ("DC", "SHIBUYA")]
    await receive_stock(tx, places, cause_kind="IMPORT", cause_id=new_id(), actor="bench")
    _, key = await create_api_key(
        tx, name="bench", kind="PARTNER", scopes=["partner:jobs"], partner_id=partner_id, location_ids=None,
        expires_at=None, now=now,
    )  # fmt: skip
    points = [ids[f"P{number}"] for number in range(POINTS)]
    return Ground(channel_id, variants["CUP"], ids["SHIBUYA"], ids["DC"], points, partner_id, key)


async def put_under_way(db: Database, ground: Ground, count: int, now: datetime) -> list[str]:
    """So many pickups on their way to the points; their numbers."""
    numbers: list[str] = []
    for first in range(0, count, BATCH):
        many = min(BATCH, count - first)
        places = [ground.points[number % POINTS] for number in range(first, first + many)]
        numbers += await db.in_write(lambda tx, places=places: _orders(tx, ground, places, "LOCKER_PICKUP", now))
    return numbers


async def put_waiting(db: Database, ground: Ground, count: int, now: datetime, ready_at: datetime) -> None:
    """So many pickups READY at the store since then, for seven days."""
    for first in range(0, count, BATCH):
        places = [ground.store] * min(BATCH, count - first)
        await db.in_write(lambda tx, places=places: _waiting(tx, ground, places, now, ready_at))


async def _waiting(tx: WriteTx, ground: Ground, places: list[int], now: datetime, ready_at: datetime) -> None:
    await _orders(tx, ground, places, "STORE_PICKUP", now)
    await tx.connection.execute(
        "UPDATE pickups SET status = 'READY', ready_at = $1, hold_until = $2 WHERE status = 'PREPARING'",
        ready_at,
        ready_at + timedelta(days=7),
    )


async def _orders(tx: WriteTx, ground: Ground, places: list[int], mode: str, now: datetime) -> list[str]:
    """Orders with one unit each, whose parcels have left, or whose units are held at the store."""
    drafts = [_draft(ground, place, mode, now) for place in places]
    await create_orders(tx, drafts, actor="bench", now=now)
    payments = [PaymentDraft(draft.id, "CARD", PRICE, "JPY", token="tok_ok") for draft in drafts]  # noqa: S106
    await start_payments(tx, payments, now=now)
    authorized = {draft.id: AuthorizationResult(reference="auth") for draft in drafts}
    await record_authorizations(tx, authorized, now=now)
    is_store = mode == "STORE_PICKUP"
    if is_store:
        demand = (Demand(1, ground.variant_id, 1, (ground.store,)),)
        await hold_stock(tx, [HoldRequest("ORDER", draft.id, demand) for draft in drafts], actor="bench")
    return await _fulfill(tx, ground, [draft.id for draft in drafts], is_store=is_store, now=now)


def _draft(ground: Ground, place: int, mode: str, now: datetime) -> OrderDraft:
    delivery_id = new_id()
    line = LineDraft(1, ground.variant_id, "CUP", {"ja": "器"}, 1, PRICE, "STANDARD_10", delivery_id)
    return OrderDraft(
        id=new_id(),
        source_system="bench",
        external_reference=str(delivery_id),
        channel_id=ground.channel_id,
        currency="JPY",
        status="PLACED",
        payment_status="AUTHORIZED",
        email="buyer@example.jp",
        placed_at=now,
        deliveries=(DeliveryDraft(delivery_id, mode, place),),
        lines=(line,),
    )


def _ids(orders: list[UUID]) -> list[UUID]:
    """As the product makes them, for a row of each order."""
    return [new_id() for _ in orders]


async def _fulfill(tx: WriteTx, ground: Ground, orders: list[UUID], *, is_store: bool, now: datetime) -> list[str]:
    """What planning and shipping leave behind, without their statements per order."""
    run = tx.connection
    kind, status = ("PICKUP", "OPEN") if is_store else ("SHIP", "SHIPPED")
    await run.execute(
        """INSERT INTO fulfillments (id, order_id, delivery_id, kind, location_id, status, created_at)
           SELECT new.id, order_id, delivery.id, $2, $3, $4, $5
             FROM unnest($1::uuid[], $6::uuid[]) AS new (of_order, id)
             JOIN order_deliveries AS delivery ON delivery.order_id = new.of_order""",
        orders, kind, ground.store if is_store else ground.warehouse, status, now, _ids(orders),
    )  # fmt: skip
    await run.execute(
        """INSERT INTO fulfillment_lines (fulfillment_id, line_no, variant_id, quantity)
           SELECT id, 1, $2, 1 FROM fulfillments WHERE order_id = ANY($1)""",
        orders, ground.variant_id,
    )  # fmt: skip
    if not is_store:
        await run.execute(
            """WITH sent AS (
                   INSERT INTO shipments (id, fulfillment_id, order_id, shipped_at)
                   SELECT new.id, fulfillment.id, order_id, $2
                     FROM unnest($1::uuid[], $3::uuid[]) AS new (of_order, id)
                     JOIN fulfillments AS fulfillment ON fulfillment.order_id = new.of_order
                   RETURNING id)
               INSERT INTO packages (id, shipment_id, number, carrier, tracking_number)
               SELECT id, id, 1, 'YAMATO', id::text FROM sent""",
            orders, now, _ids(orders),
        )  # fmt: skip
    rows = await run.fetch(
        """INSERT INTO pickups (id, number, order_id, delivery_id, location_id, partner_id, status, created_at)
           SELECT new.id, 'PU-' || nextval('pickup_numbers'), delivery.order_id, delivery.id,
                  delivery.location_id, place.partner_id, $2, $3
             FROM unnest($1::uuid[], $4::uuid[]) AS new (of_order, id)
             JOIN order_deliveries AS delivery ON delivery.order_id = new.of_order
             JOIN locations AS place ON place.id = delivery.location_id RETURNING number""",
        orders, "PREPARING" if is_store else "IN_TRANSIT_TO_POINT", now, _ids(orders),
    )  # fmt: skip
    return [row["number"] for row in rows]
