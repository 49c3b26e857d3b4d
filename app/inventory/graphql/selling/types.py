"""What buyers and staff see of selling rules."""

from collections.abc import Collection
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import strawberry

from app.channels.graphql.batches import channel_by_code
from app.engine.relations import Entity, relation
from app.inventory.model.selling import SellingPolicy, Terms, selling_day
from app.inventory.sql.selling import KEPT_RULED, terms_of
from app.kit.graphql.context import Context
from app.kit.graphql.enums import describe_enum

if TYPE_CHECKING:
    from app.catalog.graphql.types import Variant

describe_enum(
    SellingPolicy,
    "Whether units are sold that have not arrived.",
    {
        SellingPolicy.ON_HAND_ONLY: "Only what lies there.",
        SellingPolicy.BACKORDER: "When nothing is left, up to a number of units may be ordered until a promised day.",
        SellingPolicy.PREORDER: "Before the day of release everything is ordered ahead, up to a number of units.",
    },
)


class ComponentRow(NamedTuple):
    """One component of a bundle."""

    variant_id: int
    quantity: int


class SellingRow(NamedTuple):
    """A variant's rules as the API shows them."""

    policy: SellingPolicy
    limit: int | None
    remaining: int
    promised_on: date | None
    is_bundle: bool
    components: tuple[ComponentRow, ...]


async def variants(context: Context, keys: list[int], columns: Collection[str] | None) -> dict[int, Any]:
    from app.catalog.graphql.batches import variants_by_id  # noqa: PLC0415  # the types look at one another

    return await variants_by_id(context, keys, columns)


@strawberry.type(description="A component of a bundle.")
class BundleComponent(Entity):
    """Units of it in one bundle."""

    variant_id: strawberry.Private[int]
    quantity: int = strawberry.field(description="Units of it in one bundle.")
    variant = relation(
        Annotated["Variant", strawberry.lazy("app.catalog.graphql.types")],
        variants,
        key=lambda row: row.variant_id,
        required=True,
        description="What it is.",
    )


@strawberry.type(description="How a variant is sold besides from the shelves.")
class VariantSelling(Entity):
    """A number of units that are left is a hint; the checkout decides."""

    policy: SellingPolicy = strawberry.field(description="Whether units are sold that have not arrived.")
    limit: int | None = strawberry.field(description="Units that may wait at a time; null where none may.")
    remaining: int = strawberry.field(
        description="Units that may still be ordered ahead now; 0 also where the promised day has passed."
    )
    promised_on: date | None = strawberry.field(
        description="The day by which units ordered ahead are promised, or the release of a preorder; in Japan."
    )
    is_bundle: bool = strawberry.field(description="Whether it is made of other variants, whose stock it is sold from.")
    components: list[BundleComponent] = strawberry.field(description="What one unit of a bundle is made of.")


_PLAIN = SellingRow(SellingPolicy.ON_HAND_ONLY, None, 0, None, is_bundle=False, components=())


async def selling_by_variant(
    context: Context, keys: list[int], columns: Collection[str] | None
) -> dict[int, SellingRow]:
    """One statement where any of the variants has a rule, none where this process knows that none has."""
    del columns
    terms = await known_terms(context, keys)
    return {key: _PLAIN if (one := terms.get(key)) is None else _row(one) for key in keys}


async def known_terms(context: Context, keys: Collection[int]) -> dict[int, Terms]:
    """The terms of those variants that the request's channel sells by rules."""
    channel = await channel_by_code(context, context.channel)
    channel_id = 0 if channel is None else channel["id"]
    ruled = (await context.find(KEPT_RULED, (0,)))[0].among(keys, channel_id)
    if not ruled:
        return {}
    async with context.read() as tx:
        return await terms_of(tx, ruled, channel_id, today=selling_day(context.now))


def _row(terms: Terms) -> SellingRow:
    parts = tuple(ComponentRow(part.variant_id, part.quantity) for part in terms.parts)
    rule = terms.rule
    if rule is None or rule.policy is SellingPolicy.ON_HAND_ONLY:
        return _PLAIN._replace(is_bundle=bool(parts), components=parts)
    room = rule.room(terms.today)
    return SellingRow(rule.policy, rule.limit, room, rule.promised_on, is_bundle=bool(parts), components=parts)
