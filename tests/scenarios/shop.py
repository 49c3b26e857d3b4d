"""A small shop for the stories: two warehouses, three stores, a konbini, a locker, their companies and keys."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import count
from typing import Final

from app.kit.clock import utc_now
from app.kit.db import Database, WriteTx
from app.kit.permissions import SCOPES
from app.kit.statement import Statement
from app.partners.actions.create_api_key import create_api_key
from app.partners.actions.create_partner import create_partner
from tests.catalog.builders import make_variant
from tests.channels.builders import make_channel
from tests.inventory.builders import put_stock
from tests.locations.builders import make_group, make_location

STAFF_KEY: Final = "hk_scenarios_staff"
SHIBUYA_KEY: Final = "hk_scenarios_shibuya_counter"
HOSHI_KEY: Final = "hk_scenarios_hoshi_konbini"
HAKO_KEY: Final = "hk_scenarios_hako_lockers"
_PLACES: Final = (
    ("EAST", "EC_WAREHOUSE", (35.68, 139.98)),
    ("WEST", "EC_WAREHOUSE", (34.81, 135.58)),
    ("SHIBUYA", "STORE", (35.66, 139.70)),
    ("UENO", "STORE", (35.71, 139.78)),
    ("UMEDA", "STORE", (34.70, 135.50)),
)
_POINTS: Final = (
    ("HOSHI-1", "CONVENIENCE_STORE", (35.65, 139.71)),
    ("HAKO-1", "LOCKER_STATION", (35.67, 139.70)),
)
_AREAS: Final = (("150", 13, 35.66, 139.70), ("530", 27, 34.70, 135.50))
_AREA: Final = Statement(
    "INSERT INTO postal_areas (prefix, prefecture, latitude, longitude)"
    " VALUES (:prefix, :prefecture, :latitude, :longitude)"
)
_numbers: Final = count(1)


@dataclass(frozen=True)
class Shop:
    """Ids by code. Stories share the shop; each has goods of its own."""

    db: Database
    channel_id: int
    places: Mapping[str, int]

    async def goods(self, *, price: int = 1980, **stock: int) -> str:
        """The SKU of something new, with so many units at places: `goods(SHIBUYA=1, EAST=3)`."""
        sku = f"ST-{next(_numbers):04d}"
        async with self.db.write() as tx:
            variant_id = await make_variant(tx, sku, price=price, channel_id=self.channel_id)
            for code, units in stock.items():
                await put_stock(tx, variant_id, self.places[code], units)
        return sku


async def make_shop(db: Database) -> Shop:
    """The shop, with nothing to sell yet."""
    async with db.write() as tx:
        hoshi = await create_partner(tx, code="HOSHI", name="ほしマート", kind="CONVENIENCE_STORE_CHAIN", now=utc_now())
        hako = await create_partner(tx, code="HAKO", name="はこ", kind="LOCKER_OPERATOR", now=utc_now())
        places = {code: await make_location(tx, code=code, kind=kind, near=near) for code, kind, near in _PLACES}
        for code, kind, near in _POINTS:
            partner_id = hoshi if code.startswith("HOSHI") else hako
            places[code] = await make_location(tx, code=code, kind=kind, near=near, partner_id=partner_id)
        group_id = await make_group(tx, places.values())
        channel_id = await make_channel(tx, group_id, shipping_fee_minor=660)
        await _make_keys(tx, places, {"HOSHI": hoshi, "HAKO": hako})
        for prefix, prefecture, latitude, longitude in _AREAS:
            await tx.execute(_AREA, prefix=prefix, prefecture=prefecture, latitude=latitude, longitude=longitude)
    return Shop(db, channel_id, places)


async def _make_keys(tx: WriteTx, places: Mapping[str, int], partners: Mapping[str, object]) -> None:
    staff = [scope for scope in SCOPES if not scope.startswith("partner:")]
    at_shibuya = [places["SHIBUYA"]]
    for name, token, kind, scopes, partner, location_ids in (
        ("staff", STAFF_KEY, "STAFF", staff, None, None),
        ("shibuya", SHIBUYA_KEY, "STAFF", ["fulfillment:read", "fulfillment:write"], None, at_shibuya),
        ("hoshi", HOSHI_KEY, "PARTNER", ["partner:jobs"], "HOSHI", None),
        ("hako", HAKO_KEY, "PARTNER", ["partner:jobs"], "HAKO", None),
    ):
        await create_api_key(
            tx,
            name=name,
            token=token,
            kind=kind,
            scopes=scopes,
            partner_id=partners[partner] if partner else None,  # pyright: ignore[reportArgumentType]
            location_ids=location_ids,
            now=utc_now(),
        )
