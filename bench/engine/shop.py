"""The data set: a shop whose list shows variants at 5 locations each and whose detail pages show them at 20.

Some goods are off sale, some units promised or kept back, so that an answer that forgets a rule is a wrong one.
"""

import dataclasses
import random
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import orjson

from app.carts.actions.create_carts import create_carts
from app.carts.model import CartDraft
from app.catalog.actions.save_products import save_products
from app.catalog.actions.set_prices import set_prices
from app.catalog.model import PriceDraft, ProductDraft, VariantDraft
from app.channels.actions.save_channel import save_channel
from app.inventory.actions.hold_stock import hold_stock
from app.inventory.actions.receive_stock import receive_stock
from app.inventory.model import Demand, HoldRequest, Movement, MovementKind, StockLine
from app.inventory.sql.ledger import post
from app.kit.db import Database, WriteTx
from app.kit.errors import answer_of
from app.kit.ids import global_id, new_id
from app.kit.permissions import STAFF_SCOPES
from app.kit.statement import Statement
from app.locations.actions.save_location_group import save_location_group
from app.locations.actions.save_locations import save_locations
from app.locations.model import LocationDraft, LocationKind, Point
from app.partners.actions.create_api_key import create_api_key

CHANNEL: Final = "web"
STAFF_KEY: Final = "hk_bench_staff_key"
LOCATIONS: Final = 20
LIST_LOCATIONS: Final = 5
VARIANTS: Final = 3
SEED: Final = 20261122
CHUNK: Final = 5_000
_PRODUCTS: Final = Statement("SELECT id, slug FROM products ORDER BY id")


@dataclass(frozen=True)
class Size:
    """products: all of them; wide: how many of these have stock at every location."""

    products: int = 5_000
    wide: int = 500
    carts: int = 2_000


@dataclass(frozen=True)
class Shop:
    """What requests are made of. Ids are the API's."""

    list_after: list[int]
    """Keys of products behind which a whole page of products with 5 locations each follows."""
    slugs: list[str]
    """Of products with 20 locations."""
    levels: list[tuple[str, str]]
    """(SKU, location id) of stock rows."""
    keys: list[tuple[int, int]]
    """(variant, location) of the same rows, as the database knows them."""
    carts: list[tuple[str, list[str]]]
    """(cart id, SKUs that are put into it)."""
    products: list[str]
    """Ids of products that shoppers may see."""

    def save(self, path: Path) -> None:
        """Write it for the other processes of the benchmark."""
        path.write_bytes(orjson.dumps(dataclasses.asdict(self)))

    @classmethod
    def load(cls, path: Path) -> "Shop":
        """Read what `save` wrote."""
        return cls(**orjson.loads(path.read_bytes()))


async def load_shop(db: Database, size: Size, *, now: datetime) -> Shop:
    """Fill an empty database and say what is in it; the same at every call."""
    choose = random.Random(SEED)  # noqa: S311  # no secret
    channel_id, location_ids = await db.in_write(_load_places)
    drafts = [_draft(number, size, choose) for number in range(size.products)]

    async def save(tx: WriteTx) -> tuple[dict[str, int], set[int]]:
        await create_api_key(tx, name="bench", kind="STAFF", scopes=STAFF_SCOPES, now=now, token=STAFF_KEY)
        variants = await save_products(tx, drafts, now)
        prices = _prices(drafts, variants, choose)
        await set_prices(tx, channel_id, prices)
        return variants, {price.variant_id for price in prices if price.is_published}

    variants, published = await db.in_write(save)
    lines = _stock_lines(drafts, variants, location_ids, size, choose)
    for start in range(0, len(lines), CHUNK):
        await db.in_write(lambda tx, start=start: _load_stock(tx, lines[start : start + CHUNK], choose))
    sold = [draft for draft in drafts if draft.is_active and variants[draft.variants[1].sku] in published]
    carts = await db.in_write(lambda tx: _load_carts(tx, sold, size.carts, now))
    await db.refresh_statistics()
    async with db.read() as tx:
        ids = {row["slug"]: row["id"] for row in await tx.fetch(_PRODUCTS)}
    narrow = [ids[draft.slug] for draft in drafts[: size.products - size.wide]]
    codes = {variant_id: sku for sku, variant_id in variants.items()}
    chosen = choose.sample(lines, min(len(lines), 10_000))
    return Shop(
        list_after=[0, *narrow[:-30]],
        slugs=[draft.slug for draft in drafts[size.products - size.wide :] if draft.is_active],
        levels=[(codes[line.variant_id], global_id("Location", line.location_id)) for line in chosen],
        keys=[(line.variant_id, line.location_id) for line in chosen],
        carts=carts,
        products=[global_id("Product", ids[draft.slug]) for draft in sold],
    )


async def _load_places(tx: WriteTx) -> tuple[int, list[int]]:
    drafts = [
        LocationDraft(
            f"STORE-{number}",
            LocationKind.STORE,
            {"ja": f"つむぎ堂 第{number}店", "en": f"Tsumugido no. {number}"},
            Point(35 + number / 100, 139 + number / 100),
            prefecture=13,
            postal_code="1500001",
        )
        for number in range(1, LOCATIONS + 1)
    ]
    ids = await save_locations(tx, drafts)
    group_id = await save_location_group(
        tx, code="all", names={"ja": "全店", "en": "All stores"}, location_ids=sorted(ids.values())
    )
    channel_id = await save_channel(
        tx,
        code=CHANNEL,
        names={"ja": "オンラインストア", "en": "Online store"},
        currency="JPY",
        languages=["ja", "en"],
        location_group_id=group_id,
        payment_methods=["CARD"],
        shipping_fee_minor=660,
        free_shipping_from_minor=5_500,
    )
    return channel_id, sorted(ids.values())


def _draft(number: int, size: Size, choose: random.Random) -> ProductDraft:
    """Of the first products one in a hundred is off sale, and a variant of one in fifty."""
    is_wide = number >= size.products - size.wide
    return ProductDraft(
        slug=f"product-{number}",
        names={"ja": f"手仕事の器 第{number}番", "en": f"Handmade bowl no. {number}"},
        descriptions={"ja": "ひとつずつ手で作られた器です。" * 4, "en": "Each of these bowls was made by hand. " * 4},
        brand="つむぎ堂",
        is_active=is_wide or number % 100 != 7,
        variants=tuple(
            VariantDraft(
                sku=f"SKU-{number}-{index}",
                names={"ja": f"{color}・{choose.randint(1, 30)}号", "en": f"Color {index}"},
                weight_g=500,
                girth_cm=40,
                is_active=is_wide or index > 0 or number % 50 != 13,
            )
            for index, color in enumerate(("赤", "藍", "白")[:VARIANTS])
        ),
    )


def _prices(drafts: list[ProductDraft], variants: dict[str, int], choose: random.Random) -> list[PriceDraft]:
    return [
        PriceDraft(variants[variant.sku], choose.randint(5, 90) * 110, is_published=choose.randrange(100) > 0)
        for draft in drafts
        for variant in draft.variants
    ]


def _stock_lines(
    drafts: list[ProductDraft], variants: dict[str, int], location_ids: list[int], size: Size, choose: random.Random
) -> list[StockLine]:
    lines: list[StockLine] = []
    for number, draft in enumerate(drafts):
        is_wide = number >= size.products - size.wide
        for variant in draft.variants:
            places = location_ids if is_wide else choose.sample(location_ids, LIST_LOCATIONS)
            lines += [StockLine(variants[variant.sku], place, choose.randint(10, 90)) for place in places]
    return lines


async def _load_stock(tx: WriteTx, lines: list[StockLine], choose: random.Random) -> None:
    """All units, of which some are promised, and in one place of twenty so many kept off sale that none is left."""
    cause = {"cause_kind": "IMPORT", "cause_id": new_id(), "actor": "bench"}
    await receive_stock(tx, lines, **cause)
    kept = [line for line in lines if choose.randrange(20) == 0]
    await post(
        tx,
        [Movement(line.variant_id, line.location_id, MovementKind.SAFETY_SET, safety=100) for line in kept],
        **cause,
    )
    promised = [line for line in lines if choose.randrange(10) == 0 and line not in kept]
    demands = tuple(
        Demand(number, line.variant_id, choose.randint(1, 5), (line.location_id,))
        for number, line in enumerate(promised, 1)
    )
    await hold_stock(tx, [HoldRequest("CART", new_id(), demands)], actor="bench")


async def _load_carts(tx: WriteTx, sold: list[ProductDraft], count: int, now: datetime) -> list[tuple[str, list[str]]]:
    """Empty carts, each with the SKUs of the middle variants of three products, which are on sale."""
    carts: list[tuple[str, list[str]]] = []
    opened = await create_carts(tx, [CartDraft(CHANNEL, now) for _ in range(count)])
    for number, cart_id in enumerate(opened):
        chosen = [sold[(number * 3 + index) % len(sold)] for index in range(3)]
        carts.append((global_id("Cart", answer_of(cart_id)), [draft.variants[1].sku for draft in chosen]))
    return carts
