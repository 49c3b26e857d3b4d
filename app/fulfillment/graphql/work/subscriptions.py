"""Work as it changes."""

from collections.abc import AsyncGenerator, Mapping
from typing import Annotated, Any, Final
from uuid import UUID

import strawberry

from app.engine.relations import Entity, relation
from app.fulfillment.graphql.batches import work_by_id
from app.fulfillment.graphql.types import WorkInstruction
from app.fulfillment.model import WorkKind, WorkStatus
from app.fulfillment.sql import told_work
from app.inventory.graphql.batches import wanted_location_ids
from app.kit.graphql.context import Info
from app.kit.graphql.permission import requires
from app.kit.graphql.state_live import CURSOR_DESCRIPTION, After, MaxRate, StateLive, Told

_TOLD: Final = Told("work_changed", "work_id", told_work.OPEN_WORK, told_work.TOLD_WORK_BY_ID, told_work.CHANGED_WORK)


class WorkLive(StateLive):
    """The stream behind `workChanged`."""

    def concerns(self, payload: Mapping[str, Any]) -> bool:
        """By place and kind, which never change."""
        places, kinds = self.seen["places"], self.seen["kinds"]
        return (places is None or payload["location_id"] in places) and (kinds is None or payload["kind"] in kinds)


@strawberry.type(description="Work for people, as of one change.")
class WorkChange(Entity):
    """The new state, not the difference: one that was missed does no harm."""

    work_id: strawberry.Private[UUID]
    kind: WorkKind = strawberry.field(description="What is to be done.")
    status: WorkStatus = strawberry.field(description="How far it has come.")
    assignee: str | None = strawberry.field(description="Whose it is.")
    version: int = strawberry.field(description="Grows from event to event of the same work; 1: it is new.")

    @strawberry.field(description=CURSOR_DESCRIPTION)
    def cursor(self: Any) -> str | None:
        """A place in the feed."""
        return self.at

    work = relation(
        WorkInstruction, work_by_id, key=lambda row: row.work_id, description="The work as it is now, with its goods."
    )


@strawberry.type
class WorkSubscription:
    """Merged into the schema's Subscription."""

    @strawberry.subscription(
        graphql_type=WorkChange,
        description="The work at locations: first all that is not done, then what is new and what changes, in order, "
        "also what is done, moved away or canceled. Changes that follow one another quickly may come as one, the "
        "newest. Keys limited to locations hear only of the work there.",
        **requires("fulfillment:read"),
    )
    async def work_changed(  # the arguments of the one stream
        self,
        info: Info,
        location_ids: Annotated[
            list[strawberry.ID] | None,
            strawberry.argument(description="Only the work at these locations, 1 to 100."),
        ] = None,
        kinds: Annotated[
            list[WorkKind] | None, strawberry.argument(description="Only of these kinds, such as PICK.")
        ] = None,
        after: After = None,
        max_rate: MaxRate = None,
    ) -> AsyncGenerator[Any, None]:
        """One stream for all who see and want the same work."""
        seen = {
            "places": await wanted_location_ids(info.context, location_ids),
            "kinds": None if kinds is None else sorted({str(kind.value) for kind in kinds}),
        }
        live: Any = WorkLive(info.context, _TOLD, seen, after=after, max_rate=max_rate)
        return live
