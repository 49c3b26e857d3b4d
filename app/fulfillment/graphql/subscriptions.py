"""Jobs as they change."""

from collections.abc import AsyncGenerator
from typing import Annotated, Any
from uuid import UUID

import strawberry

from app.engine.relations import Entity, relation
from app.fulfillment.graphql.batches import pickups_by_id
from app.fulfillment.graphql.jobs_live import JobsLive
from app.fulfillment.graphql.types import Pickup
from app.fulfillment.model.pickups import PickupStatus
from app.kit.cursor import Cursor
from app.kit.errors import InvalidInput
from app.kit.graphql.context import Info
from app.kit.graphql.permission import requires

argument = strawberry.argument
_MAX_RATE = 100.0


@strawberry.type(description="A pickup at a partner's point, as of one change.")
class PartnerJob(Entity):
    """The new state, not the difference: one that was missed does no harm."""

    pickup_id: strawberry.Private[UUID]
    number: str = strawberry.field(description="The number that people use, such as PU-70000001.")
    status: PickupStatus = strawberry.field(description="How far it has come.")
    version: int = strawberry.field(description="Grows from event to event of the same pickup.")

    @strawberry.field(
        description="Where the stream stands with this event. Give the last one that was not null as `after`, to go on "
        "from there after a lost connection. Null until all has been told that was there at the beginning. Opaque."
    )
    def cursor(self: Any) -> str | None:
        """A place in the feed."""
        return self.at

    pickup = relation(
        Pickup, pickups_by_id, key=lambda row: row.pickup_id, description="The pickup as it is now, with its goods."
    )


@strawberry.type
class FulfillmentSubscription:
    """Merged into the schema's Subscription."""

    @strawberry.subscription(
        graphql_type=PartnerJob,
        description="The pickups at the caller's own points: first those that are not over, then each one whose status "
        "changes, in order. Changes that follow one another quickly may come as one, the newest. Keys that are limited "
        "to locations hear of those only; keys of the shop's own hear of all points.",
        **requires("partner:jobs", "fulfillment:read"),
    )
    async def partner_jobs(
        self,
        info: Info,
        after: Annotated[
            str | None,
            argument(
                description="Go on where a connection was lost: the last `cursor` that you received. What has changed "
                "since is told first: nothing is left out, though something may come again, with the same `version`. "
                "Where too much has happened since, after three days or more, and with the cursor of another caller "
                "the stream begins anew."
            ),
        ] = None,
        max_rate: Annotated[
            float | None, argument(description="At most so many events per second, above 0 and up to 100.")
        ] = None,
    ) -> AsyncGenerator[Any, None]:
        """One stream for all who see the same jobs."""
        if max_rate is not None and not 0 < max_rate <= _MAX_RATE:
            message = f"A rate lies above 0 and is {_MAX_RATE:g} at most."
            raise InvalidInput(message, path=["maxRate"])
        if after is not None:
            try:
                Cursor.decode(after)
            except ValueError:
                message = "This is not the cursor of an event."
                raise InvalidInput(message, path=["after"]) from None
        live: Any = JobsLive(info.context, after=after, max_rate=max_rate)
        return live
