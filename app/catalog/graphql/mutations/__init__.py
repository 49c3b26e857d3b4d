"""What the shop's own people do with the catalog."""

import strawberry

from app.catalog.actions.save_categories import save_categories
from app.catalog.actions.save_products import save_products
from app.catalog.actions.set_prices import set_prices
from app.catalog.graphql.mutations.drafts import (
    category_draft,
    places_of_categories,
    places_of_products,
    price_drafts,
    product_draft,
)
from app.catalog.graphql.mutations.forms import (
    CategoriesSaveInput,
    CategoriesSavePayload,
    PricesSetInput,
    PricesSetPayload,
    ProductsSaveInput,
    ProductsSavePayload,
)
from app.catalog.sql import product_ids_by_slug
from app.channels.sql import channel_by_code
from app.kit.db import WriteTx
from app.kit.errors import CodeTaken, DomainError, NotFound
from app.kit.graphql.context import Info
from app.kit.graphql.inputs import check_rows, point_at
from app.kit.graphql.payload import Outcome, commit
from app.kit.graphql.permission import requires
from app.kit.text import is_storable


@strawberry.type
class CatalogMutation:
    """Merged into the schema's Mutation. Each saves all of its rows or none."""

    @strawberry.mutation(
        description="Add categories, or change those whose slug is stored already. Parents may be among them.",
        **requires("catalog:write"),
    )
    async def categories_save(self, info: Info, input: CategoriesSaveInput) -> CategoriesSavePayload:
        """Each row replaces what was known under its slug."""

        async def work(tx: WriteTx) -> Outcome:
            check_rows(input.categories, "input", "categories", least=1)
            drafts = [
                category_draft(category, "input", "categories", str(index))
                for index, category in enumerate(input.categories)
            ]
            try:
                ids = await save_categories(tx, drafts)
            except DomainError as error:
                raise point_at(error, places_of_categories(input.categories), "subject") from None
            return Outcome({"category_ids": [ids[draft.slug] for draft in drafts]})

        return await commit(
            info.context,
            CategoriesSavePayload,
            work,
            operation="categoriesSave",
            key=input.idempotency_key,
            body=input,
        )

    @strawberry.mutation(
        description="Add products with their variants, or change those whose slug or SKU is stored already. What has "
        "a price (`pricesSet`) and stock (`stockReceive`) is on sale at once.",
        **requires("catalog:write"),
    )
    async def products_save(self, info: Info, input: ProductsSaveInput) -> ProductsSavePayload:
        """Each row replaces what was known under its slug, but for media and variants that it does not name."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            check_rows(input.products, "input", "products", least=1)
            drafts = [
                product_draft(product, "input", "products", str(index)) for index, product in enumerate(input.products)
            ]
            try:
                await save_products(tx, drafts, context.now)
            except DomainError as error:
                fact = "value" if isinstance(error, CodeTaken) else "subject"
                raise point_at(error, places_of_products(input.products), fact) from None
            ids = await product_ids_by_slug(tx, [draft.slug for draft in drafts])
            return Outcome({"product_ids": [ids[draft.slug] for draft in drafts]})

        return await commit(
            context, ProductsSavePayload, work, operation="productsSave", key=input.idempotency_key, body=input
        )

    @strawberry.mutation(
        description="Say what variants cost in a channel; a variant without a price is not sold there.",
        **requires("catalog:write"),
    )
    async def prices_set(self, info: Info, input: PricesSetInput) -> PricesSetPayload:
        """Other prices stay as they are."""

        async def work(tx: WriteTx) -> Outcome:
            check_rows(input.prices, "input", "prices", least=1)
            channel = await channel_by_code(tx, input.channel) if is_storable(input.channel) else None
            if channel is None:
                message = f"There is no channel {input.channel[:64]!r}."
                raise NotFound(message, path=["input", "channel"])
            drafts = await price_drafts(tx, input.prices, "input", "prices")
            try:
                await set_prices(tx, channel.id, drafts)
            except DomainError as error:
                places = {str(draft.variant_id): ("prices", str(index)) for index, draft in enumerate(drafts)}
                raise point_at(error, places, "subject") from None
            return Outcome({"variant_ids": [draft.variant_id for draft in drafts], "channel_id": channel.id})

        return await commit(
            info.context, PricesSetPayload, work, operation="pricesSet", key=input.idempotency_key, body=input
        )
