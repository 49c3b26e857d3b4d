"""Root fields of the channels slice."""

from typing import Annotated, Any

import strawberry

from app.channels.graphql.batches import channel_by_code
from app.channels.graphql.types import Channel
from app.channels.sql import CHANNELS
from app.kit.graphql.context import Info


@strawberry.type
class ChannelsQuery:
    """Public: storefronts need to know what they sell in."""

    @strawberry.field(graphql_type=list[Channel], description="All active channels, in order of their code.")
    async def channels(self, info: Info) -> Any:
        """There are a handful."""
        return await info.context.fetch(CHANNELS)

    @strawberry.field(
        graphql_type=Channel | None,
        description="The channel with this code, by default that of the request; null when there is none.",
    )
    async def channel(
        self,
        info: Info,
        code: Annotated[str | None, strawberry.argument(description="The shop's short name for it.")] = None,
    ) -> Any:
        """Inactive ones are found too, because old orders name them."""
        wanted = info.context.channel if code is None else code
        return await channel_by_code(info.context, wanted) if wanted.isprintable() else None
