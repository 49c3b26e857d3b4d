"""Who calls, and what they may do. Scopes are words like `stock:write`; a key carries a set of them."""

from collections.abc import Iterable
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
    "stock:approve": "Approve count sessions, which corrects stock.",
    "orders:read": "See all orders and members.",
    "orders:write": "Cancel any order.",
    "fulfillment:read": "See work instructions, shipments and pickups.",
    "fulfillment:write": "Ship, prepare and hand over.",
    "partner:jobs": "See and report on the pickups at the partner's own points.",
    "catalog:write": "Save categories, products and prices.",
    "locations:write": "Save locations, groups of them, and the channels that sell from them.",
    "webhooks:read": "See webhook endpoints and what was sent to them.",
    "webhooks:write": "Make, change and delete webhook endpoints, the shop's and those of partners.",
    "partners:write": "Make partner companies and API keys; such keys can do no more than the one that makes them.",
}
# What keys of the shop's own people may hold; the rest is for partners.
STAFF_SCOPES: Final = tuple(sorted(scope for scope in SCOPES if not scope.startswith("partner:")))
# Never a partner's: what these scopes show or change belongs to the shop and its buyers, not to one company.
SHOP_SCOPES: Final = frozenset({
    "catalog:write", "locations:write", "partners:write", "orders:read", "orders:write", "webhooks:read",
    "webhooks:write",
})  # fmt: skip
# A scope that is but a part of what others allow together.
_PARTS: Final = {"partner:jobs": frozenset({"fulfillment:read", "fulfillment:write"})}


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
        return not self.scopes.isdisjoint(scopes)

    def may_act_at(self, location_id: int) -> bool:
        """Whether the caller may work at this location."""
        return self.location_ids is None or location_id in self.location_ids

    def scopes_beyond(self, scopes: Iterable[str]) -> list[str]:
        """Those of `scopes` that the caller cannot pass on, because it does not hold them itself; sorted.

        `partner:jobs` is a part of what `fulfillment:read` and `fulfillment:write` allow together.
        """
        return sorted(
            scope for scope in set(scopes) - self.scopes if not (scope in _PARTS and _PARTS[scope] <= self.scopes)
        )


SYSTEM: Final = Actor(kind=ActorKind.SYSTEM, reference="system", scopes=frozenset(SCOPES))
SHOPPER: Final = Actor()
