"""Count sessions, and how they are found."""

from datetime import datetime
from typing import TypeAlias
from uuid import UUID

import strawberry

from app.catalog.graphql.batches import variants_by_id
from app.engine.relations import Entity, relation, rows_by
from app.inventory.graphql.batches import Columns, visible_location_ids
from app.inventory.graphql.types import LazyLocation, LazyVariant
from app.inventory.model.counts import CountLine as Line
from app.inventory.model.counts import CountLineState, CountStatus
from app.inventory.sql import counts
from app.kit.db import Row
from app.kit.graphql.context import Context
from app.kit.graphql.enums import describe_enum
from app.kit.graphql.nodes import NODE_TYPES, Node, NodeType, id_field
from app.locations.graphql.batches import locations_by_id

LineKey: TypeAlias = tuple[UUID, int]
"""A session's and a variant's id."""

describe_enum(
    CountStatus,
    "The state of a count session.",
    {
        CountStatus.OPEN: "People count.",
        CountStatus.APPROVED: "Its differences were corrected in the ledger.",
        CountStatus.CANCELED: "It was given up; nothing was corrected.",
    },
)
describe_enum(
    CountLineState,
    "What is known of a line in its present pass.",
    {
        CountLineState.UNCOUNTED: "Nobody has counted it.",
        CountLineState.DISPUTED: "Counters found different differences: one of them counts again, or it is rejected.",
        CountLineState.COUNTED: "All who counted it found the same difference.",
    },
)


async def visible_count_sessions_by_id(context: Context, keys: list[UUID], columns: Columns | None) -> dict[UUID, Row]:
    """Count sessions at locations that the caller's key covers."""
    del columns
    if not context.actor.may("stock:read"):
        return {}
    location_ids = await visible_location_ids(context)
    return rows_by(await context.fetch(counts.COUNT_SESSIONS_BY_ID, ids=keys, location_ids=location_ids), "id")


async def records_by_line(context: Context, keys: list[LineKey], columns: Columns | None) -> dict[LineKey, list[Row]]:
    """What was counted, in its order."""
    del columns
    rows = await context.fetch(
        counts.RECORDS_BY_LINE, ids=[key[0] for key in keys], variant_ids=[key[1] for key in keys]
    )
    found = dict[LineKey, list[Row]]()
    for row in rows:
        found.setdefault((row["count_id"], row["variant_id"]), []).append(row)
    return found


@strawberry.type(description="What somebody counted, beside what the ledger said at that moment.")
class CountRecord(Entity):
    """Never changed."""

    record_no: int = strawberry.field(description="Its number within the line, from 1.")
    pass_no: int = strawberry.field(description="The pass in which it was counted, from 1.")
    counted_quantity: int = strawberry.field(description="Units that were found.")
    ledger_quantity: int = strawberry.field(description="Units on hand at that moment, as the ledger had them.")
    difference: int = strawberry.field(description="Units found, less those of the ledger.")
    counted_by: str = strawberry.field(description="Who counted, such as `key:demo-staff`.")
    counted_at: datetime = strawberry.field(description="When it was recorded.")


@strawberry.type(description="A variant in a count session.")
class CountLine(Entity):
    """Its difference is that of the present pass."""

    count_id: strawberry.Private[UUID]
    variant_id: strawberry.Private[int]
    least: strawberry.Private[int | None]
    most: strawberry.Private[int | None]
    variant = relation(
        LazyVariant, variants_by_id, key=lambda row: row.variant_id, required=True, description="The variant."
    )
    pass_no: int = strawberry.field(description="The present pass: 1, and one more with each rejection.")
    recount_note: str | None = strawberry.field(description="Why it was rejected last.")

    @strawberry.field(description="What is known of it.")
    def state(self) -> CountLineState:
        """By the last word of each counter."""
        return Line(self.variant_id, "", self.least, self.most).state

    @strawberry.field(
        description="Units found, less those of the ledger when they were counted: what an approval corrects. Null "
        "unless all counters agree."
    )
    def difference(self) -> int | None:
        """What has moved since the count is no part of it."""
        return self.least if self.least == self.most else None

    records = relation(
        CountRecord,
        records_by_line,
        key=lambda row: (row.count_id, row.variant_id),
        many=True,
        description="What was counted in all passes, in its order.",
    )


@strawberry.type(description="A count of what is on hand at one location.")
class CountSession(Entity, Node):
    """The row is the table's."""

    id = id_field("CountSession")
    location_id: strawberry.Private[int]
    number: str = strawberry.field(description="For people, such as CT-70000001.")
    status: CountStatus = strawberry.field(description="Its state.")
    location = relation(
        LazyLocation, locations_by_id, key=lambda row: row.location_id, required=True, description="Where."
    )
    has_all_lines: bool = strawberry.field(
        description="True: the variants were named when it was opened, and all have to be counted. False: whatever is "
        "recorded becomes a line."
    )
    needs_four_eyes: bool = strawberry.field(description="Whether nobody who has counted may approve.")
    note: str | None = strawberry.field(description="What the opener had to say; the ledger's rows have it.")
    opened_by: str = strawberry.field(description="Who opened it.")
    created_at: datetime = strawberry.field(description="When it was opened.")
    closed_by: str | None = strawberry.field(description="Who approved or canceled it.")
    closed_at: datetime | None = strawberry.field(description="When it was approved or canceled.")
    version: int = strawberry.field(description="Grows with every change; send it as `expectedVersion`.")


NODE_TYPES["CountSession"] = NodeType(UUID, visible_count_sessions_by_id)
