"""Rules of imports: layouts, rows and reports. No I/O."""

from app.integrations.model.orders import (
    MAX_QUANTITY,
    ORDER_LAYOUTS,
    HistoryLine,
    OrderLayout,
    ProductSummary,
    cause_of,
    opening_quantities,
    parse_history_line,
)
from app.integrations.model.points import POINT_LAYOUTS, PointLayout, PointRow, parse_point
from app.integrations.model.reports import ImportReport, Refusal
from app.integrations.model.stock import StockLayout, StockReport, reason_of

__all__ = [
    "MAX_QUANTITY",
    "ORDER_LAYOUTS",
    "POINT_LAYOUTS",
    "HistoryLine",
    "ImportReport",
    "OrderLayout",
    "PointLayout",
    "PointRow",
    "ProductSummary",
    "Refusal",
    "StockLayout",
    "StockReport",
    "cause_of",
    "opening_quantities",
    "parse_history_line",
    "parse_point",
    "reason_of",
]
