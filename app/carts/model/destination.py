"""Where goods are to be handed over, as the buyer says it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.carts.errors import DeliveryModeNotEligible
from app.carts.model.address import AddressDraft, clean_address
from app.kit.errors import InvalidInput, NotFound
from app.locations.model import Place
from app.sourcing.model import DeliveryMode, IneligibleReason, is_point_of


@dataclass(frozen=True, slots=True)
class Destination:
    """An address (home delivery) or the location of a pickup. slot_begins: of a store's pickup slot."""

    mode: DeliveryMode
    location_id: int | None = None
    address: AddressDraft | None = None
    slot_begins: datetime | None = None


def clean_destination(to: Destination, places: Mapping[int, Place], *path: str) -> dict[str, Any] | None:
    """The checked address of a home delivery; None for a pickup, whose location is checked.

    places: the open locations of the channel by id, at least the one that is named. path: where the destination stands
    in the input. Raises InvalidInput, InvalidPostalCode, NotFound, or DeliveryModeNotEligible when the location does
    not hand over in this mode.
    """
    if to.slot_begins is not None and to.mode is not DeliveryMode.STORE_PICKUP:
        raise InvalidInput("Only a pickup at an own store has a slot.", path=[*path, "slotBegins"])
    if to.mode is DeliveryMode.HOME_DELIVERY:
        if to.location_id is not None:
            raise InvalidInput("A home delivery goes to an address.", path=[*path, "locationId"])
        if to.address is None:
            raise InvalidInput("A home delivery needs an address.", path=[*path, "address"])
        return clean_address(to.address, *path, "address")
    if to.address is not None:
        raise InvalidInput("A pickup takes place at a location.", path=[*path, "address"])
    if to.location_id is None:
        raise InvalidInput("A pickup needs a location.", path=[*path, "locationId"])
    point = places.get(to.location_id)
    if point is None:
        raise NotFound("The channel has no such open location.", path=[*path, "locationId"])
    if not is_point_of(point, to.mode):
        raise DeliveryModeNotEligible(
            "This location does not hand over in this mode.",
            path=[*path, "locationId"],
            mode=to.mode,
            reasons=[IneligibleReason.NO_SUCH_POINT],
        )
    return None
