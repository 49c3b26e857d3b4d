"""What a row of an order history means, and what it may not look like."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.integrations.errors import RowRefused
from app.integrations.model import (
    ORDER_LAYOUTS,
    HistoryLine,
    cause_of,
    opening_quantities,
    parse_history_line,
)

LAYOUT = ORDER_LAYOUTS["online-retail"]
ROW = {
    "InvoiceNo": "536365",
    "StockCode": "85123a",
    "Description": " WHITE  HEART ",
    "Quantity": "6",
    "InvoiceDate": "2010-07-01 08:26:00",
    "UnitPrice": "2.55",
    "CustomerID": "17850.0",
    "Country": "United Kingdom",
}


def test_a_row_becomes_a_line_with_utc_and_minor_units() -> None:
    assert parse_history_line(2, ROW, LAYOUT) == HistoryLine(
        row_no=2,
        invoice="536365",
        sku="85123A",
        name="WHITE HEART",
        quantity=6,
        at=datetime(2010, 7, 1, 7, 26, tzinfo=UTC),
        price_minor=255,
        customer="17850",
        country="United Kingdom",
        is_cancellation=False,
    )


def test_a_cancellation_is_known_by_its_prefix() -> None:
    line = parse_history_line(2, ROW | {"InvoiceNo": "C536365", "Quantity": "-1"}, LAYOUT)
    assert (line.is_cancellation, line.quantity) == (True, -1)


@pytest.mark.parametrize(
    ("cell", "value", "reason"),
    [
        ("InvoiceNo", " ", "The row has no invoice number."),
        ("StockCode", "", "The row has no usable product code."),
        ("StockCode", "x" * 65, "The row has no usable product code."),
        ("Quantity", "0", "A quantity lies between 1 and 1,000,000 (returns: negative), not 0."),
        (
            "Quantity",
            "2147483648",
            "A quantity lies between 1 and 1,000,000 (returns: negative), not 2147483648.",
        ),
        ("Quantity", "1.5", "'1.5' is no whole quantity."),
        ("Quantity", "", "'' is no whole quantity."),
        (
            "InvoiceDate",
            "01/12/2010",
            "'01/12/2010' is no date of the form 2026-11-22 or 2026-11-22 13:45:00.",
        ),
        ("UnitPrice", "-2.55", "'-2.55' is no price in GBP."),
        ("UnitPrice", "2.555", "'2.555' is no price in GBP."),
        ("UnitPrice", "NaN", "'NaN' is no price in GBP."),
        ("UnitPrice", "Infinity", "'Infinity' is no price in GBP."),
        ("UnitPrice", "1e99", "'1e99' is no price in GBP."),
        ("UnitPrice", "free", "'free' is no price."),
        ("Country", None, "The row has fewer columns than the header."),
    ],
)
def test_a_row_is_refused_with_its_reason(cell: str, value: str | None, reason: str) -> None:
    with pytest.raises(RowRefused) as refused:
        parse_history_line(2, ROW | {cell: value}, LAYOUT)
    assert refused.value.message == reason


def test_columns_can_be_named_otherwise() -> None:
    layout = LAYOUT.with_columns({"sku": "品番", "customer": ""})
    assert layout.columns() == [
        "InvoiceNo",
        "品番",
        "Quantity",
        "InvoiceDate",
        "UnitPrice",
        "Description",
        "Country",
    ]
    with pytest.raises(ValueError, match="An order history has no colour"):
        LAYOUT.with_columns({"colour": "x"})


def test_a_history_can_be_of_another_country() -> None:
    layout = LAYOUT.with_facts(
        source="old-shop", currency="JPY", timezone="Asia/Tokyo", language="ja", tax_class="REDUCED_8"
    )
    line = parse_history_line(2, ROW | {"UnitPrice": "1980"}, layout)
    assert (line.price_minor, line.at) == (1980, datetime(2010, 6, 30, 23, 26, tzinfo=UTC))
    with pytest.raises(RowRefused, match=r"'19\.80' is no price in JPY"):
        parse_history_line(2, ROW | {"UnitPrice": "19.80"}, layout)
    assert LAYOUT.with_facts(currency=None) == LAYOUT


@pytest.mark.parametrize(
    ("fact", "reason"),
    [
        ({"currency": "YEN"}, "YEN is no known currency"),
        ({"timezone": "Tokyo"}, "Tokyo is no known time zone"),
        ({"language": "fr"}, "fr is no known language"),
        ({"tax_class": "10"}, "10 is no tax class"),
        ({"source": ""}, "A source is a name"),
        ({"source": "cart"}, "A source is a name"),
    ],
)
def test_a_fact_that_cannot_be(fact: dict[str, str], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        LAYOUT.with_facts(**fact)


@given(st.integers(0, 10**9), st.integers(1, 80))
def test_an_opening_stock_is_shared_out_whole(total: int, locations: int) -> None:
    shares = opening_quantities(total, locations)
    assert (sum(shares), len(shares)) == (total, locations)
    assert min(shares) >= 0
    assert shares[0] == max(shares)


def test_the_same_step_has_the_same_cause() -> None:
    assert cause_of("a", "b") == cause_of("a", "b")
    assert cause_of("a", "b") != cause_of("a", "c")
