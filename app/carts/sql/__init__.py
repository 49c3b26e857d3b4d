"""Statements of the carts slice."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from app.capacity.model.slots import SlotBoard
from app.capacity.sql.slots import look_at_slots
from app.carts.model import (
    LIFETIME,
    CartDelivery,
    CartLine,
    CartProblem,
    Offer,
    cart_problems,
    check_size,
    require_open,
)
from app.carts.model.slot_problems import by_lines, slot_problems
from app.catalog.sql import sellables
from app.engine.relations import groups_by
from app.inventory.model.decisions import units_of
from app.inventory.model.selling import selling_day
from app.inventory.sql.claims import claim_of
from app.inventory.sql.reservations import read_reserved
from app.kit.db import ReadTx, Row, WriteTx
from app.kit.errors import NotFound
from app.kit.statement import Statement
from app.sourcing.model import DeliveryMode, Goods
from app.sourcing.sql import PlanInputs, load_plan_inputs

# With what the channel says about its carts.
_CART: Final = """
    SELECT carts.*, channels.code AS channel_code, channels.location_group_id, channels.payment_methods,
           channels.tax_rounding, channels.shipping_fee_minor, channels.free_shipping_from_minor
      FROM carts JOIN channels ON channels.id = carts.channel_id
"""
LOCK_CARTS: Final = Statement(
    f"{_CART} WHERE carts.id = ANY(CAST(:ids AS uuid[])) ORDER BY carts.id FOR UPDATE OF carts"
)
CARTS_BY_ID: Final = Statement(f"{_CART} WHERE carts.id = ANY(CAST(:ids AS uuid[]))", generic=True)

# With what the channel says about the goods now (price null: not listed) and where the line goes. Ids are made in the
# order of time, so lines come in the order in which they were added.
_LINES: Final = """
    SELECT line.id, line.cart_id, line.variant_id, line.quantity, line.unit_price_minor, line.delivery_id,
           line.quantity * line.unit_price_minor AS total_minor, delivery.mode,
           delivery.location_id AS delivery_location_id, delivery.slot_begins,
           coalesce(slots.is_on AND slots.is_required, false) AS needs_slot,
           cart.status AS cart_status, cart.currency, cart.channel_id, cart.reservation_id, channel.location_group_id,
           variant.sku, variant.weight_g, variant.girth_cm, variant.length_mm, variant.width_mm, variant.height_mm,
           variant.temperature, product.tax_class,
           listing.price_minor,
           variant.is_active AND product.is_active AND channel.is_active
               AND coalesce(listing.is_published, false) AS is_sold
      FROM cart_lines AS line
      JOIN carts AS cart ON cart.id = line.cart_id
      JOIN channels AS channel ON channel.id = cart.channel_id
      JOIN variants AS variant ON variant.id = line.variant_id
      JOIN products AS product ON product.id = variant.product_id
      LEFT JOIN listings AS listing ON listing.channel_id = cart.channel_id AND listing.variant_id = line.variant_id
      LEFT JOIN cart_deliveries AS delivery ON delivery.id = line.delivery_id
      LEFT JOIN pickup_slot_plans AS slots
             ON slots.location_id = delivery.location_id AND delivery.mode = 'STORE_PICKUP'
"""
LINES_BY_CART: Final = Statement(
    f"{_LINES} WHERE line.cart_id = ANY(CAST(:ids AS uuid[])) ORDER BY line.id", generic=True
)
LINES_BY_ID: Final = Statement(f"{_LINES} WHERE line.id = ANY(CAST(:ids AS uuid[]))", generic=True)
LINES_BY_DELIVERY: Final = Statement(
    f"{_LINES} WHERE line.delivery_id = ANY(CAST(:ids AS uuid[])) ORDER BY line.id", generic=True
)

_DELIVERIES: Final = "SELECT id, cart_id, mode, location_id, address, slot_begins, slot_ends FROM cart_deliveries"
DELIVERIES_BY_CART: Final = Statement(
    f"{_DELIVERIES} WHERE cart_id = ANY(CAST(:ids AS uuid[])) ORDER BY id", generic=True
)
DELIVERIES_BY_ID: Final = Statement(f"{_DELIVERIES} WHERE id = ANY(CAST(:ids AS uuid[]))", generic=True)

INSERT_CARTS: Final = Statement("""
    INSERT INTO carts (id, channel_id, currency, status, email, member_id, created_at, updated_at, expires_at)
    SELECT id, channel_id, currency, 'OPEN', email, member_id, now, now, expires_at
      FROM unnest(CAST(:ids AS uuid[]), CAST(:channel_ids AS int[]), CAST(:currencies AS text[]),
                  CAST(:emails AS text[]), CAST(:member_ids AS uuid[]), CAST(:nows AS timestamptz[]),
                  CAST(:expiries AS timestamptz[]))
        AS cart (id, channel_id, currency, email, member_id, now, expires_at)
""")
PUT_LINES: Final = Statement("""
    INSERT INTO cart_lines (id, cart_id, variant_id, quantity, unit_price_minor, delivery_id)
    SELECT *
      FROM unnest(CAST(:ids AS uuid[]), CAST(:cart_ids AS uuid[]), CAST(:variant_ids AS bigint[]),
                  CAST(:quantities AS int[]), CAST(:prices AS int[]), CAST(:delivery_ids AS uuid[]))
    ON CONFLICT (cart_id, variant_id) DO UPDATE
       SET quantity = cart_lines.quantity + excluded.quantity, unit_price_minor = excluded.unit_price_minor
""")
UPDATE_LINES: Final = Statement("""
    UPDATE cart_lines AS line
       SET quantity = wanted.quantity, unit_price_minor = coalesce(wanted.price, line.unit_price_minor)
      FROM unnest(CAST(:ids AS uuid[]), CAST(:quantities AS int[]), CAST(:prices AS int[]))
        AS wanted (id, quantity, price)
     WHERE line.id = wanted.id AND line.cart_id = :cart_id
""")
DELETE_LINES: Final = Statement("DELETE FROM cart_lines WHERE cart_id = :cart_id AND id = ANY(CAST(:ids AS uuid[]))")
INSERT_DELIVERIES: Final = Statement("""
    INSERT INTO cart_deliveries (id, cart_id, mode, location_id, address, slot_begins, slot_ends)
    SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:cart_ids AS uuid[]), CAST(:modes AS text[]),
                         CAST(:location_ids AS int[]), CAST(:addresses AS jsonb[]),
                         CAST(:slot_begins AS timestamptz[]), CAST(:slot_ends AS timestamptz[]))
""")
MOVE_LINES: Final = Statement("""
    UPDATE cart_lines SET delivery_id = :delivery_id WHERE cart_id = :cart_id AND id = ANY(CAST(:ids AS
    uuid[]))
""")
COMPLETE_CARTS: Final = Statement("""
    UPDATE carts SET status = 'COMPLETED', updated_at = :now, version = version + 1
     WHERE id = ANY(CAST(:ids AS uuid[])) AND status = 'OPEN'
    RETURNING id
""")
REOPEN_CART: Final = Statement("""
    UPDATE carts SET status = 'OPEN', updated_at = :now, expires_at = :expires_at, version = version + 1
     WHERE id = :id AND status = 'COMPLETED'
""")
# Materialized: inside of IN, PostgreSQL may ask for the next ones again for each cart that it looks at.
DELETE_EXPIRED: Final = Statement("""
    WITH forgotten AS MATERIALIZED (
        SELECT id FROM carts WHERE status = 'OPEN' AND expires_at < :before
         ORDER BY expires_at LIMIT :limit FOR UPDATE SKIP LOCKED)
    DELETE FROM carts USING forgotten WHERE carts.id = forgotten.id
    RETURNING carts.reservation_id
""")
_SAVE: Final = Statement("""
    WITH without_lines AS (
        DELETE FROM cart_deliveries AS delivery
         WHERE delivery.cart_id = :cart_id
           AND NOT EXISTS (SELECT FROM cart_lines AS line WHERE line.delivery_id = delivery.id))
    UPDATE carts SET updated_at = :now, expires_at = :expires_at, version = version + 1 WHERE id = :cart_id
    RETURNING (SELECT count(*) FROM cart_lines WHERE cart_id = :cart_id) AS lines,
              (SELECT coalesce(sum(quantity::bigint * unit_price_minor), 0)::bigint
                 FROM cart_lines WHERE cart_id = :cart_id) AS subtotal
""")


@dataclass(frozen=True, slots=True)
class CartContents:
    """A cart with everything that its rules ask for at an instant.

    reserved: rows of what is reserved for it, which counts for it. slots: of the stores where it is collected by slots.
    """

    cart: Row
    lines: list[Row]
    deliveries: list[Row]
    goods: Mapping[int, Row]
    inputs: PlanInputs
    now: datetime
    reserved: Sequence[Row] = ()
    slots: SlotBoard = field(default_factory=SlotBoard)

    def problems(self) -> list[CartProblem]:
        """What keeps it from becoming an order."""
        return problems_of(self.lines, self.inputs, self.slots, self.now)


def problems_of(lines: Sequence[Row], inputs: PlanInputs, slots: SlotBoard, now: datetime) -> list[CartProblem]:
    """What keeps lines (rows as of `lines_of`) of one cart from being ordered at an instant."""
    found = cart_problems(
        [CartLine(row.id, row.variant_id, row.quantity, row.unit_price_minor, row.delivery_id) for row in lines],
        [
            CartDelivery(row.delivery_id, DeliveryMode(row.mode), row.delivery_location_id)
            for row in lines
            if row.delivery_id is not None
        ],
        {row.variant_id: Offer(Goods.of(row), row.price_minor) for row in lines},
        inputs.places,
        inputs.available,
        terms=inputs.terms,
        own=inputs.own,
    )
    return by_lines(lines, found, slot_problems(lines, slots, inputs.reachable, found, now))


async def slots_of_lines(tx: ReadTx, lines: Iterable[Row], now: datetime) -> SlotBoard:
    """The slots of the stores where lines (rows) are collected by slots: two statements, none without such lines."""
    places = {line.delivery_location_id for line in lines if line.slot_begins is not None or line.needs_slot}
    return await look_at_slots(tx, places, now) if places else SlotBoard()


async def lock_carts(tx: WriteTx, cart_ids: Iterable[UUID]) -> dict[UUID, Row]:
    """The carts with their channel's columns by id, locked in that order until the transaction ends."""
    return {row["id"]: row for row in await tx.fetch(LOCK_CARTS, ids=list(cart_ids))}


async def lock_cart(tx: WriteTx, cart_id: UUID) -> Row | None:
    """One cart; None when there is none."""
    return (await lock_carts(tx, [cart_id])).get(cart_id)


async def lock_open_cart(tx: WriteTx, cart_id: UUID, *, now: datetime) -> Row:
    """The locked cart. Raises NotFound, CartCompleted or CartExpired."""
    cart = await lock_cart(tx, cart_id)
    if cart is None:
        raise NotFound("There is no such cart.", path=["input", "cartId"])
    require_open(cart, now)
    return cart


async def lines_of(tx: ReadTx, cart_id: UUID) -> list[Row]:
    """The lines of a cart in the order in which they were added, with what the channel says about the goods now."""
    return await tx.fetch(LINES_BY_CART, ids=[cart_id])


async def deliveries_of(tx: ReadTx, cart_id: UUID) -> list[Row]:
    """The deliveries of a cart."""
    return await tx.fetch(DELIVERIES_BY_CART, ids=[cart_id])


async def save_change(tx: WriteTx, cart_id: UUID, *, now: datetime) -> None:
    """End a change of a locked cart: drop deliveries without lines, raise the version, start its 30 days anew.

    Raises CartTooLarge when the change has made it too large.
    """
    size = await tx.fetchrow(_SAVE, cart_id=cart_id, now=now, expires_at=now + LIFETIME)
    if size is not None:
        check_size(size.lines, size.subtotal)


async def load_contents(
    tx: ReadTx, carts: Sequence[Row], *, now: datetime, with_all_points: bool = False
) -> dict[UUID, CartContents]:
    """Carts (rows as of `lock_carts`) with everything that their rules ask for, by id.

    Two statements, one more where one of the carts was reserved, two where one is collected in a slot, and for each
    channel among them at most four more, whatever the number of lines.
    with_all_points: with every point of the channel, not only those that the carts' deliveries name.
    """
    ids = [cart.id for cart in carts]
    lines = groups_by(await tx.fetch(LINES_BY_CART, ids=ids), "cart_id")
    deliveries = groups_by(await tx.fetch(DELIVERIES_BY_CART, ids=ids), "cart_id")
    reserved = await reserved_for(tx, carts)
    slots = await slots_of_lines(tx, (line for own in lines.values() for line in own), now)
    contents: dict[UUID, CartContents] = {}
    for channel_id in dict.fromkeys(cart.channel_id for cart in carts):
        own = [cart for cart in carts if cart.channel_id == channel_id]
        variant_ids = list(dict.fromkeys(line.variant_id for cart in own for line in lines.get(cart.id, ())))
        goods = await sellables(tx, variant_ids, channel_id)
        inputs = await load_plan_inputs(
            tx,
            group_id=own[0].location_group_id,
            channel_id=channel_id,
            today=selling_day(now),
            variant_ids=variant_ids,
            postal_codes=_postal_codes(row for cart in own for row in deliveries.get(cart.id, ())),
            points=None if with_all_points else _points(row for cart in own for row in deliveries.get(cart.id, ())),
        )
        for cart in own:
            found = lines.get(cart.id, []), deliveries.get(cart.id, [])
            rows = reserved.get(cart.reservation_id, ())
            contents[cart.id] = CartContents(cart, *found, goods, with_reserved(inputs, rows), now, rows, slots)
    return contents


async def reserved_for(tx: ReadTx, carts: Iterable[Any]) -> Mapping[UUID, Sequence[Row]]:
    """What is reserved for carts (rows, or keys, with reservation_id) now, by that id; no statement for those that
    were never reserved.
    """
    ids = {cart.reservation_id for cart in carts if cart.reservation_id is not None}
    return await read_reserved(tx, ids) if ids else {}


def with_reserved(inputs: PlanInputs, reserved: Sequence[Row]) -> PlanInputs:
    """`inputs` for one cart, with what is reserved for it."""
    return replace(inputs, own=units_of(map(claim_of, reserved))) if reserved else inputs


def _postal_codes(deliveries: Iterable[Row]) -> set[str]:
    return {row.address["postal_code"] for row in deliveries if row.address is not None}


def _points(deliveries: Iterable[Row]) -> set[int]:
    return {row.location_id for row in deliveries if row.location_id is not None}
