"""Who calls, and what they may do. Scopes are words like `stock:write`; a key carries a set of them."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from uuid import UUID


class ActorKind(StrEnum):
    """Kinds of callers."""

    SHOPPER = "SHOPPER"
    STAFF = "STAFF"
    PARTNER = "PARTNER"
    SYSTEM = "SYSTEM"


# Every scope with what it allows. A key may only be made with scopes of this list.
SCOPES: Final = {
    "stock:read": "See stock levels in detail, transfers and the ledger.",
    "stock:write": "Receive and adjust stock, create, ship and receive transfers.",
    "orders:read": "See all orders and members.",
    "orders:write": "Cancel any order.",
    "fulfillment:read": "See work instructions, shipments and pickups.",
    "fulfillment:write": "Ship, prepare and hand over.",
    "partner:jobs": "See and report on the pickups at the partner's own points.",
}


@dataclass(frozen=True, slots=True)
class Actor:
    """The caller of an operation.

    reference: what the ledger and histories record, such as `key:demo-staff` or `shopper`. location_ids: the
    locations that the key is limited to; None means all. partner_id: set for partners only.
    """

    kind: ActorKind = ActorKind.SHOPPER
    reference: str = "shopper"
    scopes: frozenset[str] = field(default_factory=frozenset[str])
    partner_id: UUID | None = None
    location_ids: frozenset[int] | None = None

    def may(self, *scopes: str) -> bool:
        """Whether the caller holds at least one of `scopes`."""
        return any(scope in self.scopes for scope in scopes)

    def may_act_at(self, location_id: int) -> bool:
        """Whether the caller may work at this location."""
        return self.location_ids is None or location_id in self.location_ids


SYSTEM: Final = Actor(kind=ActorKind.SYSTEM, reference="system", scopes=frozenset(SCOPES))
SHOPPER: Final = Actor()
