"""What is sold, as values: drafts of products and prices, codes, and what search works on."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from app.catalog.errors import InvalidDraft
from app.kit.tax import TaxClass
from app.kit.temperature import Temperature
from app.kit.text import grams, is_storable, normalize

Texts = dict[str, str]

MAX_MINOR: Final = 2**31 - 1
MAX_CODE_LENGTH: Final = 64
MAX_SEARCH_LENGTH: Final = 200
_DESCRIPTION_SEARCHED: Final = 1_000
_SORT_NAME_LENGTH: Final = 100
_JAN: Final = re.compile(r"[0-9]{8}(?:[0-9]{5})?")
_WORD: Final = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class AttributeDraft:
    """One property with its texts by language: key `material`, labels {"ja": "素材"}, values {"ja": "綿"}."""

    key: str
    labels: Texts
    values: Texts


@dataclass(frozen=True, slots=True)
class MediaDraft:
    """A picture by its address; `alts` says what it shows, by language."""

    url: str
    alts: Texts = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class VariantDraft:
    """A sellable thing. `names` is what the product's name lacks ("赤 / M"), {} for an only variant.

    jan: 8 or 13 digits with a right check digit. weight_g: grams; girth_cm: length + width + height when
    packed; sides_mm: these three one by one, when they are known.
    """

    sku: str
    names: Texts = field(default_factory=dict[str, str])
    jan: str | None = None
    options: tuple[AttributeDraft, ...] = ()
    weight_g: int | None = None
    girth_cm: int | None = None
    temperature: Temperature = Temperature.AMBIENT
    is_active: bool = True
    sides_mm: tuple[int, int, int] | None = None


@dataclass(frozen=True, slots=True)
class ProductDraft:
    """A product with its variants in their order. media None leaves what is stored; () removes all."""

    slug: str
    names: Texts
    variants: tuple[VariantDraft, ...]
    descriptions: Texts = field(default_factory=dict[str, str])
    brand: str | None = None
    category_slug: str | None = None
    attributes: tuple[AttributeDraft, ...] = ()
    media: tuple[MediaDraft, ...] | None = None
    tax_class: TaxClass = TaxClass.STANDARD_10
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class CategoryDraft:
    """A place in the category tree. The parent is stored already or among the drafts saved with it."""

    slug: str
    names: Texts
    parent_slug: str | None = None
    position: int = 0


@dataclass(frozen=True, slots=True)
class PriceDraft:
    """What a variant costs in a channel: minor units of its currency, including consumption tax."""

    variant_id: int
    price_minor: int
    compare_at_minor: int | None = None
    is_published: bool = True


# ── codes ──────────────────────────────────────────────────────────────────────────────


def jan_check_digit(digits: str) -> str:
    """The last digit of a JAN (EAN) code from the 7 or 12 before it, weighted 3 and 1 from the right."""
    total = sum(int(digit) * (3 if index % 2 == 0 else 1) for index, digit in enumerate(reversed(digits)))
    return str(-total % 10)


def is_jan(code: str) -> bool:
    """Whether `code` is a JAN-8 or JAN-13 code with a right check digit."""
    return _JAN.fullmatch(code) is not None and jan_check_digit(code[:-1]) == code[-1]


# ── what search works on ──────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class SearchEntry:
    """What is stored for a product to be found by.

    text: normalised texts; each name stands behind a line break and each code between tabs, nothing else does.
    terms: the pieces of words (`app.kit.text.grams`), `^` + the first one and two characters of each name, `=` + each
    code. The terms are for the index; whether a product really matches is seen in its text.
    """

    text: str
    terms: list[str]


def search_entry(
    names: Texts,
    descriptions: Texts,
    brand: str | None,
    variants: Iterable[tuple[str, str | None, Texts, Sequence[Any]]],
) -> SearchEntry:
    """Everything that finds a product; `variants` are (SKU, JAN code, names, options as stored)."""
    titles = list(dict.fromkeys(normalize(name) for name in names.values()))
    codes: list[str] = []
    rest: list[str] = [brand or "", *(text[:_DESCRIPTION_SEARCHED] for text in descriptions.values())]
    for sku, jan, variant_names, options in variants:
        codes += [sku, "".join(_WORD.findall(sku)), jan or ""]
        rest += variant_names.values()
        rest += (value for option in options for value in option["values"].values())
    codes = [code for code in dict.fromkeys(normalize(code) for code in codes) if code]
    others = [text for text in dict.fromkeys(normalize(text) for text in rest) if text]
    text = "\n" + "\n".join(titles) + "\t" + "".join(code + "\t" for code in codes) + " ".join(others)
    terms = {*grams(text), *("=" + code for code in codes)}
    terms |= {"^" + title[:length] for title in titles for length in (1, 2)}
    return SearchEntry(text, sorted(terms))


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """What a shopper typed, made comparable with `SearchEntry`. Terms must all be there, patterns (LIKE) all match.

    code_…: what a product with a SKU or JAN code equal to the whole query has. name_…: what a product has whose name
    begins with the query.
    """

    terms: tuple[str, ...]
    patterns: tuple[str, ...]
    code_terms: tuple[str, ...]
    code_pattern: str
    name_terms: tuple[str, ...]
    name_pattern: str


def parse_search(text: str) -> SearchQuery | None:
    """The query in a text; None when it holds no letter and no digit, and so finds nothing.

    Each word must occur, wherever; punctuation separates words. A single ASCII letter or digit alone finds whole
    words only, since nearly everything contains it; beside other words it must occur anywhere.
    """
    whole = normalize(text)
    words = list(dict.fromkeys(_WORD.findall(whole)))
    if not words:
        return None
    pairs = [pair for word in words for pair in _pairs_to_look_for(word)]
    singles = [word for word in words if len(word) == 1]
    terms = tuple(dict.fromkeys([*pairs, *(word for word in singles if not word.isascii())] or singles))
    return SearchQuery(
        terms=terms,
        patterns=tuple(f"%{escape_like(word)}%" for word in words),
        code_terms=("=" + whole,),
        code_pattern=f"%\t{escape_like(whole)}\t%",
        name_terms=(*terms, "^" + whole[:2]),
        name_pattern=f"%\n{escape_like(whole)}%",
    )


def _pairs_to_look_for(word: str) -> list[str]:
    """Pairs that cover a word: every other one, since the pairs of a word go together and the planner, which does not
    know that, would expect too few products. Codes need all of theirs: pairs of digits are everywhere.
    """
    step = 1 if any(character.isdigit() for character in word) else 2
    starts = sorted({*range(0, len(word) - 1, step), len(word) - 2} - {-1})
    return [word[start : start + 2] for start in starts]


def escape_like(text: str) -> str:
    """The text as LIKE finds it literally."""
    return re.sub(r"([\\%_])", r"\\\1", text)


def sort_name(names: Texts, language: str) -> str:
    """What lists in a language are sorted by: the normalised name, or that in another language."""
    name = names.get(language) or names.get("ja") or names.get("en") or next(iter(names.values()), "")
    return normalize(name)[:_SORT_NAME_LENGTH]


# ── checks of drafts ──────────────────────────────────────────────────────────────────────────────


def check_products(products: Sequence[ProductDraft]) -> None:
    """Raises InvalidDraft for the first product or variant that could not be stored as it is."""
    _refuse_repeated("slug", (product.slug for product in products))
    _refuse_repeated("SKU", (variant.sku for product in products for variant in product.variants))
    _refuse_repeated("JAN code", (v.jan for product in products for v in product.variants if v.jan is not None))
    for product in products:
        _check_code("slug", product.slug)
        _check_texts(product.slug, product.names, product.descriptions, {"": product.brand or ""})
        _check_attributes(product.slug, product.attributes)
        if not any(name.strip() for name in product.names.values()):
            raise InvalidDraft(f"The product {product.slug} needs a name.", subject=product.slug)
        for medium in product.media or ():
            _check_texts(product.slug, medium.alts, {"": medium.url})
        for variant in product.variants:
            _check_variant(variant)


def _check_variant(variant: VariantDraft) -> None:
    _check_code("SKU", variant.sku)
    _check_texts(variant.sku, variant.names)
    _check_attributes(variant.sku, variant.options)
    if variant.jan is not None and not is_jan(variant.jan):
        raise InvalidDraft(f"{variant.jan!r} of {variant.sku} is not a JAN code.", subject=variant.sku)
    for size in (variant.weight_g, variant.girth_cm, *(variant.sides_mm or ())):
        if size is not None and not 1 <= size <= MAX_MINOR:
            raise InvalidDraft(f"Weight and size of {variant.sku} must be positive.", subject=variant.sku)


def check_categories(categories: Sequence[CategoryDraft]) -> None:
    """Raises InvalidDraft for the first category that could not be stored as it is."""
    _refuse_repeated("slug", (category.slug for category in categories))
    for category in categories:
        _check_code("slug", category.slug)
        _check_texts(category.slug, category.names)
        if not any(name.strip() for name in category.names.values()):
            raise InvalidDraft(f"The category {category.slug} needs a name.", subject=category.slug)


def check_prices(prices: Sequence[PriceDraft]) -> None:
    """Raises InvalidDraft for the first price that could not be stored as it is."""
    _refuse_repeated("variant", (str(price.variant_id) for price in prices))
    for price in prices:
        subject = str(price.variant_id)
        if not 0 <= price.price_minor <= MAX_MINOR:
            raise InvalidDraft(f"A price lies between 0 and {MAX_MINOR} minor units.", subject=subject)
        if price.compare_at_minor is not None and not price.price_minor < price.compare_at_minor <= MAX_MINOR:
            raise InvalidDraft("The price to compare with must be higher than the price.", subject=subject)


def _check_code(kind: str, code: str) -> None:
    if not code or code != code.strip() or len(code) > MAX_CODE_LENGTH or not code.isprintable():
        raise InvalidDraft(
            f"{code[:80]!r} is not a {kind}: 1 to {MAX_CODE_LENGTH} visible characters.", subject=code[:80]
        )


def _check_texts(subject: str, *texts: Texts) -> None:
    if not all(is_storable(text) for part in texts for pair in part.items() for text in pair):
        raise InvalidDraft(f"A text of {subject} holds characters that cannot be stored.", subject=subject)


def _check_attributes(subject: str, attributes: Iterable[AttributeDraft]) -> None:
    for attribute in attributes:
        _check_texts(subject, attribute.labels, attribute.values, {"": attribute.key})


def _refuse_repeated(kind: str, codes: Iterable[str]) -> None:
    seen: set[str] = set()
    for code in codes:
        if code in seen:
            raise InvalidDraft(f"The {kind} {code} occurs twice.", subject=code)
        seen.add(code)
