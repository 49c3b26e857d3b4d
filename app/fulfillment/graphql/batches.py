"""Relations of the fulfillment slice: rows by key, one statement each.

Orders are reached by whoever holds their id; fulfillments, shipments and pickups are reached from the order.
Found by their own id they are for staff, and pickups for the partner at whose point they are.
"""

from typing import Any, Final
from uuid import UUID

from app.engine.relations import groups_by, rows_by
from app.fulfillment.model import may_touch
from app.fulfillment.model.packages import TrackingKind
from app.fulfillment.model.reports import ReportKind
from app.fulfillment.sql import (
    carrier_codes,
    fulfillments,
    packages,
    pick_lists,
    pickup_slots,
    pickups,
    reports,
    tracking,
    work_lists,
)
from app.inventory.graphql.batches import visible_location_ids
from app.kit.graphql.context import Context
from app.kit.permissions import ActorKind
from app.orders.graphql import batches as order_batches

Columns = set[str]
STAFF: Final = ("fulfillment:read", "fulfillment:write")


async def fulfillments_by_order(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, list[Any]]:
    """What each location ships or hands over of these orders."""
    del columns
    return groups_by(
        await context.fetch(fulfillments.FULFILLMENTS_BY_ORDER, ids=keys, partner_id=context.actor.partner_id),
        "order_id",
    )


async def shipments_by_order(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, list[Any]]:
    """The parcels that have left, of these orders."""
    del columns
    return groups_by(
        await context.fetch(fulfillments.SHIPMENTS_BY_ORDER, ids=keys, partner_id=context.actor.partner_id),
        "order_id",
    )


async def pickups_by_order(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, list[Any]]:
    """The hand-overs of these orders, as far as the caller may see them."""
    del columns
    rows = await context.fetch(pickups.PICKUPS_BY_ORDER, ids=keys)
    return groups_by(touchable_pickups(context, rows), "order_id")


async def fulfillments_by_delivery(
    context: Context, keys: list[UUID], columns: Columns | None
) -> dict[UUID, list[Any]]:
    """What each location ships or hands over of these deliveries."""
    del columns
    return groups_by(
        await context.fetch(fulfillments.FULFILLMENTS_BY_DELIVERY, ids=keys, partner_id=context.actor.partner_id),
        "delivery_id",
    )


async def pickups_by_delivery(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, Any]:
    """The hand-over of each of these deliveries, as far as the caller may see it."""
    del columns
    rows = await context.fetch(pickups.PICKUPS_BY_DELIVERY, ids=keys)
    return rows_by(touchable_pickups(context, rows), "delivery_id")


async def pickups_of_buyers(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, Any]:
    """Pickups whose orders the caller has named: for the answers to those mutations only."""
    del columns
    return rows_by(await context.fetch(pickups.PICKUPS_BY_ID, ids=keys), "id")


async def carrier_codes_by_pickup(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, Any]:
    """What carriers gave out to collect these pickups with; none where the shop makes the code."""
    del columns
    return rows_by(await context.fetch(carrier_codes.CARRIER_CODES_BY_PICKUP, ids=keys), "id")


async def slots_by_fulfillment(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, Any]:
    """The slots in which the goods of these fulfillments are collected."""
    del columns
    return rows_by(await context.fetch(pickup_slots.SLOTS_BY_FULFILLMENT, ids=keys), "fulfillment_id")


async def reports_by_pickup(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, list[Any]]:
    """What was reported of these pickups, for those who work on them."""
    del columns
    if context.actor.kind is ActorKind.SHOPPER:
        return {}
    return groups_by(await context.fetch(reports.REPORTS_BY_PICKUP, ids=keys, kinds=list(ReportKind)), "pickup_id")


async def shipments_by_delivery(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, list[Any]]:
    """The parcels that have left, of these deliveries."""
    del columns
    rows = await context.fetch(fulfillments.SHIPMENTS_BY_DELIVERY, ids=keys, partner_id=context.actor.partner_id)
    return groups_by(rows, "delivery_id")


async def shipments_by_fulfillment(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, Any]:
    """The parcel of each of these fulfillments, once it has left."""
    del columns
    return rows_by(await context.fetch(fulfillments.SHIPMENTS_BY_FULFILLMENT, ids=keys), "fulfillment_id")


async def packages_by_shipment(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, list[Any]]:
    """The parcels of these shipments."""
    del columns
    return groups_by(await context.fetch(packages.PACKAGES_BY_SHIPMENT, ids=keys), "shipment_id")


async def packages_by_id(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, Any]:
    """Parcels by their own id: for staff at its locations, for partners those that they bring or get."""
    del columns
    if not context.actor.may(*STAFF, "partner:jobs"):
        return {}
    actor = context.actor
    rows = await context.fetch(
        packages.PACKAGES_BY_ID,
        ids=keys,
        partner_id=actor.partner_id,
        allowed=None if actor.location_ids is None else sorted(actor.location_ids),
    )
    return rows_by(rows, "id")


async def tracking_by_package(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, list[Any]]:
    """What carriers told of these parcels."""
    del columns
    return groups_by(
        await context.fetch(tracking.TRACKING_BY_PACKAGE, ids=keys, kinds=list(TrackingKind)), "package_id"
    )


async def carriers_by_code(context: Context, keys: list[str], columns: Columns | None) -> dict[str, Any]:
    """Carriers that the shop knows."""
    del columns
    return rows_by(await context.fetch(packages.CARRIERS_BY_CODE, codes=keys), "code")


async def lines_by_fulfillment(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, list[Any]]:
    """The lines of these fulfillments."""
    del columns
    return groups_by(await context.fetch(fulfillments.LINES_BY_FULFILLMENT, ids=keys), "fulfillment_id")


async def lines_by_delivery(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, list[Any]]:
    """What these deliveries bring: order lines, without units that were lost on their way."""
    del columns
    return groups_by(await context.fetch(pickups.LINES_BY_DELIVERY, ids=keys), "delivery_id")


async def lines_by_work(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, list[Any]]:
    """What these work instructions are about."""
    del columns
    return groups_by(await context.fetch(work_lists.LINES_BY_WORK, ids=keys), "work_id")


async def pick_lists_by_id(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, Any]:
    """Pick lists by id; only staff sees them, and only those of its locations."""
    del columns
    if not context.actor.may(*STAFF):
        return {}
    allowed = await visible_location_ids(context)
    return rows_by(await context.fetch(pick_lists.PICK_LISTS_BY_ID, ids=keys, allowed=allowed), "id")


async def lines_by_pick_list(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, list[Any]]:
    """What these lists are of, summed per variant and sorted by shelf."""
    del columns
    return groups_by(await context.fetch(pick_lists.LINES_BY_PICK_LIST, ids=keys), "pick_list_id")


async def work_by_pick_list(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, list[Any]]:
    """The work in these lists."""
    del columns
    return groups_by(await context.fetch(pick_lists.WORK_BY_PICK_LIST, ids=keys), "pick_list_id")


async def history_by_work(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, list[Any]]:
    """What people did about these work instructions."""
    del columns
    return groups_by(await context.fetch(work_lists.HISTORY_BY_WORK, ids=keys), "work_id")


async def work_by_fulfillment(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, list[Any]]:
    """The work that these fulfillments ask for; only staff sees it."""
    del columns
    if not context.actor.may(*STAFF):
        return {}
    rows = await context.fetch(work_lists.WORK_BY_FULFILLMENT, ids=keys, allowed=await visible_location_ids(context))
    return groups_by(rows, "fulfillment_id")


async def work_by_id(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, Any]:
    """Work instructions by id; only staff sees them, and only those of its locations."""
    del columns
    if not context.actor.may(*STAFF):
        return {}
    rows = await context.fetch(work_lists.WORK_BY_ID, ids=keys, allowed=await visible_location_ids(context))
    return rows_by(rows, "id")


async def works_by_ids(
    context: Context, keys: list[tuple[UUID, ...]], columns: Columns | None
) -> dict[tuple[UUID, ...], list[Any]]:
    """Several work instructions at once, in the order of the ids."""
    found = await work_by_id(context, list(dict.fromkeys(work_id for key in keys for work_id in key)), columns)
    return {key: [found[work_id] for work_id in key if work_id in found] for key in keys}


async def fulfillments_by_id(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, Any]:
    """Fulfillments by their own id; only staff finds them so."""
    del columns
    if not context.actor.may(*STAFF):
        return {}
    rows = await context.fetch(fulfillments.FULFILLMENTS_BY_ID, ids=keys)
    allowed = await visible_location_ids(context)
    return rows_by([row for row in rows if allowed is None or row.location_id in allowed], "id")


async def shipments_by_id(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, Any]:
    """Shipments by their own id; only staff finds them so."""
    del columns
    if not context.actor.may(*STAFF):
        return {}
    allowed = await visible_location_ids(context)
    return rows_by(await context.fetch(fulfillments.SHIPMENTS_BY_ID, ids=keys, allowed=allowed), "id")


async def pickups_by_id(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, Any]:
    """Pickups by their own id: for staff at their locations, and for partners at their points."""
    del columns
    if not context.actor.may(*STAFF, "partner:jobs"):
        return {}
    rows = await context.fetch(pickups.PICKUPS_BY_ID, ids=keys)
    return rows_by(touchable_pickups(context, rows), "id")


async def orders_by_id(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, Any]:
    """The orders of fulfillments, shipments, pickups and work; none for partners.

    Whoever holds an order's id may read it, with the code of its pickup. A partner must never learn the id.
    """
    if context.actor.kind is ActorKind.PARTNER:
        return {}
    return await order_batches.orders_by_id(context, keys, columns)


def touchable_pickups(context: Context, rows: list[Any]) -> list[Any]:
    """Partners see their own pickups only; shoppers come from their order, staff from its locations."""
    actor = context.actor
    if actor.kind is ActorKind.SHOPPER:
        return rows
    return [row for row in rows if may_touch(actor, partner_id=row.partner_id, location_id=row.location_id)]
