"""Rows of files that carriers give back: numbers of labels, and what became of parcels. Pure."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from app.fulfillment.model.packages import TrackingKind, plain_number
from app.integrations.errors import RowRefused
from app.integrations.model.carrier_files import CarrierLayout, number_in

# Words of the carriers' pages and files.
STATUS_WORDS: Final = {
    "荷物受付": TrackingKind.HANDED_OVER,
    "発送済み": TrackingKind.IN_TRANSIT,
    "コンビニ・ロッカー等に到着": TrackingKind.AT_POINT,
    "お届け先店舗に到着": TrackingKind.AT_POINT,
    "お渡し完了": TrackingKind.DELIVERED,
    "配達完了": TrackingKind.DELIVERED,
    "保管期限切れ": TrackingKind.RETURNING,
    "返品": TrackingKind.RETURNING,
    "差出人に返送": TrackingKind.RETURNING,
    "持戻(不在)": TrackingKind.DELIVERY_ATTEMPTED,
    **{kind.value: kind for kind in TrackingKind if kind is not TrackingKind.TAKEN_BACK},
}
STATUS_COLUMNS: Final = ("tracking_number", "status", "occurred_at")
_HYPHENLESS: Final = 60


@dataclass(frozen=True, slots=True)
class NumberRow:
    """A label that was printed. fulfillment: the number that its reference means."""

    fulfillment: int
    tracking_number: str


@dataclass(frozen=True, slots=True)
class StatusRow:
    """Something that became of a parcel. key: the same for the same row, whichever file it comes in."""

    tracking_number: str
    kind: TrackingKind
    occurred_at: datetime
    note: str
    key: str


def is_of_statuses(titles: list[str]) -> bool:
    """Whether a file with these titles tells what became of parcels."""
    return set(STATUS_COLUMNS) <= set(titles)


def parse_number(cells: Mapping[str | int, str], layout: CarrierLayout) -> NumberRow:
    """The meaning of a row of a file with numbers; cells: by title and by place. Raises RowRefused."""
    return number_row(cells.get(layout.reference, ""), cells.get(layout.number, ""))


def number_row(reference: str, number: str) -> NumberRow:
    """The same, of a reference and a tracking number. Raises RowRefused."""
    fulfillment = number_in(reference)
    if fulfillment is None:
        raise RowRefused(f"{reference[:20]!r} is no reference of ours, such as F123.")
    number = plain_number(number.strip())
    if not number:
        raise RowRefused("The row has no tracking number yet.")
    if len(number) > _HYPHENLESS or not number.isprintable():
        raise RowRefused("A tracking number has up to 60 printable characters.")
    return NumberRow(fulfillment, number)


def parse_status(row: Mapping[str, str | None], carrier: str, timezone: str) -> StatusRow:
    """The meaning of a row of a file of statuses; times without a zone are of `timezone`. Raises RowRefused."""
    number = (row["tracking_number"] or "").strip()
    word = (row["status"] or "").strip()
    kind = STATUS_WORDS.get(word)
    if not number:
        raise RowRefused("The row has no tracking number.")
    if kind is None:
        raise RowRefused(f"{word[:20]!r} is no known status. Known: {', '.join(STATUS_WORDS)}.")
    try:
        at = datetime.fromisoformat((row["occurred_at"] or "").strip().replace("/", "-"))
    except ValueError:
        raise RowRefused("occurred_at is a time such as 2026-11-02 14:30.") from None
    if at.tzinfo is None:
        at = at.replace(tzinfo=ZoneInfo(timezone))
    key = hashlib.sha256(f"{carrier}\0{plain_number(number)}\0{kind}\0{at.isoformat()}".encode()).hexdigest()
    return StatusRow(number, kind, at, word, f"file {key}")
