"""Cases as they are opened, assigned and closed."""

from collections.abc import AsyncGenerator, Mapping
from typing import Annotated, Any, Final
from uuid import UUID

import strawberry

from app.engine.relations import Entity, relation
from app.exceptions import sql
from app.exceptions.graphql.batches import visible_cases_by_id
from app.exceptions.graphql.types import ExceptionCase
from app.exceptions.model import CaseKind, CaseStatus
from app.inventory.graphql.batches import wanted_location_ids
from app.kit.graphql.context import Info
from app.kit.graphql.permission import requires
from app.kit.graphql.state_live import CURSOR_DESCRIPTION, After, MaxRate, StateLive, Told

_TOLD: Final = Told("exception_case_changed", "case_id", sql.OPEN_CASES, sql.TOLD_CASES_BY_ID, sql.CHANGED_CASES)


class CasesLive(StateLive):
    """The stream behind `exceptionCaseChanged`."""

    def concerns(self, payload: Mapping[str, Any]) -> bool:
        """By place and kind, which never change."""
        places, kinds = self.seen["places"], self.seen["kinds"]
        return (places is None or payload["location_id"] in places) and (kinds is None or payload["kind"] in kinds)


@strawberry.type(description="A case, as of one change.")
class ExceptionCaseChange(Entity):
    """The new state, not the difference: one that was missed does no harm."""

    case_id: strawberry.Private[UUID]
    kind: CaseKind = strawberry.field(description="What is wrong.")
    status: CaseStatus = strawberry.field(description="Whether somebody still has to do something.")
    assignee: str | None = strawberry.field(description="Who looks after it.")
    version: int = strawberry.field(description="Grows from event to event of the same case; 1: it is new.")

    @strawberry.field(description=CURSOR_DESCRIPTION)
    def cursor(self: Any) -> str | None:
        """A place in the feed."""
        return self.at

    exception_case = relation(
        ExceptionCase,
        visible_cases_by_id,
        key=lambda row: row.case_id,
        description="The case as it is now, with what may solve it.",
    )


@strawberry.type
class ExceptionSubscription:
    """Merged into the schema's Subscription."""

    @strawberry.subscription(
        graphql_type=ExceptionCaseChange,
        description="What a person must solve: first all cases that are open, then each that is opened, assigned or "
        "closed, or of which more is known, in order. Keys limited to locations hear only of the cases there.",
        **requires("fulfillment:read"),
    )
    async def exception_case_changed(  # the arguments of the one stream
        self,
        info: Info,
        location_ids: Annotated[
            list[strawberry.ID] | None,
            strawberry.argument(description="Only the cases at these locations, 1 to 100."),
        ] = None,
        kinds: Annotated[list[CaseKind] | None, strawberry.argument(description="Only of these kinds.")] = None,
        after: After = None,
        max_rate: MaxRate = None,
    ) -> AsyncGenerator[Any, None]:
        """One stream for all who see and want the same cases."""
        seen = {
            "places": await wanted_location_ids(info.context, location_ids),
            "kinds": None if kinds is None else sorted({str(kind.value) for kind in kinds}),
        }
        live: Any = CasesLive(info.context, _TOLD, seen, after=after, max_rate=max_rate)
        return live
