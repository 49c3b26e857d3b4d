"""Placed orders with their claims, transfers and payments, and short ways to look at what became of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any, Final
from uuid import UUID

from app.fulfillment.actions.plan_work import plan_work
from app.inventory.actions.create_transfer import create_transfer
from app.inventory.actions.hold_stock import hold_stock
from app.inventory.model import Demand, HoldRequest
from app.inventory.model.transfers import TransferLineDraft
from app.kit.db import Database, WriteTx
from app.kit.ids import new_id
from app.kit.permissions import Actor, ActorKind
from app.kit.statement import Statement
from app.orders.actions.create_orders import create_orders
from app.orders.model import DeliveryDraft, LineDraft, OrderDraft
from app.partners.actions.create_partner import create_partner
from app.payments.actions.record_authorizations import record_authorizations
from app.payments.actions.start_payments import start_payments
from app.payments.model import AuthorizationResult, PaymentDraft
from tests.catalog.builders import make_variant
from tests.channels.builders import make_channel
from tests.conftest import CONFIG, NOW
from tests.inventory.builders import put_stock
from tests.locations.builders import make_group, make_location
from tests.orders.builders import ADDRESS

SECRET: Final = CONFIG.secret_key
STAFF: Final = Actor(
    kind=ActorKind.STAFF, reference="key:staff", scopes=frozenset({"fulfillment:read", "fulfillment:write"})
)
_references = count(1)
_PARTNER: Final = Statement("""
    INSERT INTO partners (id, code, name, kind) VALUES (:id, :code, :code, 'CONVENIENCE_STORE_CHAIN')
""")
_IS_CARRIER: Final = Statement("UPDATE carriers SET partner_id = :partner_id WHERE code = :code")


@dataclass(frozen=True)
class Shop:
    """A warehouse, two stores, the point of a partner, and two variants with 10 units each at the first three."""

    channel_id: int
    warehouse: int
    store: int
    other_store: int
    konbini: int
    partner: Actor
    variants: tuple[int, int]


@dataclass(frozen=True)
class Part:
    """One delivery. lines: (variant id, quantity, source location id)."""

    mode: str
    lines: Sequence[tuple[int, int, int]]
    location_id: int | None = None


async def make_shop(tx: WriteTx, *, on_hand: int = 10) -> Shop:
    """The ground of every test here."""
    partner_id = await make_partner(tx, "kombi")
    warehouse = await make_location(tx, code="wh", kind="EC_WAREHOUSE")
    store = await make_location(tx, code="shibuya", kind="STORE")
    other_store = await make_location(tx, code="umeda", kind="STORE")
    konbini = await make_location(tx, code="kombi-1", kind="CONVENIENCE_STORE", partner_id=partner_id, hold_days=4)
    channel_id = await make_channel(tx, await make_group(tx, [warehouse, store, other_store, konbini]))
    variants = (await make_variant(tx, "SHIRT", channel_id=channel_id), await make_variant(tx, "CAP"))
    for variant_id in variants:
        for location_id in (warehouse, store, other_store):
            await put_stock(tx, variant_id, location_id, on_hand)
    partner = Actor(
        kind=ActorKind.PARTNER, reference="key:kombi", scopes=frozenset({"partner:jobs"}), partner_id=partner_id
    )
    return Shop(channel_id, warehouse, store, other_store, konbini, partner, variants)


async def make_partner(tx: WriteTx, code: str) -> UUID:
    """A chain of convenience stores."""
    partner_id = new_id()
    await tx.execute(_PARTNER, id=partner_id, code=code)
    return partner_id


async def make_sandbox(tx: WriteTx, code: str = "TEST", kind: str = "LOCKER_OPERATOR", *, now: datetime = NOW) -> Actor:
    """The key of a sandbox partner."""
    partner_id = await create_partner(tx, code=code, name=code, kind=kind, is_sandbox=True, now=now)
    scopes = frozenset({"partner:jobs"})
    return Actor(kind=ActorKind.PARTNER, reference=f"key:{code}", scopes=scopes, partner_id=partner_id)


async def carrier_of(db: Database, code: str = "yamato") -> Actor:
    """The key of a partner that is this carrier."""
    async with db.write() as tx:
        partner_id = await make_partner(tx, f"carrier-{code}")
        await tx.execute(_IS_CARRIER, code=code, partner_id=partner_id)
    return Actor(
        kind=ActorKind.PARTNER, reference=f"key:{code}", scopes=frozenset({"partner:jobs"}), partner_id=partner_id
    )


def home(shop: Shop, *, units: int = 2, source: int | None = None) -> Part:
    """Shirts to the buyer's address, from the warehouse unless said otherwise."""
    return Part("HOME_DELIVERY", [(shop.variants[0], units, source or shop.warehouse)])


def store_pickup(shop: Shop, *, units: int = 1, source: int | None = None) -> Part:
    """Caps at the store, from its own shelves unless said otherwise."""
    return Part("STORE_PICKUP", [(shop.variants[1], units, source or shop.store)], shop.store)


def konbini_pickup(shop: Shop, *, units: int = 1, sources: Sequence[int] = ()) -> Part:
    """Shirts at the partner's point, the same number from each source; by default from the warehouse."""
    lines = [(shop.variants[0], units, source) for source in sources or [shop.warehouse]]
    return Part("CONVENIENCE_STORE_PICKUP", lines, shop.konbini)


async def make_order(tx: WriteTx, shop: Shop, *parts: Part, payment: str = "CARD", status: str = "PLACED") -> UUID:
    """An order with allocated units, transfers to its stores, and a payment; each unit costs 1,000 yen."""
    order_id = new_id()
    deliveries = [(new_id(), part) for part in parts]
    numbered = [
        (line_no, delivery_id, part, line)
        for line_no, (delivery_id, part, line) in enumerate(
            ((delivery_id, part, line) for delivery_id, part in deliveries for line in part.lines), start=1
        )
    ]
    draft = OrderDraft(
        id=order_id,
        source_system="test",
        external_reference=f"F-{next(_references)}",
        channel_id=shop.channel_id,
        currency="JPY",
        status=status,
        payment_status={"CARD": "AUTHORIZED", "EXTERNAL": "CAPTURED"}.get(payment, "DUE_AT_PICKUP"),
        email="hanako@example.jp",
        placed_at=NOW,
        deliveries=tuple(
            DeliveryDraft(delivery_id, part.mode, part.location_id, None if part.location_id else ADDRESS)
            for delivery_id, part in deliveries
        ),
        lines=tuple(
            LineDraft(line_no, line[0], f"SKU-{line[0]}", {"ja": "品"}, line[1], 1000, "STANDARD_10", delivery_id)
            for line_no, delivery_id, _, line in numbered
        ),
    )
    [created] = await create_orders(tx, [draft], actor="test", now=NOW)
    assert created is not None
    demands = tuple(Demand(line_no, line[0], line[1], (line[2],)) for line_no, _, _, line in numbered)
    [verdict] = await hold_stock(tx, [HoldRequest("ORDER", order_id, demands)], actor="test")
    assert verdict.shortages == ()
    for line_no, _, part, (variant_id, quantity, source) in numbered:
        if part.mode == "STORE_PICKUP" and part.location_id not in {None, source}:
            await create_transfer(
                tx,
                from_location_id=source,
                to_location_id=part.location_id,
                lines=[TransferLineDraft(variant_id, quantity, line_no)],
                order_id=order_id,
                actor="test",
                now=NOW,
            )
    token = "tok_ok" if payment == "CARD" else None
    total = created.total_minor
    await start_payments(
        tx, [PaymentDraft(order_id, method=payment, amount_minor=total, currency="JPY", token=token)], now=NOW
    )
    if payment == "CARD":
        await record_authorizations(tx, {order_id: AuthorizationResult(reference="auth-1")}, now=NOW)
    return order_id


async def planned_order(db: Database, *build: Any, payment: str = "CARD") -> tuple[Shop, UUID]:
    """A shop and a placed order whose work is planned; `build`: functions from the shop to a part."""
    async with db.write() as tx:
        shop = await make_shop(tx)
        order_id = await make_order(tx, shop, *(part(shop) for part in build), payment=payment)
        await plan_work(tx, order_id, now=NOW)
    return shop, order_id


async def one_more_planned(db: Database, shop: Shop, make: Any = None) -> UUID:
    """Another order, into the partner's point unless `make` says otherwise."""
    async with db.write() as tx:
        order_id = await make_order(tx, shop, (make or konbini_pickup)(shop))
        await plan_work(tx, order_id, now=NOW)
    return order_id
