"""The card company said yes: the orders are placed, all those that it said it of at this moment in one transaction."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from app.checkout.actions.raise_transfers import raise_transfers
from app.checkout.sql import stores_of_orders
from app.inventory.actions.allocate_reserved import allocate_reserved
from app.inventory.errors import ReservationExpired
from app.inventory.sql.claims import lock_claims_of_owners
from app.kit.db import Row, WriteTx
from app.kit.errors import DomainError, NotFound
from app.orders.actions.change_states import StateChange, change_states
from app.orders.actions.mark_placed import mark_placed
from app.orders.model import OrderHistoryKind, OrderStatus
from app.orders.sql import lock_orders
from app.payments.actions.record_authorizations import record_authorizations
from app.payments.model import AuthorizationResult, PaymentStatus


async def settle_payments(
    tx: WriteTx, results: Mapping[UUID, AuthorizationResult], *, actor: str, now: datetime
) -> dict[UUID, OrderStatus | DomainError]:
    """Bring orders that wait for their payment to their end, each once; the status that each has then.

    results: by order id, authorized ones. The reservation becomes an allocation, transfers are raised, the order is
    PLACED. Nothing is kept of an order that is answered with NotFound, or with ReservationExpired because the units
    were given back before the answer came: then `cancel_unpaid` ends it. Eight statements, and those of the transfers.
    """
    orders = await lock_orders(tx, results)
    waiting = {key: order for key, order in orders.items() if order["status"] == OrderStatus.PENDING_PAYMENT}
    claims = await lock_claims_of_owners(tx, list(waiting)) if waiting else {}
    await _tell_late(tx, [order for order in orders.values() if order["status"] == OrderStatus.CANCELED], actor, now)
    held = [order for order_id, order in waiting.items() if order_id in claims]
    if held:
        ids: list[UUID] = [order["id"] for order in held]
        stores = await stores_of_orders(tx, ids)
        await record_authorizations(tx, {order_id: results[order_id] for order_id in ids}, now=now)
        await mark_placed(tx, held, payment_status=PaymentStatus.AUTHORIZED, actor=actor, now=now)
        for order_id, own in stores.items():
            await raise_transfers(tx, order_id, claims[order_id], own, actor=actor, now=now)
        # Last, because it locks rows of the stock that many others may wait for.
        await allocate_reserved(tx, ids, actor=actor)
    return {order_id: _answer(orders.get(order_id), is_held=order_id in claims) for order_id in results}


async def _tell_late(tx: WriteTx, orders: list[Row], actor: str, now: datetime) -> None:
    """The answers came after the orders were given up. Telling of the voided payments again lets the provider give up
    what it has set aside meanwhile.
    """
    if orders:
        changes = [StateChange(order, OrderHistoryKind.LATE_AUTHORIZATION) for order in orders]
        await change_states(tx, changes, actor=actor, now=now)


def _answer(order: Row | None, *, is_held: bool) -> OrderStatus | DomainError:
    if order is None:
        return NotFound("There is no such order.")
    status = OrderStatus(order["status"])
    if status is not OrderStatus.PENDING_PAYMENT:
        return status
    return OrderStatus.PLACED if is_held else ReservationExpired("The reserved units have been given back.")
