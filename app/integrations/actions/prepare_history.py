"""What an order history needs before its first order: products, prices, customers, a channel, opening stock."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from app.catalog.actions.save_products import save_products
from app.catalog.actions.set_prices import set_prices
from app.catalog.model import PriceDraft, ProductDraft, VariantDraft
from app.catalog.sql import variant_ids_by_sku
from app.channels.sql import channel_by_code
from app.integrations import sql
from app.integrations.actions.open_import_channel import open_import_channel
from app.integrations.actions.read_opening_stock import read_opening_stock
from app.integrations.actions.read_table import read_table
from app.integrations.errors import RowRefused, UnreadableFile
from app.integrations.model import (
    OrderLayout,
    ProductSummary,
    cause_of,
    opening_quantities,
    parse_history_line,
)
from app.inventory.actions.receive_stock import receive_stock
from app.inventory.model import StockLine
from app.kit import idempotency
from app.kit.db import Database, WriteTx
from app.kit.tax import TaxClass
from app.members.actions.save_members import save_members
from app.members.model import MemberDraft

ACTOR: Final = "import"
CHUNK: Final = 1_000


@dataclass(slots=True)
class HistoryPlan:
    """The first pass over a file. last_rows: the last usable row of each invoice."""

    channel_id: int = 0
    location_ids: tuple[int, ...] = ()
    products: dict[str, ProductSummary] = field(default_factory=dict[str, ProductSummary])
    last_rows: dict[str, int] = field(default_factory=dict[str, int])
    customers: set[str] = field(default_factory=set[str])
    member_ids: dict[str, UUID] = field(default_factory=dict[str, UUID])


async def prepare_history(  # options of a command, all by keyword
    db: Database,
    path: Path,
    *,
    layout: OrderLayout,
    channel: str,
    stock: Path | None,
    encoding: str | None,
    now: datetime,
) -> HistoryPlan:
    """Read the file once, save what its orders refer to, and say what was found.

    Each step can be repeated without effect. Raises UnreadableFile before anything is written when the file cannot
    be read to its end, or when the channel sells in another currency.
    """
    plan = _read(path, layout, encoding)
    levels = read_opening_stock(stock, encoding=encoding) if stock else None

    async def work(tx: WriteTx) -> None:
        row = await channel_by_code(tx, channel)
        if row is None:
            plan.channel_id, group_id = await open_import_channel(tx, code=channel, currency=layout.currency, now=now)
        elif row["currency"] != layout.currency:
            message = f"The channel {channel} sells in {row['currency']}, the file is in {layout.currency}."
            raise UnreadableFile(message)
        else:
            plan.channel_id, group_id = row["id"], row["location_group_id"]
        plan.location_ids = tuple(await sql.stock_locations(tx, group_id))
        if not plan.location_ids:
            message = f"The channel {channel} has no location that holds stock."
            raise UnreadableFile(message)
        await _save_products(tx, plan, layout, now)
        await _save_customers(tx, plan, layout, now)
        await _receive_opening_stock(tx, plan, layout, path, levels)

    await db.in_write(work)
    await db.refresh_statistics()
    return plan


def _read(path: Path, layout: OrderLayout, encoding: str | None) -> HistoryPlan:
    plan = HistoryPlan()
    for row_no, row in read_table(path, layout.columns(), encoding=encoding):
        try:
            line = parse_history_line(row_no, row, layout)
        except RowRefused:
            continue
        plan.last_rows[line.invoice] = row_no
        plan.products.setdefault(line.sku, ProductSummary()).add(line)
        if line.customer:
            plan.customers.add(line.customer)
    return plan


async def _save_products(tx: WriteTx, plan: HistoryPlan, layout: OrderLayout, now: datetime) -> None:
    codes = sorted(plan.products)
    known = await variant_ids_by_sku(tx, codes)
    new = [code for code in codes if code not in known]
    for start in range(0, len(new), CHUNK):
        chunk = new[start : start + CHUNK]
        drafts = [_product(code, plan.products[code], layout) for code in chunk]
        ids = await save_products(tx, drafts, now)
        prices = [PriceDraft(variant_id=ids[code], price_minor=plan.products[code].price_minor) for code in chunk]
        await set_prices(tx, plan.channel_id, prices)


def _product(code: str, summary: ProductSummary, layout: OrderLayout) -> ProductDraft:
    slug = "-".join("".join(character if character.isalnum() else " " for character in code.casefold()).split())
    return ProductDraft(
        slug=f"sku-{slug or code.encode().hex()}",
        names={layout.language: summary.name or code},
        variants=(VariantDraft(sku=code),),
        tax_class=TaxClass(layout.tax_class),
    )


async def _save_customers(tx: WriteTx, plan: HistoryPlan, layout: OrderLayout, now: datetime) -> None:
    customers = sorted(plan.customers)
    drafts = [
        MemberDraft(
            number=f"{layout.source}-{customer}",
            name=f"Customer {customer}",
            external_reference=f"{layout.source}:{customer}",
        )
        for customer in customers
    ]
    ids = await save_members(tx, drafts, now=now)
    plan.member_ids = {customer: ids[draft.key] for customer, draft in zip(customers, drafts, strict=True)}


async def _receive_opening_stock(
    tx: WriteTx, plan: HistoryPlan, layout: OrderLayout, path: Path, levels: Sequence[tuple[str, int]] | None
) -> None:
    """Once per file, however often the import is started."""
    key = f"{layout.source}:{path.name}:opening-stock"
    stored = await idempotency.claim(tx, caller=ACTOR, key=key, operation="openingStock", body=b"")
    if stored is not None:
        return
    if levels is None:
        levels = [(code, summary.sold) for code, summary in sorted(plan.products.items()) if summary.sold]
    variants = await variant_ids_by_sku(tx, sorted({code for code, _ in levels}))
    lines = [
        StockLine(variants[code], location_id, quantity)
        for code, total in levels
        if code in variants
        for location_id, quantity in zip(
            plan.location_ids, opening_quantities(total, len(plan.location_ids)), strict=True
        )
        if quantity
    ]
    cause_id = cause_of(layout.source, key)
    for start in range(0, len(lines), CHUNK):
        await receive_stock(
            tx,
            lines[start : start + CHUNK],
            kind="RECEIVED",
            cause_kind="IMPORT",
            cause_id=cause_id,
            actor=ACTOR,
            reason="OPENING_STOCK",
        )
    await idempotency.answer(tx, caller=ACTOR, key=key, value={"lines": len(lines)})
