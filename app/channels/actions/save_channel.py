"""Save a channel under its code."""

from collections.abc import Collection, Mapping

import asyncpg

from app.channels.errors import InvalidChannel
from app.channels.model import ChannelDraft, check_channel
from app.channels.sql import upsert_channel
from app.kit.db import WriteTx
from app.kit.errors import NotFound
from app.kit.tax import Rounding


async def save_channel(  # noqa: PLR0913  # all that a channel is, by keyword
    tx: WriteTx,
    *,
    code: str,
    names: Mapping[str, str],
    currency: str,
    languages: Collection[str],
    location_group_id: int,
    payment_methods: Collection[str],
    tax_rounding: str = Rounding.DOWN,
    shipping_fee_minor: int = 0,
    free_shipping_from_minor: int | None = None,
    is_active: bool = True,
) -> int:
    """Make or replace the channel `code`; returns its id.

    languages: ja, en. location_group_id: the locations that it sells from and hands over at. Amounts are minor
    units of `currency`, tax included; free_shipping_from_minor: from this sum of goods on shipping costs nothing,
    None means never. A stored channel keeps its currency. Raises UnknownCurrency, InvalidChannel, or NotFound for an
    unknown group of locations; the transaction is to be undone then.
    """
    draft = ChannelDraft(
        code=code,
        names=names,
        currency=currency,
        languages=languages,
        location_group_id=location_group_id,
        payment_methods=payment_methods,
        tax_rounding=tax_rounding,
        shipping_fee_minor=shipping_fee_minor,
        free_shipping_from_minor=free_shipping_from_minor,
        is_active=is_active,
    )
    check_channel(draft)
    try:
        channel_id = await upsert_channel(
            tx,
            code=draft.code,
            names=dict(draft.names),
            currency=draft.currency,
            languages=list(draft.languages),
            location_group_id=draft.location_group_id,
            payment_methods=list(draft.payment_methods),
            tax_rounding=str(draft.tax_rounding),
            shipping_fee_minor=draft.shipping_fee_minor,
            free_shipping_from_minor=draft.free_shipping_from_minor,
            is_active=draft.is_active,
        )
    except asyncpg.ForeignKeyViolationError:
        message = "There is no such group of locations."
        raise NotFound(message) from None
    if channel_id is None:
        message = f"The channel {code} keeps its currency: its prices and orders are in it. Make another channel."
        raise InvalidChannel(message, argument="currency")
    return channel_id
