"""What the mutations of locations make of their inputs: drafts and ids, or refusals that point at the input."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from app.kit.db import ReadTx
from app.kit.errors import BeyondKey, DomainError, InvalidInput, NotFound, Refusals
from app.kit.graphql.inputs import check_rows, is_everywhere, text_of, texts_of
from app.kit.permissions import Actor
from app.kit.text import is_storable
from app.locations.graphql.mutations.forms import LocationInput, OpeningHoursInput
from app.locations.model import LocationDraft, Point
from app.locations.model.places import Abilities
from app.locations.sql.locations import location_ids_by_code
from app.partners.sql import partner_ids_by_code


async def location_drafts(tx: ReadTx, given: Sequence[LocationInput], *path: str) -> list[LocationDraft]:
    """Raises InvalidInput where a text cannot be kept, NotFound for all partners that do not exist."""
    partners = await _partners(tx, given, *path)
    return [_draft(one, partners, *path, str(index)) for index, one in enumerate(given)]


async def _partners(tx: ReadTx, given: Sequence[LocationInput], *path: str) -> Mapping[str, UUID]:
    wanted = {one.partner_code for one in given if one.partner_code is not None and is_storable(one.partner_code)}
    found = await partner_ids_by_code(tx, sorted(wanted)) if wanted else {}
    unknown: list[DomainError] = [
        NotFound(f"There is no partner {one.partner_code[:64]!r}.", path=[*path, str(index), "partnerCode"])
        for index, one in enumerate(given)
        if one.partner_code is not None and one.partner_code not in found
    ]
    if unknown:
        raise Refusals(unknown)
    return found


def _draft(given: LocationInput, partners: Mapping[str, UUID], *path: str) -> LocationDraft:
    draft = LocationDraft(
        code=given.code,
        kind=given.kind,
        names=texts_of(given.names, *path, "names"),
        point=given.coordinates and Point.read(given.coordinates.latitude, given.coordinates.longitude),
        prefecture=given.prefecture,
        postal_code=given.postal_code,
        address=text_of(given.address, *path, "address"),
        partner_id=None if given.partner_code is None else partners[given.partner_code],
        hours=_hours(given.hours, *path, "hours"),
        timezone=given.timezone,
        hold_days=given.hold_days,
        is_active=given.is_active,
    )
    usual = draft.does
    abilities = Abilities(
        holds_stock=usual.holds_stock if given.holds_stock is None else given.holds_stock,
        ships_orders=usual.ships_orders if given.ships_orders is None else given.ships_orders,
        hands_over=usual.hands_over if given.hands_over is None else given.hands_over,
    )
    return replace(draft, abilities=abilities)


def _hours(given: Sequence[OpeningHoursInput], *path: str) -> dict[str, list[list[str]]]:
    """In the shape that is stored; ranges of a day in the order of their beginning."""
    check_rows(given, *path)
    hours: dict[str, list[list[str]]] = {}
    for one in sorted(given, key=lambda row: row.opens):
        hours.setdefault(str(one.weekday), []).append([one.opens, one.closes])
    return hours


async def refuse_beyond(tx: ReadTx, actor: Actor, given: Sequence[LocationInput], *path: str) -> None:
    """A key that is limited to locations changes these and makes no others. Raises NotFound at the first other one."""
    if is_everywhere(actor):
        return
    codes = [one.code for one in given if is_storable(one.code)]
    known = await location_ids_by_code(tx, codes)
    for index, one in enumerate(given):
        location_id = known.get(one.code)
        if location_id is None or not actor.may_act_at(location_id) or actor.partner_id is not None:
            message = "This key may change the locations that it is limited to, and this is none of them."
            raise NotFound(message, path=[*path, str(index), "code"])


def refuse_limited(actor: Actor, what: str) -> None:
    """Raise BeyondKey when the caller's key is limited to locations: what it asks for concerns the whole shop."""
    if not is_everywhere(actor):
        message = f"A key that is limited to locations cannot save {what}."
        raise BeyondKey(message, path=["input"], scopes=[])


async def ids_of_codes(tx: ReadTx, codes: Sequence[str], *path: str) -> list[int]:
    """Location ids in the order of the codes. Raises InvalidInput, or NotFound for all that do not exist."""
    check_rows(codes, *path)
    found = await location_ids_by_code(tx, [code for code in codes if is_storable(code)])
    unknown: list[DomainError] = [
        NotFound(f"There is no location {code[:64]!r}.", path=[*path, str(index)])
        for index, code in enumerate(codes)
        if code not in found
    ]
    if unknown:
        raise Refusals(unknown)
    return [found[code] for code in codes]


def check_lists(whole: Sequence[str] | None, *changes: Sequence[str] | None) -> None:
    """Raise InvalidInput unless either the whole list is said, or changes of it."""
    if (whole is not None) == any(change is not None for change in changes):
        message = "Say either `locations`, or what to `add` and to `remove`."
        raise InvalidInput(message, path=["input", "locations"])
