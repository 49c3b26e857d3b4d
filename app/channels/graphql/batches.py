"""Relations of the channels slice."""

from typing import Any

from app.channels.sql import CHANNELS_BY_ID
from app.engine.relations import rows_by
from app.kit.graphql.context import Context

Columns = set[str]


async def channels_by_id(context: Context, keys: list[int], columns: Columns | None) -> dict[int, Any]:
    """Channels, active or not."""
    del columns
    return rows_by(await context.fetch(CHANNELS_BY_ID, ids=keys), "id")
