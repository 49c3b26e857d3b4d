"""Inputs and payloads of the mutations of pick lists and shelves."""

from datetime import datetime
from typing import Any
from uuid import UUID

import strawberry

from app.engine.relations import relation
from app.fulfillment.graphql.batches import pick_lists_by_id
from app.fulfillment.graphql.types import PickList
from app.fulfillment.graphql.work.forms import KEY, NEEDED_KEY
from app.kit.graphql.payload import Payload


def _list_key(payload: Any) -> UUID | None:
    return payload.list_id and UUID(payload.list_id)


@strawberry.type(description="What mutations of one pick list answer.")
class PickListPayload(Payload):
    """Read after the commit."""

    list_id: strawberry.Private[str | None] = None
    pick_list = relation(PickList, pick_lists_by_id, key=_list_key, description="The list.")


@strawberry.input(description="Input of `pickListCreate`.")
class PickListCreateInput:
    """Which work; without ids, what is due first."""

    location_id: strawberry.ID = strawberry.field(description="Where.")
    work_instruction_ids: list[strawberry.ID] | None = strawberry.field(
        default=None, description="PICK work that is open and in no list, 1 to 100. Null: what is due first."
    )
    due_before: datetime | None = strawberry.field(default=None, description="Without ids: only what is due earlier.")
    max_orders: int = strawberry.field(default=20, description="Without ids: at most so many parcels, 1 to 100.")
    assignee: str | None = strawberry.field(
        default=None, description="Who gets the list and its work: a person's or device's name."
    )
    idempotency_key: str = strawberry.field(description=NEEDED_KEY)


@strawberry.type(description="The answer to `pickListCreate`.")
class PickListCreatePayload(PickListPayload):
    """The new list."""


@strawberry.input(description="Input of `pickListComplete`.")
class PickListCompleteInput:
    """One list."""

    pick_list_id: strawberry.ID = strawberry.field(description="The list.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="The answer to `pickListComplete`.")
class PickListCompletePayload(PickListPayload):
    """The list, DONE."""


@strawberry.input(description="Input of `pickListCancel`.")
class PickListCancelInput:
    """One list."""

    pick_list_id: strawberry.ID = strawberry.field(description="The list.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="The answer to `pickListCancel`.")
class PickListCancelPayload(PickListPayload):
    """The list, CANCELED."""


@strawberry.input(description="Input of `workMerge`.")
class WorkMergeInput:
    """Some work."""

    work_instruction_ids: list[strawberry.ID] = strawberry.field(
        description="PICK work at one location, 1 to 100 different instructions that are open or in progress."
    )
    idempotency_key: str = strawberry.field(description=NEEDED_KEY)


@strawberry.type(description="The answer to `workMerge`.")
class WorkMergePayload(PickListPayload):
    """The list that all of it is in now."""


@strawberry.input(description="Where one variant lies.")
class StockShelfInput:
    """One row."""

    sku: str = strawberry.field(description="The variant.")
    shelf: str | None = strawberry.field(
        default=None, description="The shelf's label, such as `A-2-10`, up to 40 characters. Null: nobody says."
    )


@strawberry.input(description="Input of `stockShelvesSet`.")
class StockShelvesSetInput:
    """Rows of one location."""

    location_id: strawberry.ID = strawberry.field(description="The location.")
    rows: list[StockShelfInput] = strawberry.field(description="1 to 100 rows, each variant once.")
    idempotency_key: str | None = strawberry.field(default=None, description=KEY)


@strawberry.type(description="The answer to `stockShelvesSet`.")
class StockShelvesSetPayload(Payload):
    """Nothing but refusals."""

    count: strawberry.Private[int] = 0

    @strawberry.field(description="How many rows were set or taken away.")
    def rows(self) -> int:
        """All, or none when refused."""
        return self.count
