"""What the mutations of the catalog make of their inputs: drafts, and the places of codes in the input."""

from collections.abc import Sequence
from urllib.parse import urlsplit

from app.catalog.graphql.mutations.forms import (
    AttributeInput,
    CategoryInput,
    MediaInput,
    PriceInput,
    ProductInput,
    VariantInput,
)
from app.catalog.model import (
    MAX_CODE_LENGTH,
    AttributeDraft,
    CategoryDraft,
    MediaDraft,
    PriceDraft,
    ProductDraft,
    VariantDraft,
)
from app.catalog.sql import variant_ids_by_sku
from app.kit.db import ReadTx
from app.kit.errors import DomainError, InvalidInput, NotFound, Refusals
from app.kit.graphql.inputs import check_rows, text_of, texts_of
from app.kit.temperature import Temperature
from app.kit.text import is_storable

MAX_DESCRIPTION = 20_000
MAX_URL = 2_000

Place = tuple[str, ...]


def category_draft(given: CategoryInput, *path: str) -> CategoryDraft:
    """Raises InvalidInput where a text cannot be kept."""
    return CategoryDraft(
        slug=given.slug,
        names=texts_of(given.names, *path, "names"),
        parent_slug=_code(given.parent_slug, *path, "parentSlug"),
        position=given.position,
    )


def product_draft(given: ProductInput, *path: str) -> ProductDraft:
    """Raises InvalidInput where a text or a number of rows cannot be."""
    check_rows(given.variants, *path, "variants")
    check_rows(given.media, *path, "media")
    return ProductDraft(
        slug=given.slug,
        names=texts_of(given.names, *path, "names"),
        variants=tuple(
            _variant_draft(variant, *path, "variants", str(index)) for index, variant in enumerate(given.variants)
        ),
        descriptions=texts_of(given.descriptions, *path, "descriptions", longest=MAX_DESCRIPTION),
        brand=None if given.brand is None else text_of(given.brand, *path, "brand") or None,
        category_slug=_code(given.category_slug, *path, "categorySlug"),
        attributes=_attributes(given.attributes, *path, "attributes"),
        media=None
        if given.media is None
        else tuple(_media_draft(medium, *path, "media", str(index)) for index, medium in enumerate(given.media)),
        tax_class=given.tax_class,
        is_active=given.is_active,
    )


def _variant_draft(given: VariantInput, *path: str) -> VariantDraft:
    sides = given.dimensions
    return VariantDraft(
        sku=given.sku,
        names=texts_of(given.names, *path, "names"),
        jan=given.jan,
        options=_attributes(given.options, *path, "options"),
        weight_g=given.weight_g,
        girth_cm=given.girth_cm,
        temperature=_temperature(given, *path),
        is_active=given.is_active,
        sides_mm=sides and (sides.length_mm, sides.width_mm, sides.height_mm),
    )


def _temperature(given: VariantInput, *path: str) -> Temperature:
    if given.is_chilled and given.temperature is Temperature.AMBIENT:
        raise InvalidInput("It is kept cold, or as it comes.", path=[*path, "temperature"])
    return given.temperature or (Temperature.CHILLED if given.is_chilled else Temperature.AMBIENT)


def _attributes(given: Sequence[AttributeInput], *path: str) -> tuple[AttributeDraft, ...]:
    check_rows(given, *path)
    return tuple(
        AttributeDraft(
            key=text_of(one.key, *path, str(index), "key", longest=MAX_CODE_LENGTH, shortest=1),
            labels=texts_of(one.labels, *path, str(index), "labels"),
            values=texts_of(one.values, *path, str(index), "values"),
        )
        for index, one in enumerate(given)
    )


def _media_draft(given: MediaInput, *path: str) -> MediaDraft:
    url = text_of(given.url, *path, "url", longest=MAX_URL, shortest=1)
    try:
        is_web = urlsplit(url).scheme in {"http", "https"}
    except ValueError:
        is_web = False
    if not is_web:
        message = "A picture has an address that begins with http:// or https://."
        raise InvalidInput(message, path=[*path, "url"])
    return MediaDraft(url=url, alts=texts_of(given.alts, *path, "alts"))


def _code(given: str | None, *path: str) -> str | None:
    """The code of something else: looked up, so it only has to be a text that can be asked for."""
    return None if given is None else text_of(given, *path, longest=MAX_CODE_LENGTH)


async def price_drafts(tx: ReadTx, given: Sequence[PriceInput], *path: str) -> list[PriceDraft]:
    """Prices by variant. Raises NotFound for all SKUs that do not exist, InvalidInput for one that is named twice."""
    skus = [price.sku for price in given]
    found = await variant_ids_by_sku(tx, sorted({sku for sku in skus if is_storable(sku)}))
    unknown: list[DomainError] = [
        NotFound(f"There is no variant with the SKU {sku[:80]!r}.", path=[*path, str(index), "sku"])
        for index, sku in enumerate(skus)
        if sku not in found
    ]
    if unknown:
        raise Refusals(unknown)
    return [PriceDraft(found[price.sku], price.amount, price.compare_at, price.is_published) for price in given]


# ── where in the input a refused code stands ──────────────────────────────────────────────────────────────────────


def places_of_categories(given: Sequence[CategoryInput]) -> dict[str, Place]:
    """Parents point at the first row that names them; slugs at their last row, which is the one too many."""
    places: dict[str, Place] = {}
    for index, category in enumerate(given):
        if category.parent_slug is not None:
            places.setdefault(category.parent_slug.strip(), ("categories", str(index), "parentSlug"))
    return places | {category.slug[:80]: ("categories", str(index)) for index, category in enumerate(given)}


def places_of_products(given: Sequence[ProductInput]) -> dict[str, Place]:
    """By slug, SKU, JAN code and category."""
    places: dict[str, Place] = {}
    for index, product in enumerate(given):
        if product.category_slug is not None:
            places.setdefault(product.category_slug.strip(), ("products", str(index), "categorySlug"))
    for index, product in enumerate(given):
        for position, variant in enumerate(product.variants):
            place = ("products", str(index), "variants", str(position))
            places[variant.sku[:80]] = place
            if variant.jan is not None:
                places[variant.jan] = (*place, "jan")
    return places | {product.slug[:80]: ("products", str(index)) for index, product in enumerate(given)}
