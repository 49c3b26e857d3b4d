"""Orders into lockers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from app.fulfillment.actions.plan_work import plan_work
from app.kit.db import Database, WriteTx
from app.kit.permissions import Actor, ActorKind
from app.kit.statement import Statement
from tests.capacity.builders import draft, make_station
from tests.conftest import NOW
from tests.fulfillment.builders import Part, Shop, make_order, make_partner, make_shop
from tests.fulfillment.views import pickup_of, ship_all

_JOIN: Final = Statement("INSERT INTO location_group_members SELECT id, :location_id FROM location_groups")


@dataclass(frozen=True)
class LockerShop:
    """A shop whose group has the stations north, with compartments 1, 2, …, and south with one; each of a company."""

    shop: Shop
    north: int
    south: int
    company: Actor
    other_company: Actor


async def make_locker_shop(db: Database, sizes: Sequence[str] = ("M", "M")) -> LockerShop:
    async with db.write() as tx:
        shop = await make_shop(tx)
        companies: list[Actor] = []
        stations: list[int] = []
        for code, own, near in (("north", sizes, (34.70, 135.50)), ("south", ("M",), (34.66, 135.50))):
            partner_id = await make_partner(tx, f"lockers-{code}")
            doors = [draft(str(number), size) for number, size in enumerate(own, start=1)]
            station = await make_station(tx, doors, code=code, near=near, partner_id=partner_id)
            await tx.execute(_JOIN, location_id=station)
            stations.append(station)
            companies.append(Actor(ActorKind.PARTNER, f"key:{code}", frozenset({"partner:jobs"}), partner_id))
    return LockerShop(shop, stations[0], stations[1], companies[0], companies[1])


async def locker_order(tx: WriteTx, ground: LockerShop, *, station: int | None = None) -> UUID:
    """A shirt for a locker; the work is planned, and with it the compartment."""
    part = Part("LOCKER_PICKUP", [(ground.shop.variants[0], 1, ground.shop.warehouse)], station or ground.north)
    order_id = await make_order(tx, ground.shop, part)
    await plan_work(tx, order_id, now=NOW)
    return order_id


async def sent_order(db: Database, ground: LockerShop) -> tuple[UUID, UUID]:
    """Order and pickup of a shirt whose parcel is on its way to north."""
    async with db.write() as tx:
        order_id = await locker_order(tx, ground)
    await ship_all(db, order_id)
    return order_id, (await pickup_of(db, order_id)).id
