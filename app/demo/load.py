"""Load the demo shop into an empty database."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from random import Random
from typing import Final
from uuid import UUID

from app.capacity.actions.save_slots import save_slots
from app.capacity.model.slots import SlotPlan, Window
from app.capacity.sql.slots import find_plans
from app.catalog.actions.save_categories import save_categories
from app.catalog.actions.save_products import save_products
from app.catalog.actions.set_prices import set_prices
from app.catalog.model import PriceDraft
from app.channels.actions.save_channel import save_channel
from app.demo.assortment import SEED, assortment
from app.demo.orders import load_orders
from app.demo.partners import load_partners
from app.demo.places import KONBINI_PER_TOWN, LOCKERS_PER_TOWN, TOWNS_PER_OFFICE, Town, near, towns
from app.inventory.actions.receive_stock import receive_stock
from app.inventory.model import StockLine
from app.kit import idempotency
from app.kit.db import Database, ReadTx, WriteTx
from app.kit.ids import new_id
from app.kit.statement import Statement
from app.locations.actions.learn_postal_areas import learn_postal_areas
from app.locations.actions.save_location_group import save_location_group
from app.locations.actions.save_locations import save_locations
from app.locations.actions.save_network import save_network
from app.locations.actions.seed_postal_areas import seed_postal_areas
from app.locations.model import LocationDraft, LocationKind, Point, Weekday
from app.locations.model.networks import CodeIssuer, CountsFrom, DayEnds, NetworkDraft, SlipCheck

CHANNEL: Final = "web"
OPEN_HOURS: Final = {day: [["10:00", "20:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
# Post offices keep parcels for ten days, counted from the day after they came, to the closing time of the last one.
OFFICE_HOURS: Final = {
    **{day: [["09:00", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
    "sat": [["09:00", "12:00"]],
}
OFFICES: Final = NetworkDraft(
    "MACHI-POST",
    {"ja": "まち郵便局受け取り", "en": "Machi Post counters"},
    10,
    CountsFrom.NEXT_DAY,
    reminder_hours=72,
    grace_hours=48,
    code_issuer=CodeIssuer.CARRIER,
    slip_digits=12,
    slip_check=SlipCheck.MOD_7,
    authentication_digits=7,
    day_ends=DayEnds.CLOSING_TIME,
)
CHUNK: Final = 5_000
SLOT_CAPACITY: Final = 6
# Of the variants, how many of a hundred a store keeps, and how many are sold out at the warehouses.
KEPT_PER_STORE: Final = 40
SOLD_OUT_ON_WEB: Final = 6
_LOADED: Final = Statement("SELECT true FROM requests WHERE caller = 'demo' AND key = 'orders' AND answer IS NOT NULL")

Report = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class DemoShop:
    """What the stages hand on: ids by code."""

    channel_id: int
    locations: Mapping[str, int]
    variants: Mapping[str, int]


async def demo_is_loaded(tx: ReadTx) -> bool:
    """Whether `load_demo` has run to its end on this database."""
    return bool(await tx.fetchval(_LOADED))


async def load_demo(db: Database, *, now: datetime, report: Report = print) -> None:
    """Load the demo shop in stages of one transaction each; stages that were done before are left alone."""
    report("The demo shop: warehouses, 60 stores, 320 pickup points ...")
    partners = await load_partners(db, now=now)
    places = await db.in_write(lambda tx: _load_places(tx, partners))
    await db.in_write(lambda tx: _load_slots(tx, places[1], now))
    channel_id, location_ids = places
    report("The demo shop: products and prices ...")
    variants = await db.in_write(lambda tx: _load_products(tx, channel_id, now))
    shop = DemoShop(channel_id, location_ids, variants)
    report("The demo shop: stock ...")
    await db.in_write(lambda tx: _load_stock(tx, shop))
    await db.refresh_statistics()
    report("The demo shop: members, carts and orders ...")
    await load_orders(db, shop.locations, now=now)


async def _load_places(tx: WriteTx, partners: Mapping[str, UUID]) -> tuple[int, dict[str, int]]:
    random = Random(SEED)
    drafts = [
        _warehouse("EAST-DC", {"ja": "東日本倉庫", "en": "East warehouse"}, 12, "2730012", Point(35.683, 139.983)),
        _warehouse("WEST-DC", {"ja": "西日本倉庫", "en": "West warehouse"}, 27, "5670865", Point(34.808, 135.585)),
    ]
    for town in towns():
        drafts.append(_store(town))
        drafts += [_konbini(town, number, random, partners["HOSHI"]) for number in range(1, KONBINI_PER_TOWN + 1)]
        drafts += [_locker(town, number, random, partners["EKIBAKO"]) for number in range(1, LOCKERS_PER_TOWN + 1)]
    offices = [_office(town, partners["MACHI"]) for town in towns()[::TOWNS_PER_OFFICE]]
    ids = await save_locations(tx, drafts + offices)
    await save_network(tx, OFFICES, joining=sorted(ids[office.code] for office in offices))
    await seed_postal_areas(tx)
    await learn_postal_areas(
        tx, [(town.postal_code, Point(town.latitude, town.longitude), town.prefecture) for town in towns()]
    )
    group_id = await save_location_group(
        tx, code="japan", names={"ja": "全国", "en": "All of Japan"}, location_ids=sorted(ids.values())
    )
    channel_id = await save_channel(
        tx,
        code=CHANNEL,
        names={"ja": "オンラインストア", "en": "Online store"},
        currency="JPY",
        languages=["ja", "en"],
        location_group_id=group_id,
        payment_methods=["CARD", "PAY_AT_PICKUP"],
        shipping_fee_minor=660,
        free_shipping_from_minor=5_500,
    )
    return channel_id, ids


async def _load_slots(tx: WriteTx, locations: Mapping[str, int], now: datetime) -> None:
    """Every store hands over in slots of two hours; whoever wants none may come at any time."""
    stores = [locations[f"STORE-{town.code}"] for town in towns()]
    planned = await find_plans(tx, stores)
    windows = [Window(f"{hour}:00", f"{hour + 2}:00", SLOT_CAPACITY) for hour in range(10, 20, 2)]
    week = dict.fromkeys(Weekday, windows)
    new_year = {date(year, 1, day): () for year in (now.year, now.year + 1) for day in (1, 2, 3)}
    for store in stores:
        if store not in planned:
            await save_slots(tx, SlotPlan(store, week, new_year, is_required=False), now=now)


def _warehouse(code: str, names: Mapping[str, str], prefecture: int, postal_code: str, point: Point) -> LocationDraft:
    return LocationDraft(code, LocationKind.EC_WAREHOUSE, names, point, prefecture=prefecture, postal_code=postal_code)


def _store(town: Town) -> LocationDraft:
    return LocationDraft(
        code=f"STORE-{town.code}",
        kind=LocationKind.STORE,
        names={"ja": f"つむぎ堂 {town.ja}店", "en": f"Tsumugido {town.en}"},
        point=Point(town.latitude, town.longitude),
        prefecture=town.prefecture,
        postal_code=town.postal_code,
        hours=OPEN_HOURS,
    )


def _konbini(town: Town, number: int, random: Random, partner_id: UUID) -> LocationDraft:
    latitude, longitude = near(town, random, 2.5)
    return LocationDraft(
        code=f"HOSHI-{town.code}-{number}",
        kind=LocationKind.CONVENIENCE_STORE,
        names={"ja": f"ほしマート {town.ja}{number}号店", "en": f"Hoshi Mart {town.en} {number}"},
        point=Point(latitude, longitude),
        prefecture=town.prefecture,
        postal_code=town.postal_code,
        partner_id=partner_id,
        hold_days=7,
    )


def _locker(town: Town, number: int, random: Random, partner_id: UUID) -> LocationDraft:
    latitude, longitude = near(town, random, 0.4)
    ja, en = ("北口", "north exit") if number == 1 else ("南口", "south exit")
    return LocationDraft(
        code=f"EKIBAKO-{town.code}-{number}",
        kind=LocationKind.LOCKER_STATION,
        names={"ja": f"えきばこ {town.ja}駅{ja}", "en": f"Ekibako {town.en} station, {en}"},
        point=Point(latitude, longitude),
        prefecture=town.prefecture,
        postal_code=town.postal_code,
        partner_id=partner_id,
        hold_days=3,
    )


def _office(town: Town, partner_id: UUID) -> LocationDraft:
    return LocationDraft(
        code=f"MACHI-{town.code}",
        kind=LocationKind.CARRIER_OFFICE,
        names={"ja": f"まち郵便 {town.ja}局", "en": f"Machi Post {town.en}"},
        point=Point(round(town.latitude + 0.006, 5), round(town.longitude - 0.004, 5)),
        prefecture=town.prefecture,
        postal_code=town.postal_code,
        partner_id=partner_id,
        hours=OFFICE_HOURS,
    )


async def _load_products(tx: WriteTx, channel_id: int, now: datetime) -> dict[str, int]:
    goods = assortment()
    await save_categories(tx, goods.categories)
    variants = await save_products(tx, goods.products, now)
    await set_prices(tx, channel_id, [PriceDraft(variants[sku], price) for sku, price in goods.prices.items()])
    return variants


async def _load_stock(tx: WriteTx, shop: DemoShop) -> None:
    if await idempotency.claim(tx, caller="demo", key="stock", operation="loadDemo", body=b"") is not None:
        return
    lines = _stock_lines(shop)
    cause_id = new_id()
    for start in range(0, len(lines), CHUNK):
        await receive_stock(
            tx,
            lines[start : start + CHUNK],
            kind="RECEIVED",
            cause_kind="IMPORT",
            cause_id=cause_id,
            actor="demo",
            reason="OPENING_STOCK",
        )
    await idempotency.answer(tx, caller="demo", key="stock", value={"lines": len(lines)})


def _stock_lines(shop: DemoShop) -> list[StockLine]:
    """Plenty at the warehouses, a few in stores; some sold out on the web but not in town, a few everywhere."""
    random = Random(SEED)
    warehouses = [shop.locations["EAST-DC"], shop.locations["WEST-DC"]]
    stores = [shop.locations[f"STORE-{town.code}"] for town in towns()]
    lines: list[StockLine] = []
    for number, variant_id in enumerate(sorted(shop.variants.values())):
        if number % 100 == 99:
            continue
        if random.randrange(100) >= SOLD_OUT_ON_WEB:
            lines += [StockLine(variant_id, warehouse, random.randint(5, 120)) for warehouse in warehouses]
        lines += [
            StockLine(variant_id, store, random.randint(1, 12))
            for store in stores
            if random.randrange(100) < KEPT_PER_STORE
        ]
    return lines
