"""Jobs as they change."""

from collections.abc import AsyncGenerator
from typing import Any
from uuid import UUID

import strawberry

from app.engine.relations import Entity, relation
from app.fulfillment.graphql.batches import pickups_by_id
from app.fulfillment.graphql.jobs_live import JobsLive
from app.fulfillment.graphql.types import Pickup
from app.fulfillment.model.pickups import PickupStatus
from app.kit.graphql.context import Info
from app.kit.graphql.permission import requires
from app.kit.graphql.state_live import CURSOR_DESCRIPTION, After, MaxRate


@strawberry.type(description="A pickup at a partner's point, as of one change.")
class PartnerJob(Entity):
    """The new state, not the difference: one that was missed does no harm."""

    pickup_id: strawberry.Private[UUID]
    number: str = strawberry.field(description="The number that people use, such as PU-70000001.")
    status: PickupStatus = strawberry.field(description="How far it has come.")
    version: int = strawberry.field(description="Grows from event to event of the same pickup.")

    @strawberry.field(description=CURSOR_DESCRIPTION)
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
        after: After = None,
        max_rate: MaxRate = None,
    ) -> AsyncGenerator[Any, None]:
        """One stream for all who see the same jobs."""
        live: Any = JobsLive(info.context, after=after, max_rate=max_rate)
        return live
