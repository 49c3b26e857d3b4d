"""Channels for tests."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import bindparam, insert

from app.channels.tables import channels
from app.kit.db import WriteTx
from app.kit.statement import Statement

_COLUMNS: Final = (
    "code", "names", "currency", "languages", "location_group_id", "payment_methods", "tax_rounding",
    "shipping_fee_minor", "free_shipping_from_minor", "is_active",
)  # fmt: skip
_CHANNEL: Final = Statement(
    insert(channels)
    .values({name: bindparam(name, type_=channels.c[name].type) for name in _COLUMNS})
    .returning(channels.c.id)
)


async def make_channel(
    tx: WriteTx,
    group_id: int,
    *,
    code: str = "web",
    currency: str = "JPY",
    languages: Sequence[str] = ("ja", "en"),
    payment_methods: Sequence[str] = ("CARD", "PAY_AT_PICKUP"),
    tax_rounding: str = "DOWN",
    shipping_fee_minor: int = 0,
    free_shipping_from_minor: int | None = None,
    is_active: bool = True,
) -> int:
    """A channel that sells from the locations of a group; returns its id. Amounts are minor units."""
    return await tx.fetchval(
        _CHANNEL,
        code=code,
        names={"ja": code, "en": code},
        currency=currency,
        languages=list(languages),
        location_group_id=group_id,
        payment_methods=list(payment_methods),
        tax_rounding=tax_rounding,
        shipping_fee_minor=shipping_fee_minor,
        free_shipping_from_minor=free_shipping_from_minor,
        is_active=is_active,
    )
