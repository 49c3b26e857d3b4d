"""Orders come into being: totals, taxes, numbers, events, and nothing twice."""

from typing import Any
from uuid import UUID

import pytest

from app.kit.db import Database
from app.kit.errors import InvalidEmail
from app.kit.statement import Statement
from app.orders.actions.create_orders import create_orders
from app.orders.errors import AmountTooLarge
from app.orders.sql import deliveries_of, lines_of
from tests.conftest import NOW
from tests.orders.builders import ADDRESS, make_ground, make_order, order_draft, order_row, published, row_counts

TABLES = ("orders", "order_lines", "order_deliveries", "order_taxes", "order_history", "outbox")


async def test_totals_taxes_and_lines_are_written(db: Database) -> None:
    async with db.write() as tx:
        ground = await make_ground(tx)
        order = await make_order(tx, ground, shipping_minor=550, email=" Hanako@Example.JP ")
    row = await order_row(db, order.id)
    # 2 x 1,100 and 550 shipping at 10 %: 2,750 contain 250; 540 at 8 % contain 40.
    assert (row["subtotal_minor"], row["shipping_minor"], row["total_minor"], row["tax_minor"]) == (
        2740,
        550,
        3290,
        290,
    )
    assert (row["status"], row["payment_status"], row["fulfillment_status"]) == ("PLACED", "AUTHORIZED", "UNFULFILLED")
    assert (row["email"], row["version"], row["number"]) == ("hanako@example.jp", 1, order.number)
    assert order.number.startswith("HK-1")
    assert (order.total_minor, order.tax_minor) == (3290, 290)
    async with db.read() as tx:
        lines = await lines_of(tx, [order.id])
        [delivery] = await deliveries_of(tx, [order.id])
        taxes = await tx.fetch(Statement("SELECT rate_bp, taxable_minor, tax_minor FROM order_taxes ORDER BY rate_bp"))
    assert [(line.line_no, line.sku, line.quantity, line.total_minor, line.tax_rate_bp) for line in lines] == [
        (1, "SKU-A", 2, 2200, 1000),
        (2, "SKU-B", 1, 540, 800),
    ]
    assert {line.delivery_id for line in lines} == {delivery.id}
    assert (delivery.mode, delivery.address) == ("HOME_DELIVERY", ADDRESS)
    assert [tuple(tax) for tax in taxes] == [(800, 540, 40), (1000, 2750, 250)]


async def test_a_placed_order_is_told_to_those_who_fulfill_it(db: Database) -> None:
    async with db.write() as tx:
        ground = await make_ground(tx)
        placed = await make_order(tx, ground)
        await make_order(tx, ground, status="PENDING_PAYMENT", payment_status="PENDING")
        assert tx.published == 3
    facts = await published(db, "order", "order_placed")
    assert [topic for topic, _ in facts] == ["order", "order_placed", "order"]
    assert facts[0][1] == {
        "order_id": str(placed.id),
        "version": 1,
        "status": "PLACED",
        "payment_status": "AUTHORIZED",
        "fulfillment_status": "UNFULFILLED",
    }
    assert facts[1][1] == {"order_id": str(placed.id)}


async def test_many_orders_take_as_many_statements_as_one(db: Database, count_statements: Any) -> None:
    async with db.write() as tx:
        ground = await make_ground(tx)
    with count_statements() as count:
        async with db.write() as tx:
            created = await create_orders(tx, [order_draft(ground) for _ in range(300)], actor="import", now=NOW)
    assert count.total == 6
    numbers = [order.number for order in created if order]
    assert len(set(numbers)) == 300
    assert numbers == sorted(numbers)
    assert (await row_counts(db, "orders", "order_lines", "order_taxes")) == {
        "orders": 300,
        "order_lines": 600,
        "order_taxes": 600,
    }


async def test_what_was_an_order_already_is_left_alone(db: Database) -> None:
    async with db.write() as tx:
        ground = await make_ground(tx)
        first = await make_order(tx, ground, external_reference="R-1")
    before = await row_counts(db, *TABLES)
    async with db.write() as tx:
        again = order_draft(ground, external_reference="R-1", lines=[(5, 100)])
        assert await create_orders(tx, [again], actor="import", now=NOW) == [None]
    assert await row_counts(db, *TABLES) == before
    async with db.write() as tx:
        new, twin = (order_draft(ground, external_reference="R-2") for _ in range(2))
        answers = await create_orders(tx, [again, new, twin], actor="import", now=NOW)
    assert [answer.id if answer else None for answer in answers] == [None, new.id, None]
    assert (await order_row(db, first.id))["total_minor"] == 2740


async def test_a_return_that_another_system_reports_takes_its_tax_back(db: Database) -> None:
    async with db.write() as tx:
        ground = await make_ground(tx)
        sold = await make_order(tx, ground, lines=[(3, 999)], status="COMPLETED", payment_status="CAPTURED")
        back = await make_order(tx, ground, lines=[(-3, 999)], status="RETURNED", payment_status="REFUNDED")
    assert (back.total_minor, back.tax_minor) == (-sold.total_minor, -sold.tax_minor) == (-2997, -272)


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"lines": [(9999, 1_000_000)]}, AmountTooLarge),
        ({"lines": [(2, 2**31 - 1)]}, AmountTooLarge),
        ({"email": "nobody"}, InvalidEmail),
    ],
)
async def test_a_refusal_leaves_nothing(db: Database, fields: dict[str, object], error: type[Exception]) -> None:
    async with db.write() as tx:
        ground = await make_ground(tx)
    before = await row_counts(db, *TABLES)
    async with db.write() as tx:
        with pytest.raises(error):
            await make_order(tx, ground, **fields)
    assert await row_counts(db, *TABLES) == before


async def test_no_drafts_are_no_orders(db: Database) -> None:
    async with db.write() as tx:
        assert await create_orders(tx, [], actor="import", now=NOW) == []
        assert await lines_of(tx, [UUID(int=1)]) == []
