"""Inputs and payloads of the mutations: one of each per mutation."""

from typing import Any

import strawberry

from app.engine.relations import relation
from app.kit.graphql.inputs import LocalizedTextInput, idempotency_key
from app.kit.graphql.payload import Payload
from app.locations.graphql.batches import CoordinatesInput, groups_by_id, locations_of_list
from app.locations.graphql.types import Location, LocationGroup
from app.locations.model import LocationKind, Weekday


def _location_ids(payload: Any) -> tuple[int, ...] | None:
    return None if payload.location_ids is None else tuple(payload.location_ids)


@strawberry.input(description="A time of opening.")
class OpeningHoursInput:
    """One range of one day."""

    weekday: Weekday = strawberry.field(description="The day on which it opens.")
    opens: str = strawberry.field(description="HH:MM on the clocks of the location.")
    closes: str = strawberry.field(
        description="HH:MM on the same clocks; past midnight the hours go on to 30:00, six in the morning."
    )


@strawberry.input(description="A location as it shall be: what is left out is taken away, or is as usual for its kind.")
class LocationInput:
    """Becomes a LocationDraft."""

    code: str = strawberry.field(
        description="The shop's short name for it, 1 to 64 characters; a stored location with it is changed."
    )
    kind: LocationKind = strawberry.field(description="What it is; any but IN_TRANSIT.")
    names: list[LocalizedTextInput] = strawberry.field(description="Its name; at least one language.")
    coordinates: CoordinatesInput | None = strawberry.field(
        default=None, description="Where it lies: without it nobody finds it near a place."
    )
    prefecture: int | None = strawberry.field(default=None, description="Its number in JIS X 0401, 1 to 47.")
    postal_code: str | None = strawberry.field(default=None, description="A Japanese postal code, such as 150-0001.")
    address: str = strawberry.field(default="", description="The part of the address behind the prefecture.")
    partner_code: str | None = strawberry.field(
        default=None, description="The company whose place it is; null for the shop's own."
    )
    hours: list[OpeningHoursInput] = strawberry.field(
        default_factory=list[OpeningHoursInput], description="When it is open, at most 100 rows; empty: always."
    )
    timezone: str = strawberry.field(
        default="Asia/Tokyo", description="IANA name of the time zone of its clocks, such as Asia/Tokyo."
    )
    hold_days: int = strawberry.field(
        default=7, description="For how many days goods wait here for their buyer, 1 to 60."
    )
    holds_stock: bool | None = strawberry.field(
        default=None, description="Whether it has stock of its own; null: warehouses and stores have."
    )
    ships_orders: bool | None = strawberry.field(
        default=None, description="Whether orders are shipped from here; null: from warehouses and stores they are."
    )
    hands_over: bool | None = strawberry.field(
        default=None, description="Whether buyers can collect goods here; null: everywhere but at warehouses."
    )
    is_active: bool = strawberry.field(default=True, description="Whether it takes part in new sales.")


@strawberry.input(description="Input of `locationsSave`.")
class LocationsSaveInput:
    """Up to 100 locations: all are saved, or none."""

    locations: list[LocationInput] = strawberry.field(description="1 to 100 of them.")
    idempotency_key: str | None = idempotency_key()


@strawberry.type(description="The answer to `locationsSave`.")
class LocationsSavePayload(Payload):
    """Read after the commit."""

    location_ids: strawberry.Private[list[int] | None] = None
    locations = relation(
        Location,
        locations_of_list,
        key=_location_ids,
        many=True,
        description="The locations in the order of the input; empty when they were refused.",
    )


@strawberry.input(
    description="Input of `locationGroupSave`: either the whole list `locations`, or what to `add` and to `remove`."
)
class LocationGroupSaveInput:
    """A group, under its code. Locations are named by their codes."""

    code: str = strawberry.field(description="The shop's short name for it; a stored group with it is changed.")
    names: list[LocalizedTextInput] = strawberry.field(description="Its name; at least one language.")
    locations: list[str] | None = strawberry.field(
        default=None, description="Codes of exactly the locations that shall be in it; at most 100."
    )
    add: list[str] | None = strawberry.field(
        default=None, description="Codes of locations to put in, the others stay; at most 100."
    )
    remove: list[str] | None = strawberry.field(
        default=None, description="Codes of locations to take out, the others stay; at most 100."
    )
    idempotency_key: str | None = idempotency_key()


@strawberry.type(description="The answer to `locationGroupSave`.")
class LocationGroupSavePayload(Payload):
    """Read after the commit."""

    group_id: strawberry.Private[int | None] = None
    location_group = relation(
        LocationGroup,
        groups_by_id,
        key=lambda payload: payload.group_id,
        description="The group as it is now; `locations(group:)` lists what is in it. Null when it was refused.",
    )
