"""One product for a shopper, with what the operation will ask of it next, in one statement.

The relations of the product find their rows in the context. They load them themselves wherever something does not fit:
for staff, who see other rows; for another channel; when the operation is not known beforehand.
"""

from typing import Any, Final

from app.catalog.graphql.batches import PRICE, PRICE_RANGE, VARIANTS, sees_all
from app.channels.graphql.batches import channel_by_code
from app.channels.sql import InChannel
from app.engine.columns import wanted_columns
from app.inventory.graphql.availability import LEVELS, MADE_OF_UNITS, places_of
from app.inventory.graphql.nearest import MANY_PLACES
from app.inventory.sql.product_page import MAX_VARIANTS, PRODUCT, VARIANT, PageStatement, page_statement
from app.kit.db import Row
from app.kit.graphql.context import Context, Info
from app.kit.row import shape

_RANGE: Final = ("price_min_minor", "price_max_minor", "currency")
_OFFER: Final = ("price_minor", "compare_at_minor", "currency")


async def product_page(info: Info, key: str, value: Any) -> tuple[bool, Any]:
    """Whether this is a case for one statement, and if so the product, None when the channel does not sell it.

    key: `id` or `slug`.
    """
    context = info.context
    variant = wanted_columns(info, ("variants",))
    product = wanted_columns(info)
    if not variant or product is None or sees_all(context) or not context.db.reference.is_on:
        return False, None
    channel = await channel_by_code(context, context.channel)
    if channel is None or not channel["is_active"]:
        return True, None
    levels = wanted_columns(info, ("variants", "availability"))
    statement = page_statement(
        key,
        (product | set(_RANGE if PRICE_RANGE in product else ())) & PRODUCT,
        (variant | set(_OFFER if PRICE in variant else ())) & VARIANT,
        with_stock=bool(levels) and levels <= MADE_OF_UNITS and len(await places_of(context)) <= MANY_PLACES,
    )
    of_channel = InChannel.known(statement.statement, channel)
    rows = await context.fetch(statement.statement, **{key: value}, **of_channel)
    return True, _keep(context, statement, rows, product, variant) if rows else None


def _keep(context: Context, page: PageStatement, rows: list[Row], product: Any, variant: Any) -> Any:
    end = len(page.product)
    found = shape(page.product)(rows[0][:end])
    code = context.channel
    if PRICE_RANGE in product:
        context.prefetched[PRICE_RANGE, code] = {found.id: found}
    if len(rows) > MAX_VARIANTS:
        return found
    as_variant, until = shape(page.variant), end + len(page.variant)
    variants = [as_variant(row[end:until]) for row in rows if row[end] is not None]
    context.prefetched[VARIANTS, code] = (variant, {found.id: variants})
    if PRICE in variant:
        context.prefetched[PRICE, code] = {one.id: one for one in variants}
    if page.with_stock:
        context.prefetched[LEVELS, code] = {row[end]: (row[until], row[until + 1]) for row in rows}
    return found
