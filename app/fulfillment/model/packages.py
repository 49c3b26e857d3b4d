"""What leaves with a carrier: parcels, their numbers, and what can become of them. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from app.fulfillment.errors import InvalidPackage
from app.kit.errors import InvalidInput
from app.kit.machine import Machine

MAX_PACKAGES: Final = 50
MAX_TEXT: Final = 60
MAX_SIDE_MM: Final = 10_000
MAX_WEIGHT_G: Final = 1_000_000
MAX_URL: Final = 500
_SLIP_DIGITS: Final = 12
_CODE: Final = re.compile(r"[a-z][a-z0-9-]{0,59}", re.ASCII)


class TemperatureClass(StrEnum):
    """How cold a parcel is kept on its way."""

    NORMAL = "NORMAL"
    CHILLED = "CHILLED"
    FROZEN = "FROZEN"


class NumberRule(StrEnum):
    """What a carrier's numbers look like. TWELVE_MOD_7: 12 digits, the last one the first 11 modulo 7."""

    ANY = "ANY"
    TWELVE_MOD_7 = "TWELVE_MOD_7"


class PackageStatus(StrEnum):
    """Where a parcel is, as far as its carrier told."""

    LABELED = "LABELED"
    HANDED_OVER = "HANDED_OVER"
    IN_TRANSIT = "IN_TRANSIT"
    OUT_FOR_DELIVERY = "OUT_FOR_DELIVERY"
    DELIVERY_ATTEMPTED = "DELIVERY_ATTEMPTED"
    AT_POINT = "AT_POINT"
    REFUSED = "REFUSED"
    LOST = "LOST"
    RETURNING = "RETURNING"
    RETURNED = "RETURNED"
    DELIVERED = "DELIVERED"
    TAKEN_BACK = "TAKEN_BACK"


class TrackingKind(StrEnum):
    """What can be told of a parcel that has left. Of two at one instant, the upper comes first."""

    HANDED_OVER = "HANDED_OVER"
    IN_TRANSIT = "IN_TRANSIT"
    OUT_FOR_DELIVERY = "OUT_FOR_DELIVERY"
    DELIVERY_ATTEMPTED = "DELIVERY_ATTEMPTED"
    AT_POINT = "AT_POINT"
    REFUSED = "REFUSED"
    LOST = "LOST"
    RETURNING = "RETURNING"
    RETURNED = "RETURNED"
    DELIVERED = "DELIVERED"
    TAKEN_BACK = "TAKEN_BACK"


_S = PackageStatus
_K = TrackingKind
# On its way to the buyer. Scans get lost, so that from any of these a parcel may turn up at any other.
OUT: Final = (
    _S.LABELED,
    _S.HANDED_OVER,
    _S.IN_TRANSIT,
    _S.OUT_FOR_DELIVERY,
    _S.DELIVERY_ATTEMPTED,
    _S.AT_POINT,
)
# Not with the buyer and not in the house.
AWAY: Final = (*OUT, _S.REFUSED, _S.LOST, _S.RETURNING, _S.RETURNED)

PACKAGE: Final = Machine(
    "parcel",
    (_S.LABELED,),
    {
        _K.HANDED_OVER: {_S.LABELED: (_S.HANDED_OVER,)},
        # A scan on the way back says nothing new.
        _K.IN_TRANSIT: {**dict.fromkeys((*OUT, _S.LOST), (_S.IN_TRANSIT,)), _S.RETURNING: (_S.RETURNING,)},
        _K.OUT_FOR_DELIVERY: dict.fromkeys((*OUT, _S.LOST, _S.REFUSED), (_S.OUT_FOR_DELIVERY,)),
        _K.DELIVERY_ATTEMPTED: dict.fromkeys((*OUT, _S.LOST), (_S.DELIVERY_ATTEMPTED,)),
        _K.AT_POINT: dict.fromkeys((*OUT, _S.LOST, _S.REFUSED), (_S.AT_POINT,)),
        _K.REFUSED: dict.fromkeys((*OUT, _S.LOST), (_S.REFUSED,)),
        _K.LOST: dict.fromkeys((*OUT, _S.REFUSED, _S.RETURNING), (_S.LOST,)),
        _K.RETURNING: dict.fromkeys((*OUT, _S.REFUSED, _S.LOST), (_S.RETURNING,)),
        _K.RETURNED: dict.fromkeys((*OUT, _S.REFUSED, _S.LOST, _S.RETURNING), (_S.RETURNED,)),
        _K.DELIVERED: dict.fromkeys((*OUT, _S.REFUSED, _S.LOST, _S.RETURNING), (_S.DELIVERED,)),
        _K.TAKEN_BACK: dict.fromkeys(AWAY, (_S.TAKEN_BACK,)),
    },
)


@dataclass(frozen=True, slots=True)
class PackageDraft:
    """A parcel that leaves. Sides in mm, all three or none; weight in g.

    carrier: a code of `carriers`, or another name. service: the carrier's product, in its own words.
    """

    carrier: str
    tracking_number: str
    service: str | None = None
    length_mm: int | None = None
    width_mm: int | None = None
    height_mm: int | None = None
    weight_g: int | None = None
    temperature: TemperatureClass = TemperatureClass.NORMAL


def check_packages(drafts: Sequence[PackageDraft]) -> list[PackageDraft]:
    """The parcels of one shipment, without blanks around their texts. Raises InvalidPackage with their place."""
    if not 1 <= len(drafts) <= MAX_PACKAGES:
        raise InvalidPackage(f"A shipment has 1 to {MAX_PACKAGES} parcels.")
    checked: list[PackageDraft] = []
    for place, draft in enumerate(drafts):
        carrier = _text(draft.carrier, "carrier", place)
        number = _text(draft.tracking_number, "trackingNumber", place)
        service = None if draft.service is None else _text(draft.service, "service", place)
        sides = (draft.length_mm, draft.width_mm, draft.height_mm)
        if any(side is not None for side in sides) and any(side is None for side in sides):
            raise InvalidPackage("A parcel has three sides, or none is told.", place=place, name="lengthMm")
        for name, side in zip(("lengthMm", "widthMm", "heightMm"), sides, strict=True):
            _number(side, MAX_SIDE_MM, name, place)
        _number(draft.weight_g, MAX_WEIGHT_G, "weightG", place)
        checked.append(PackageDraft(carrier, number, service, *sides, draft.weight_g, draft.temperature))
        names = [(one.carrier, one.tracking_number) for one in checked]
        if names[-1] in names[:-1]:
            raise InvalidPackage("Each parcel has a number of its own.", place=place, name="trackingNumber")
    return checked


def _text(text: str, name: str, place: int) -> str:
    text = text.strip()
    if not 1 <= len(text) <= MAX_TEXT or not text.isprintable():
        raise InvalidPackage(f"{name} has 1 to {MAX_TEXT} printable characters.", place=place, name=name)
    return text


def _number(value: int | None, most: int, name: str, place: int) -> None:
    if value is not None and not 1 <= value <= most:
        raise InvalidPackage(f"{name} is 1 to {most:,}.", place=place, name=name)


def is_plausible(number: str, rule: str) -> bool:
    """Whether a carrier may have given this number. Blanks and hyphens between its digits do not count."""
    if rule == NumberRule.ANY:
        return True
    digits = plain_number(number)
    if not (digits.isascii() and digits.isdigit() and len(digits) == _SLIP_DIGITS):
        return False
    return int(digits[:-1]) % 7 == int(digits[-1])


def plain_number(number: str) -> str:
    """A tracking number as it is compared: without blanks and hyphens."""
    return number.replace(" ", "").replace("-", "")


def tracking_url(template: str | None, number: str) -> str | None:
    """Where people follow the parcel; None for carriers that have no such page. `{number}` is replaced."""
    return None if template is None else template.replace("{number}", plain_number(number))


def reference_of(number: int) -> str:
    """By which carriers' files know a fulfillment: at most 15 half-width characters."""
    return f"F{number}"


def check_carrier(code: str, url: str | None) -> None:
    """Raise InvalidInput unless a carrier can have this code and this page."""
    if not _CODE.fullmatch(code):
        message = "A code has 1 to 60 small letters, digits and hyphens, and begins with a letter."
        raise InvalidInput(message, path=["input", "code"])
    if url is not None and not (
        url.startswith("https://") and "{number}" in url and len(url) <= MAX_URL and url.isprintable()
    ):
        message = f"The page begins with https://, names {{number}} and has up to {MAX_URL} characters."
        raise InvalidInput(message, path=["input", "trackingUrl"])
