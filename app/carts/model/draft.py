"""What a buyer wants a cart to begin with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.carts.model.destination import Destination


@dataclass(frozen=True, slots=True)
class WantedLine:
    """Units of a variant that are to be put into a cart, named by its id or its SKU: exactly one of them."""

    quantity: int
    sku: str | None = None
    variant_id: int | None = None


@dataclass(frozen=True, slots=True)
class CartDraft:
    """A cart to open at an instant (UTC). currency: None, or the channel's own. delivery: of all its lines."""

    channel_code: str
    now: datetime
    lines: Sequence[WantedLine] = ()
    email: str | None = None
    currency: str | None = None
    member_id: UUID | None = None
    delivery: Destination | None = None
