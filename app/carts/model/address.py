"""What buyers write about themselves: addresses, checked and in one spelling."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Any, Final

from app.kit.errors import DomainError, InvalidInput, Refusals
from app.locations.errors import InvalidPostalCode
from app.locations.model import PREFECTURES, parse_postal_code

# Longest texts in characters, as they fit on a parcel's label.
LENGTHS: Final = {"name": 100, "name_kana": 100, "phone": 20, "city": 100, "line1": 200, "line2": 200}
OPTIONAL: Final = frozenset({"name_kana", "line2"})
_PHONE: Final = re.compile(r"[+(]?[0-9][0-9() -]{6,17}[0-9]")


@dataclass(frozen=True, slots=True)
class AddressDraft:
    """A Japanese address as it was typed. prefecture: JIS X 0401, 1 (Hokkaido) to 47 (Okinawa)."""

    name: str
    phone: str
    postal_code: str
    prefecture: int
    city: str
    line1: str
    line2: str | None = None
    name_kana: str | None = None


def is_plain_text(text: str) -> bool:
    """Whether `text` has no control characters and no halves of characters, which no label could show."""
    return not any(unicodedata.category(character) in {"Cc", "Cs"} for character in text)


def clean_address(draft: AddressDraft, *path: str) -> dict[str, Any]:
    """The address as it is stored: trimmed, digits half-width, the postal code as seven digits.

    path: where the address stands in the input. Raises Refusals with one refusal per wrong field.
    """
    texts = {name: (getattr(draft, name) or "").strip() for name in LENGTHS}
    texts["phone"] = unicodedata.normalize("NFKC", texts["phone"])
    refusals: list[DomainError] = [
        InvalidInput(trouble, path=[*path, _camel(name)])
        for name, text in texts.items()
        if (trouble := _trouble(name, text)) is not None
    ]
    if draft.prefecture not in PREFECTURES:
        message = "A prefecture is a JIS X 0401 number, 1 (Hokkaido) to 47 (Okinawa)."
        refusals.append(InvalidInput(message, path=[*path, "prefecture"]))
    postal_code = ""
    try:
        postal_code = parse_postal_code(draft.postal_code)
    except InvalidPostalCode as refusal:
        refusal.path = [*path, "postalCode"]
        refusals.append(refusal)
    if refusals:
        raise Refusals(refusals)
    stored = {name: text or None for name, text in texts.items()}
    return {**stored, "postal_code": postal_code, "prefecture": draft.prefecture}


def _trouble(name: str, text: str) -> str | None:
    if not text:
        return None if name in OPTIONAL else "This is needed."
    if len(text) > LENGTHS[name]:
        return f"This has up to {LENGTHS[name]} characters."
    if not is_plain_text(text):
        return "This has control characters."
    if name == "phone" and _PHONE.fullmatch(text) is None:
        return "A phone number has digits, with +, spaces, hyphens and brackets among them: 03-1234-5678."
    return None


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)
