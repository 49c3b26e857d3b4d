"""What carriers give out to collect with, and who sees it."""

import logging
from typing import Any, Final
from uuid import UUID

import strawberry

from app.engine.relations import Entity
from app.fulfillment.model.carrier_codes import unseal_number
from app.fulfillment.model.pickups import COLLECTABLE
from app.kit.graphql.context import Info
from app.kit.permissions import Actor, ActorKind
from app.kit.sealing import Unreadable

log: Final = logging.getLogger(__name__)


def may_see_code(pickup: Any, actor: Actor) -> bool:
    """Whether what a pickup (status, is_locked) is collected with is shown: to its buyer, who has come from the order,
    while there is something to collect. Nobody else needs it: those who hand over ask the buyer for it.
    """
    return actor.kind is ActorKind.SHOPPER and pickup.status in COLLECTABLE and not pickup.is_locked


@strawberry.type(description="What a buyer collects with at a point whose carrier gives that out.")
class CarrierCode(Entity):
    """A row of `CARRIER_CODES_BY_PICKUP`."""

    id: strawberry.Private[UUID]
    status: strawberry.Private[str]
    is_locked: strawberry.Private[bool]
    sealed_number: strawberry.Private[bytes | None]
    slip_number: str | None = strawberry.field(
        description="The carrier's slip number: as it was reported, or else the number of the pickup's only parcel. "
        "Null as long as neither is known."
    )

    @strawberry.field(
        description="The carrier's authentication number, to be typed beside the slip number. Only the holder of the "
        "order's id sees it, while the goods can be collected; null for staff and partners."
    )
    def authentication_number(self, info: Info) -> str | None:
        """Opened for whoever may see it only."""
        if self.sealed_number is None or not may_see_code(self, info.context.actor):
            return None
        try:
            return unseal_number(self.sealed_number, info.context.config.secret_keys)
        except Unreadable:
            log.warning("The authentication number of the pickup %s was sealed with a key that is gone", self.id)
            return None

    @strawberry.field(
        description="Whether the carrier's authentication number is known. Where it is not and the goods can be "
        "collected all the same, the carrier tells it to the buyer itself, or needs none."
    )
    def has_authentication_number(self) -> bool:
        """For staff, who do not see it."""
        return self.sealed_number is not None
