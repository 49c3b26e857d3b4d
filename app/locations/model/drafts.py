"""A location as its owner describes it, before it is saved."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.kit.errors import DomainError
from app.locations.errors import InvalidLocation
from app.locations.model.hours import Hours, check_hours
from app.locations.model.places import ABILITIES, TRANSIT_CODE, Abilities, LocationKind, Point
from app.locations.model.postal import parse_postal_code
from app.locations.model.prefectures import PREFECTURES

MAX_CODE: Final = 64
MAX_NAME: Final = 200
_CODE: Final = re.compile(rf"(?!\s).{{1,{MAX_CODE}}}(?<!\s)")
MAX_HOLD_DAYS: Final = 60


@dataclass(frozen=True, slots=True)
class LocationDraft:
    """All that is said about a location; saving replaces what was known under the same code.

    names: language to text. address: the part behind the prefecture. prefecture: JIS X 0401. hold_days: how
    long goods wait for their buyer. abilities: None takes what is usual for the kind.
    """

    code: str
    kind: LocationKind
    names: Mapping[str, str]
    point: Point | None = None
    prefecture: int | None = None
    postal_code: str | None = None
    address: str = ""
    partner_id: UUID | None = None
    hours: Hours = field(default_factory=dict[str, list[list[str]]])
    timezone: str = "Asia/Tokyo"
    hold_days: int = 7
    is_active: bool = True
    abilities: Abilities | None = None

    @property
    def does(self) -> Abilities:
        """What this location does."""
        return self.abilities or ABILITIES[self.kind]


def check_drafts(drafts: Iterable[LocationDraft]) -> list[LocationDraft]:
    """The drafts in order of code, with postal codes as seven digits.

    Raises InvalidLocation with `location_code` for the first one that cannot be saved, also when two share a
    code.
    """
    checked: dict[str, LocationDraft] = {}
    for draft in drafts:
        if draft.code in checked:
            raise _invalid(draft, "is given twice")
        checked[draft.code] = _check(draft)
    return [checked[code] for code in sorted(checked)]


def _check(draft: LocationDraft) -> LocationDraft:
    if not _CODE.fullmatch(draft.code) or not draft.code.isprintable():
        raise _invalid(draft, f"needs a code of 1 to {MAX_CODE} characters without blanks around it")
    if draft.kind is LocationKind.IN_TRANSIT or draft.code == TRANSIT_CODE:
        raise _invalid(draft, "is the one for goods on their way, which nobody changes")
    if not draft.names or not all(name.strip() and len(name) <= MAX_NAME for name in draft.names.values()):
        raise _invalid(draft, f"needs a name of 1 to {MAX_NAME} characters in every language that is given")
    if draft.prefecture is not None and draft.prefecture not in PREFECTURES:
        raise _invalid(draft, f"has the prefecture {draft.prefecture}, which is not in 1 to 47")
    if draft.point is not None and not draft.point.is_on_earth():
        raise _invalid(draft, "has coordinates that are not on earth")
    if not 1 <= draft.hold_days <= MAX_HOLD_DAYS:
        raise _invalid(draft, f"holds goods for {draft.hold_days} days, which is not in 1 to {MAX_HOLD_DAYS}")
    try:
        check_hours(draft.hours)
        ZoneInfo(draft.timezone)
        postal_code = parse_postal_code(draft.postal_code) if draft.postal_code else None
    except DomainError as error:
        raise _invalid(draft, f"is not right: {error.message}") from error
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise _invalid(draft, f"is in no known time zone: {draft.timezone!r}") from error
    return draft if postal_code == draft.postal_code else replace(draft, postal_code=postal_code)


def _invalid(draft: LocationDraft, trouble: str) -> InvalidLocation:
    message = f"The location {draft.code[:MAX_CODE]!r} {trouble}."
    return InvalidLocation(message, location_code=draft.code[:MAX_CODE])
