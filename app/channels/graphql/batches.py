"""Relations of the channels slice, and the channel that other slices' relations ask about."""

from collections.abc import Collection
from typing import Any

from app.channels.sql import KEPT_BY_CODE, KEPT_BY_ID, InChannel
from app.kit.db import Row
from app.kit.graphql.context import Context

Columns = Collection[str]


async def channels_by_id(context: Context, keys: list[int], columns: Columns | None) -> dict[int, Any]:
    """Channels, active or not."""
    del columns
    return await context.find(KEPT_BY_ID, keys)


async def channel_by_code(context: Context, code: str) -> Row | None:
    """The channel with this code, active or not. code: no NUL in it."""
    return (await context.find(KEPT_BY_CODE, (code,))).get(code)


async def fetch_in_channel(
    context: Context,
    statement: InChannel,
    code: str,
    columns: Columns | None = None,
    *,
    always: tuple[str, ...] = (),
    **values: Any,
) -> list[Row]:
    """Rows for an active channel; none for another one. One statement, whether the channel is known or not."""
    if not context.db.reference.is_on:
        return await context.fetch(statement.by_code.narrow(columns, always=always), channel=code, **values)
    channel = await channel_by_code(context, code)
    if channel is None or not channel["is_active"]:
        return []
    narrow = statement.by_id.narrow(columns, always=always)
    return await context.fetch(narrow, **values, **InChannel.known(narrow, channel))
