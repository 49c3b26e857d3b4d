"""Order histories: which column means what, and what a row must look like. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Final
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo, available_timezones

from app.catalog.model import MAX_CODE_LENGTH
from app.integrations.errors import RowRefused
from app.kit.money import EXPONENTS, split_amount
from app.kit.tax import TaxClass

MAX_QUANTITY: Final = 1_000_000
LANGUAGES: Final = ("ja", "en")
MAX_PRICE: Final = Decimal(10_000_000)
_NAMESPACE: Final = UUID("6f8a1c52-3f0e-5f0b-9d53-6a9f3b1c2d47")


@dataclass(frozen=True, slots=True)
class OrderLayout:
    """Which column of an order history means what. `customer`, `name` and `country` may be empty: no such column.

    source: the system that wrote it; its invoice numbers are unique within it. cancellation_prefix: invoices that begin
    with it take an earlier sale back. timezone: of the dates in the file. language: of the products' names. tax_class:
    of products that are new.
    """

    source: str
    invoice: str
    sku: str
    quantity: str
    at: str
    price: str
    currency: str
    name: str = ""
    customer: str = ""
    country: str = ""
    cancellation_prefix: str = "C"
    timezone: str = "UTC"
    language: str = "en"
    tax_class: str = TaxClass.EXEMPT

    def columns(self) -> list[str]:
        """The columns that a file must have."""
        named = [
            self.invoice,
            self.sku,
            self.quantity,
            self.at,
            self.price,
            self.name,
            self.customer,
            self.country,
        ]
        return [column for column in named if column]

    def with_columns(self, mapping: Mapping[str, str]) -> "OrderLayout":
        """The same layout with other column names. Raises ValueError for a meaning that does not exist."""
        unknown = sorted(mapping.keys() - {"invoice", "sku", "quantity", "at", "price", "name", "customer", "country"})
        if unknown:
            message = f"An order history has no {', '.join(unknown)}."
            raise ValueError(message)
        return replace(self, **mapping)

    def with_facts(self, **facts: str | None) -> "OrderLayout":
        """The same layout for another source, currency, timezone, language or tax_class; None keeps what it says.

        Raises ValueError, with a sentence, for a value that cannot be.
        """
        changed = replace(self, **{name: value for name, value in facts.items() if value is not None})
        troubles = {
            f"{changed.currency} is no known currency. Known: {', '.join(EXPONENTS)}.": changed.currency in EXPONENTS,
            f"{changed.timezone} is no known time zone. Example: Asia/Tokyo.": changed.timezone
            in available_timezones(),
            f"{changed.language} is no known language: ja or en.": changed.language in LANGUAGES,
            f"{changed.tax_class} is no tax class: {', '.join(TaxClass)}.": changed.tax_class in set(TaxClass),
            "A source is a name of 1 to 64 visible characters.": _is_name(changed.source),
        }
        for trouble, is_fine in troubles.items():
            if not is_fine:
                raise ValueError(trouble)
        return changed


def _is_name(text: str) -> bool:
    return 0 < len(text) <= MAX_CODE_LENGTH and text.isprintable() and text == text.strip() and text != "cart"


ORDER_LAYOUTS: Final = {
    "online-retail": OrderLayout(
        source="online-retail",
        invoice="InvoiceNo",
        sku="StockCode",
        name="Description",
        quantity="Quantity",
        at="InvoiceDate",
        price="UnitPrice",
        customer="CustomerID",
        country="Country",
        currency="GBP",
        timezone="Europe/London",
    )
}


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One sold (quantity > 0) or returned (quantity < 0) line. The price is in minor units, the instant in UTC."""

    row_no: int
    invoice: str
    sku: str
    name: str
    quantity: int
    at: datetime
    price_minor: int
    customer: str
    country: str
    is_cancellation: bool


def parse_history_line(row_no: int, row: Mapping[str, str | None], layout: OrderLayout) -> HistoryLine:
    """The meaning of one row. Raises RowRefused with a reason for people."""
    if None in row.values():
        message = "The row has fewer columns than the header."
        raise RowRefused(message)
    values = {name: (value or "").strip() for name, value in row.items()}
    invoice, sku = values[layout.invoice], values[layout.sku].upper()
    if not invoice:
        message = "The row has no invoice number."
        raise RowRefused(message)
    if not sku or len(sku) > MAX_CODE_LENGTH:
        message = "The row has no usable product code."
        raise RowRefused(message)
    return HistoryLine(
        row_no=row_no,
        invoice=invoice,
        sku=sku,
        name=" ".join(values.get(layout.name, "").split()),
        quantity=_quantity(values[layout.quantity]),
        at=_instant(values[layout.at], layout.timezone),
        price_minor=_minor_units(values[layout.price], layout.currency),
        customer=values.get(layout.customer, "").removesuffix(".0"),
        country=values.get(layout.country, ""),
        is_cancellation=bool(layout.cancellation_prefix) and invoice.startswith(layout.cancellation_prefix),
    )


def _quantity(text: str) -> int:
    try:
        quantity = int(text)
    except ValueError:
        message = f"{text[:40]!r} is no whole quantity."
        raise RowRefused(message) from None
    if quantity == 0 or abs(quantity) > MAX_QUANTITY:
        message = f"A quantity lies between 1 and {MAX_QUANTITY:,} (returns: negative), not {quantity}."
        raise RowRefused(message)
    return quantity


def _instant(text: str, timezone: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        message = f"{text[:40]!r} is no date of the form 2026-11-22 or 2026-11-22 13:45:00."
        raise RowRefused(message) from None
    return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(timezone))).astimezone(UTC)


def _minor_units(text: str, currency: str) -> int:
    try:
        price = Decimal(text)
    except InvalidOperation:
        message = f"{text[:40]!r} is no price."
        raise RowRefused(message) from None
    minor = price.scaleb(EXPONENTS[currency]) if price.is_finite() else Decimal(-1)
    if not 0 <= minor <= MAX_PRICE * 10 ** EXPONENTS[currency] or minor != minor.to_integral_value():
        message = f"{text[:40]!r} is no price in {currency}."
        raise RowRefused(message)
    return int(minor)


@dataclass(slots=True)
class ProductSummary:
    """What a history tells of one product code."""

    name: str = ""
    price_minor: int = 0
    sold: int = 0

    def add(self, line: HistoryLine) -> None:
        """Later rows know the name and price better; free goods do not tell a price."""
        self.name = line.name or self.name
        self.price_minor = line.price_minor or self.price_minor
        self.sold += max(line.quantity, 0)


def cause_of(source: str, step: str) -> UUID:
    """The same id for the same step of the same import, whenever it is run: the ledger's cause."""
    return uuid5(_NAMESPACE, f"{source}:{step}")


def opening_quantities(total: int, locations: int) -> list[int]:
    """How an opening stock lies at locations: the first one has the bulk, the others share the rest."""
    return split_amount(total, [7, *([3] * (locations - 1))])
