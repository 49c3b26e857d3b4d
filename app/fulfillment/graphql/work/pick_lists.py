"""What people ask of pick lists, and what they do with them."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, TypeVar

import strawberry

from app.fulfillment.actions.cancel_pick_list import cancel_pick_list
from app.fulfillment.actions.complete_pick_list import complete_pick_list
from app.fulfillment.actions.create_pick_list import create_pick_list
from app.fulfillment.actions.merge_works import merge_works
from app.fulfillment.actions.set_shelves import set_shelves
from app.fulfillment.graphql.queries import After, First, position_after
from app.fulfillment.graphql.types import PickList
from app.fulfillment.graphql.work.mutations import work_ids_of
from app.fulfillment.graphql.work.pick_list_forms import (
    PickListCancelInput,
    PickListCancelPayload,
    PickListCompleteInput,
    PickListCompletePayload,
    PickListCreateInput,
    PickListCreatePayload,
    PickListPayload,
    StockShelvesSetInput,
    StockShelvesSetPayload,
    WorkMergeInput,
    WorkMergePayload,
)
from app.fulfillment.model.pick_lists import PickListStatus, check_label
from app.fulfillment.model.work import MAX_LINES, check_name
from app.fulfillment.sql.pick_lists import PICK_LIST_PAGE
from app.inventory.graphql.batches import visible_location_ids
from app.inventory.graphql.mutations.checks import place_of, variant_ids_of
from app.kit.db import WriteTx
from app.kit.errors import DomainError, InvalidInput, NotFound
from app.kit.graphql.context import Context, Info
from app.kit.graphql.nodes import require_int, require_uuid
from app.kit.graphql.payload import Outcome, commit
from app.kit.graphql.permission import requires
from app.kit.graphql.types import Connection, connection
from app.kit.paging import make_page, page_size

_WORKS = ("input", "workInstructionIds")
_LIST = ("input", "pickListId")
ListPayloadT = TypeVar("ListPayloadT", bound=PickListPayload)


@strawberry.type
class PickListQuery:
    """Merged into the schema's Query."""

    @strawberry.field(
        graphql_type=Connection[PickList],
        description="Pick lists of a location, oldest first.",
        **requires("fulfillment:read"),
    )
    async def pick_lists(
        self,
        info: Info,
        *,
        location_id: Annotated[strawberry.ID, strawberry.argument(description="The location.")],
        status: Annotated[PickListStatus | None, strawberry.argument(description="Only with this status.")] = None,
        first: First = 20,
        after: After = None,
    ) -> Any:
        """None of locations that the caller does not see."""
        context = info.context
        place, allowed = require_int(location_id, "Location", "locationId"), await visible_location_ids(context)
        if place >= 1 << 31 or (allowed is not None and place not in allowed):
            return connection(make_page([], page_size(first), ["cursor"], after=after))
        rows = await context.fetch(
            PICK_LIST_PAGE,
            location_id=place,
            status=status and str(status.value),
            after=position_after(after),
            limit=page_size(first) + 1,
        )
        return connection(make_page(rows, first, ["cursor"], after=after))


@strawberry.type
class PickListMutation:
    """Merged into the schema's Mutation."""

    @strawberry.mutation(
        description="Put open PICK work of many orders into one list: named work, or what is due first and in no list. "
        "Of several who ask at once none gets work that another got.",
        **requires("fulfillment:write"),
    )
    async def pick_list_create(self, info: Info, input: PickListCreateInput) -> PickListCreatePayload:
        """Lines are summed per variant and follow the shelves."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            place = await place_of(tx, context.actor, input.location_id, "locationId")
            ids = None if input.work_instruction_ids is None else work_ids_of(input.work_instruction_ids)
            try:
                list_id = await create_pick_list(
                    tx,
                    place,
                    work_ids=ids,
                    due_before=input.due_before,
                    max_orders=input.max_orders,
                    assignee=check_name(input.assignee, "input", "assignee"),
                    actor=context.actor,
                    now=context.now,
                )
            except NotFound as error:
                raise NotFound(error.message, path=[*_WORKS, *error.path]) from None
            except DomainError as error:
                raise error.at(*_WORKS) from None
            return Outcome({"list_id": str(list_id)})

        key = input.idempotency_key
        return await commit(context, PickListCreatePayload, work, operation="pickListCreate", key=key, body=input)

    @strawberry.mutation(
        description="All of a list was picked: its work is done, and packing and shipping open. Work on hold "
        "leaves the list.",
        **requires("fulfillment:write"),
    )
    async def pick_list_complete(self, info: Info, input: PickListCompleteInput) -> PickListCompletePayload:
        """Report first what is missing."""
        return await _end(info.context, PickListCompletePayload, complete_pick_list, "pickListComplete", input)

    @strawberry.mutation(
        description="Nobody walks with a list; its work can be in another one.", **requires("fulfillment:write")
    )
    async def pick_list_cancel(self, info: Info, input: PickListCancelInput) -> PickListCancelPayload:
        """The work stays."""
        return await _end(info.context, PickListCancelPayload, cancel_pick_list, "pickListCancel", input)

    @strawberry.mutation(
        description="Put PICK work of one location into one list, also what is in other lists; lists without work are "
        "canceled.",
        **requires("fulfillment:write"),
    )
    async def work_merge(self, info: Info, input: WorkMergeInput) -> WorkMergePayload:
        """The oldest list stays."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            try:
                list_id = await merge_works(
                    tx, work_ids_of(input.work_instruction_ids), actor=context.actor, now=context.now
                )
            except NotFound as error:
                index = error.path[-1:]
                raise NotFound(error.message, path=[*_WORKS, *index]) from None
            except DomainError as error:
                raise error.at(*_WORKS) from None
            return Outcome({"list_id": str(list_id)})

        key = input.idempotency_key
        return await commit(context, WorkMergePayload, work, operation="workMerge", key=key, body=input)

    @strawberry.mutation(
        description="Say on which shelves of a location variants lie; pick lists follow them.",
        **requires("stock:write", "fulfillment:write"),
    )
    async def stock_shelves_set(self, info: Info, input: StockShelvesSetInput) -> StockShelvesSetPayload:
        """All rows or none."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            place = await place_of(tx, context.actor, input.location_id, "locationId")
            if not 1 <= len(input.rows) <= MAX_LINES or len({row.sku for row in input.rows}) < len(input.rows):
                message = f"Name 1 to {MAX_LINES} rows, each variant once."
                raise InvalidInput(message, path=["input", "rows"])
            skus = {("rows", str(index), "sku"): row.sku for index, row in enumerate(input.rows)}
            labels = {
                variant_id: check_label(row.shelf, "input", "rows", str(index), "shelf")
                for index, (variant_id, row) in enumerate(zip(await variant_ids_of(tx, skus), input.rows, strict=True))
            }
            await set_shelves(tx, place, labels)
            return Outcome({"count": len(labels)})

        key = input.idempotency_key
        return await commit(context, StockShelvesSetPayload, work, operation="stockShelvesSet", key=key, body=input)


async def _end(
    context: Context,
    payload_type: type[ListPayloadT],
    action: Callable[..., Awaitable[None]],
    operation: str,
    input: PickListCompleteInput | PickListCancelInput,
) -> ListPayloadT:
    """Nobody walks with a list any more, for one reason or the other."""

    async def work(tx: WriteTx) -> Outcome:
        list_id = require_uuid(input.pick_list_id, "PickList", *_LIST)
        try:
            await action(tx, list_id, actor=context.actor, now=context.now)
        except DomainError as error:
            raise error.at(*_LIST) from None
        return Outcome({"list_id": str(list_id)})

    return await commit(context, payload_type, work, operation=operation, key=input.idempotency_key, body=input)
