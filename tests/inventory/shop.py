"""A channel with a few places and variants, and those who ask about its stock."""

from dataclasses import dataclass, field
from typing import Any, Final

from app.kit.db import Database
from app.kit.ids import global_id
from app.kit.permissions import Actor, ActorKind
from app.locations.actions.seed_postal_areas import seed_postal_areas
from tests.catalog.builders import make_variant
from tests.channels.builders import make_channel
from tests.inventory.builders import put_stock
from tests.locations.builders import make_group, make_location

READER: Final = Actor(ActorKind.STAFF, "key:reader", frozenset({"stock:read"}))
STAFF: Final = Actor(ActorKind.STAFF, "key:staff", frozenset({"stock:read", "stock:write"}))
PLACES: Final = {
    "shibuya": ("STORE", (35.658, 139.7016)),
    "umeda": ("STORE", (34.7025, 135.4959)),
    "sapporo": ("STORE", (43.0687, 141.3508)),
    "depot": ("EC_WAREHOUSE", None),
    "konbini": ("CONVENIENCE_STORE", (35.66, 139.70)),
    "elsewhere": ("STORE", (35.6, 139.6)),
}


@dataclass
class Shop:
    """Ids by name: SKUs of variants, codes of locations. `elsewhere` is not of the channel."""

    places: dict[str, int] = field(default_factory=dict[str, int])
    variants: dict[str, int] = field(default_factory=dict[str, int])
    channel_id: int = 0

    def place(self, code: str) -> str:
        """The global id of a location."""
        return global_id("Location", self.places[code])


async def open_shop(db: Database, *skus: str) -> Shop:
    """The places of PLACES, and the variants."""
    shop = Shop()
    async with db.write() as tx:
        await seed_postal_areas(tx)
        for code, (kind, near) in PLACES.items():
            shop.places[code] = await make_location(tx, code=code, kind=kind, near=near)
        group_id = await make_group(tx, [key for code, key in shop.places.items() if code != "elsewhere"])
        shop.channel_id = await make_channel(tx, group_id)
        for sku in skus:
            shop.variants[sku] = await make_variant(tx, sku, channel_id=shop.channel_id)
    return shop


async def fill(db: Database, shop: Shop, sku: str, **units: int) -> None:
    """Put units on hand by the code of the location."""
    async with db.write() as tx:
        for code, quantity in units.items():
            await put_stock(tx, shop.variants[sku], shop.places[code], quantity)


def limited(shop: Shop, *codes: str) -> Actor:
    """A key of staff that is limited to these locations."""
    places = frozenset(shop.places[code] for code in codes)
    return Actor(ActorKind.STAFF, "key:limited", STAFF.scopes, location_ids=places)


def refusals(payload: dict[str, Any]) -> list[dict[str, Any]]:
    """The user errors without their messages, each with a message."""
    assert all(error["message"].endswith(".") for error in payload["userErrors"])
    return [{k: v for k, v in error.items() if k != "message"} for error in payload["userErrors"]]
