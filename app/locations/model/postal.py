"""Japanese postal codes and roughly where they lie."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from app.locations.errors import InvalidPostalCode
from app.locations.model.places import Point

# Prefixes that are looked up, longest first. Two digits are built in, longer ones are learnt.
PREFIX_LENGTHS: Final = (7, 5, 3, 2)
LEARNT_LENGTHS: Final = (7, 5, 3)
MAX_TEXT: Final = 40

# After NFKC. Keyboards, PDFs and spreadsheets make all of these from the key that says minus; the long vowel
# mark and the box line are what Japanese input methods offer for it.
_HYPHENS: Final = "-\u2010\u2011\u2012\u2013\u2014\u2015\u2212\u2043\u02d7\u30fc\u2500\u2501"
_POSTAL_CODE: Final = re.compile(rf"〒?\s*([0-9]{{3}})\s*[{_HYPHENS}]?\s*([0-9]{{4}})")


@dataclass(frozen=True, slots=True)
class PostalArea:
    """All postal codes with one prefix: their prefecture (JIS X 0401) and centre."""

    prefix: str
    prefecture: int
    point: Point


def parse_postal_code(text: str) -> str:
    """The seven digits of a postal code.

    Takes full-width digits, hyphens of all kinds, spaces and a leading 〒. Raises InvalidPostalCode.
    """
    match = None
    if len(text) <= MAX_TEXT:
        match = _POSTAL_CODE.fullmatch(unicodedata.normalize("NFKC", text).strip())
    if match is None:
        message = "A postal code has seven digits, such as 150-0001."
        raise InvalidPostalCode(message, value=text[:MAX_TEXT])
    return match[1] + match[2]


def postal_prefixes(postal_code: str) -> list[str]:
    """The prefixes under which a seven-digit code may be known, longest first."""
    return [postal_code[:length] for length in PREFIX_LENGTHS]


def average_areas(points: Iterable[tuple[str, Point, int]]) -> list[PostalArea]:
    """The centres of all areas of seven, five and three digits that hold a point, in order of prefix.

    points: (postal code, point, prefecture).
    An area's centre is the mean of its points, its prefecture the most frequent one (the lower number when
    equal). Raises InvalidPostalCode.
    """
    sums: dict[str, tuple[float, float, Counter[int]]] = {}
    for text, point, prefecture in points:
        postal_code = parse_postal_code(text)
        for length in LEARNT_LENGTHS:
            prefix = postal_code[:length]
            latitude, longitude, prefectures = sums.get(prefix, (0.0, 0.0, Counter[int]()))
            prefectures[prefecture] += 1
            sums[prefix] = (latitude + point.latitude, longitude + point.longitude, prefectures)
    return [_area(prefix, *sums[prefix]) for prefix in sorted(sums)]


def _area(prefix: str, latitude: float, longitude: float, prefectures: Counter[int]) -> PostalArea:
    count = prefectures.total()
    prefecture = min(prefectures, key=lambda number: (-prefectures[number], number))
    return PostalArea(prefix, prefecture, Point(latitude / count, longitude / count))
