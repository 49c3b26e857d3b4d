"""What people ask about work."""

from datetime import datetime
from typing import Annotated, Any

import strawberry

from app.fulfillment.graphql.queries import After, First, InLocation, instant_position, location_key
from app.fulfillment.graphql.types import WorkCount, WorkInstruction
from app.fulfillment.model import WorkKind, WorkStatus
from app.fulfillment.model.work import UNFINISHED, check_name
from app.fulfillment.sql import work_lists
from app.inventory.graphql.batches import visible_location_ids
from app.kit.db import Row
from app.kit.graphql.context import Context, Info
from app.kit.graphql.nodes import require_int
from app.kit.graphql.permission import requires
from app.kit.graphql.types import Connection, connection
from app.kit.paging import make_page, page_size

Kinds = Annotated[list[WorkKind] | None, strawberry.argument(description="Only of these kinds.")]
Statuses = Annotated[list[WorkStatus] | None, strawberry.argument(description="Only with one of these statuses.")]


@strawberry.type
class WorkQuery:
    """Merged into the schema's Query."""

    @strawberry.field(
        graphql_type=Connection[WorkInstruction],
        description="Work for people, what is due first at the top, and work without a due time at the end. Keys "
        "limited to locations see only the work there.",
        **requires("fulfillment:read"),
    )
    async def work_instructions(
        self,
        info: Info,
        *,
        location_id: InLocation = None,
        status: Annotated[
            WorkStatus | None, strawberry.argument(description="Only with this status; like one of `statuses`.")
        ] = None,
        statuses: Statuses = None,
        kinds: Kinds = None,
        assignee: Annotated[str | None, strawberry.argument(description="Only this person's or device's.")] = None,
        due_before: Annotated[datetime | None, strawberry.argument(description="Only what is due earlier.")] = None,
        is_overdue: Annotated[
            bool | None,
            strawberry.argument(description="true: only unfinished work whose time is over; false: only other work."),
        ] = None,
        first: First = 20,
        after: After = None,
    ) -> Any:
        """A page costs one short walk along an index for each kind and status, however long the list."""
        wanted = [*(statuses or ()), *(() if status is None else (status,))]
        chosen = None if status is None and statuses is None else [str(one.value) for one in wanted]
        ends: dict[str, datetime | None] = {"due_before": due_before, "due_from": None}
        now = info.context.now
        if is_overdue:
            ends["due_before"] = now if due_before is None else min(now, due_before)
            chosen = [str(one) for one in (UNFINISHED if chosen is None else chosen) if one in UNFINISHED]
        elif is_overdue is False:
            ends["due_from"] = now
        rows = await _rows(
            info.context, location_id, chosen, kinds, check_name(assignee, "assignee"), ends, first, after
        )
        return connection(make_page(rows, first, ["due_us", "cursor"], after=after))

    @strawberry.field(
        graphql_type=list[WorkCount],
        description="How much work there is at a location, by kind and status; only unfinished work unless statuses "
        "are named. What there is none of is left out.",
        **requires("fulfillment:read"),
    )
    async def work_counts(
        self,
        info: Info,
        *,
        location_id: Annotated[strawberry.ID, strawberry.argument(description="The location.")],
        kinds: Kinds = None,
        statuses: Statuses = None,
    ) -> Any:
        """One statement; an empty list for locations that the caller does not see."""
        context = info.context
        place = require_int(location_id, "Location", "locationId")
        allowed = await visible_location_ids(context)
        if place >= 1 << 31 or (allowed is not None and place not in allowed):
            return []
        return await context.fetch(
            work_lists.WORK_COUNTS,
            location_id=place,
            kinds=_kinds(kinds),
            statuses=[str(one.value) for one in statuses] if statuses is not None else list(map(str, UNFINISHED)),
            now=context.now,
        )


def _kinds(kinds: list[WorkKind] | None) -> list[str]:
    return [str(kind.value) for kind in (WorkKind if kinds is None else dict.fromkeys(kinds))]


async def _rows(  # noqa: PLR0917  # the filters of the one list
    context: Context,
    location_id: str | None,
    statuses: list[str] | None,
    kinds: list[WorkKind] | None,
    assignee: str | None,
    ends: dict[str, datetime | None],
    first: int,
    after: str | None,
) -> list[Row]:
    place, allowed = location_key(location_id), await visible_location_ids(context)
    places = allowed if place is None else [place] if allowed is None or place in allowed else []
    values: dict[str, Any] = {
        "kinds": _kinds(kinds),
        "statuses": list(dict.fromkeys(statuses)) if statuses is not None else [str(one) for one in WorkStatus],
        "assignee": assignee,
        "limit": page_size(first) + 1,
        **ends,
        **_position(after),
    }
    if places is None:
        return await context.fetch(work_lists.WORK_ANYWHERE, **values)
    return await context.fetch(work_lists.WORK_OF_PLACES, location_ids=places, **values)


def _position(after: str | None) -> dict[str, Any]:
    """Where the page begins. Raises InvalidInput."""
    due, key = instant_position(after)
    return {"after_due": due, "after_id": key}
