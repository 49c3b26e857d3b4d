"""Open a cart."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.carts import sql
from app.carts.actions.add_lines import put_lines
from app.carts.model import LIFETIME, WantedLine, check_row_count, is_plain_text
from app.channels.errors import UnknownCurrency
from app.channels.sql import channel_by_code
from app.kit.db import WriteTx
from app.kit.errors import NotFound
from app.kit.ids import new_id
from app.kit.mail import normalize_email


async def create_cart(  # plain data, all by keyword
    tx: WriteTx,
    *,
    channel_code: str,
    lines: Sequence[WantedLine] = (),
    email: str | None = None,
    currency: str | None = None,
    member_id: UUID | None = None,
    now: datetime,
) -> UUID:
    """Open a cart in a channel, with up to 100 lines, and return its id. It lives 30 days from its last
    change (UTC).

    currency: None, or the channel's own. Raises NotFound (channel, variant), UnknownCurrency, InvalidEmail,
    InvalidInput, InvalidQuantity, CartTooLarge or NotSold.
    """
    if lines:
        check_row_count(len(lines), "lines")
    channel = await channel_by_code(tx, channel_code) if is_plain_text(channel_code) else None
    if channel is None or not channel.is_active:
        raise NotFound("There is no such channel.", path=["input", "channel"])
    if currency is not None and currency != channel.currency:
        message = f"The channel sells in {channel.currency}."
        raise UnknownCurrency(message, path=["input", "currency"], currency=currency, accepted=channel.currency)
    cart_id = new_id()
    await tx.execute(
        sql.INSERT_CART,
        id=cart_id,
        channel_id=channel.id,
        currency=channel.currency,
        email=None if email is None else normalize_email(email, "input", "email"),
        member_id=member_id,
        now=now,
        expires_at=now + LIFETIME,
    )
    if lines:
        await put_lines(tx, cart_id, channel.id, lines)
        await sql.check_stored_size(tx, cart_id)
    return cart_id
