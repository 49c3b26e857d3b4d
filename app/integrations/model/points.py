"""Lists of pickup points: which column means what, and what a row must look like. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from app.integrations.errors import RowRefused
from app.locations.errors import InvalidPostalCode
from app.locations.model import parse_postal_code


@dataclass(frozen=True, slots=True)
class PointLayout:
    """Which column of a list of points means what. `closed` and `address` may be empty: no such column.

    empty: the text that stands for "nothing" in this file. prefix: put before each code, so that codes of several
    lists do not meet.
    """

    prefix: str
    code: str
    name: str
    latitude: str
    longitude: str
    prefecture: str
    postal_code: str
    address: str = ""
    closed: str = ""
    empty: str = "NULL"

    def columns(self) -> list[str]:
        """The columns that a file must have."""
        named = [self.code, self.name, self.latitude, self.longitude, self.prefecture, self.postal_code]
        return [*named, *(column for column in (self.address, self.closed) if column)]


POINT_LAYOUTS: Final = {
    "jp-stations": PointLayout(
        prefix="STATION-",
        code="code",
        name="name",
        latitude="lat",
        longitude="lng",
        prefecture="prefecture",
        postal_code="postal_code",
        address="address",
        closed="closed",
    )
}
MAX_PREFECTURE: Final = 47


@dataclass(frozen=True, slots=True)
class PointRow:
    """One place: JIS X 0401 prefecture, postal code of seven digits or None, degrees."""

    code: str
    name: str
    latitude: float
    longitude: float
    prefecture: int
    postal_code: str | None
    address: str


def parse_point(row: Mapping[str, str | None], layout: PointLayout) -> PointRow:
    """The meaning of one row. Raises RowRefused with a reason for people."""
    if None in row.values():
        message = "The row has fewer or more columns than the header."
        raise RowRefused(message)
    values = {name: "" if value == layout.empty else (value or "").strip() for name, value in row.items()}
    code, name, prefecture = values[layout.code], values[layout.name], values[layout.prefecture]
    if not code or not name:
        message = "The row has no code or no name."
        raise RowRefused(message)
    if layout.closed and values[layout.closed] == "1":
        message = f"{name} is closed."
        raise RowRefused(message)
    if not (prefecture.isascii() and prefecture.isdigit() and 1 <= int(prefecture) <= MAX_PREFECTURE):
        message = f"{prefecture[:20]!r} is no prefecture number (JIS X 0401, 1 to 47)."
        raise RowRefused(message)
    return PointRow(
        code=layout.prefix + code,
        name=name,
        latitude=_degrees(values[layout.latitude], 90),
        longitude=_degrees(values[layout.longitude], 180),
        prefecture=int(prefecture),
        postal_code=_postal_code(values[layout.postal_code]),
        address=values.get(layout.address, ""),
    )


def _degrees(text: str, limit: int) -> float:
    try:
        degrees = float(text)
    except ValueError:
        degrees = float("nan")
    if not -limit <= degrees <= limit:
        message = f"{text[:20]!r} is no coordinate in degrees."
        raise RowRefused(message)
    return degrees


def _postal_code(text: str) -> str | None:
    if not text:
        return None
    try:
        return parse_postal_code(text)
    except InvalidPostalCode as error:
        raise RowRefused(error.message) from None
