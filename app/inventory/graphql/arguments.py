"""What the root fields of stock make of their arguments: keys of the database, or refusals that point at them."""

from collections.abc import Sequence
from typing import Annotated, Final
from uuid import UUID

import strawberry

from app.catalog.model import is_storable
from app.catalog.sql import variant_ids_by_sku
from app.inventory.graphql.batches import visible_location_ids
from app.kit.errors import InvalidInput, NotFound
from app.kit.graphql.context import Context
from app.kit.graphql.nodes import require_int
from app.kit.paging import MAX_PAGE

argument: Final = strawberry.argument
First = Annotated[int, argument(description="At most 100.")]
After = Annotated[str | None, argument(description="The cursor of a row: go on behind it.")]
LocationId = Annotated[strawberry.ID | None, argument(description="Only at this location.")]
LocationIds = Annotated[list[strawberry.ID] | None, argument(description="Only at these locations, at most 100.")]


async def variants_of(context: Context, skus: Sequence[str]) -> dict[str, int]:
    """Variant ids by SKU; unknown ones are left out."""
    if len(skus) > MAX_PAGE:
        message = f"At most {MAX_PAGE} SKUs at once."
        raise InvalidInput(message, path=["skus"])
    async with context.read() as tx:
        return await variant_ids_by_sku(tx, [sku for sku in skus if is_storable(sku)])


async def variant_of(context: Context, sku: str) -> int:
    """The variant's id. Raises NotFound."""
    variants = await variants_of(context, [sku])
    if sku not in variants:
        message = "There is no variant with this SKU."
        raise NotFound(message, path=["sku"])
    return variants[sku]


async def locations_of(
    context: Context, location_ids: Sequence[strawberry.ID] | None, *, name: str = "locationIds"
) -> list[int] | None:
    """The wanted locations as far as the caller may see them; None: all."""
    visible = await visible_location_ids(context)
    if location_ids is None:
        return visible
    if len(location_ids) > MAX_PAGE:
        message = f"At most {MAX_PAGE} locations at once."
        raise InvalidInput(message, path=[name])
    wanted = [location_of(location_id, name) for location_id in location_ids]
    return [place for place in wanted if place is not None and (visible is None or place in visible)]


def location_of(location_id: str | None, name: str) -> int | None:
    """The key of a location; 0, which is none, for a number that no location can have."""
    if location_id is None:
        return None
    key = require_int(location_id, "Location", name)
    return key if key < 1 << 31 else 0


def positive(value: int, *, bits: int = 63) -> int:
    """A number from a cursor. Raises InvalidInput when no row can have it."""
    if not 0 <= value < 1 << bits:
        message = "This cursor does not belong to this list and sort order."
        raise InvalidInput(message, path=["after"])
    return value


def uuid_of(value: str) -> UUID:
    """An id from a cursor. Raises InvalidInput."""
    try:
        return UUID(value)
    except ValueError:
        message = "This cursor does not belong to this list and sort order."
        raise InvalidInput(message, path=["after"]) from None
