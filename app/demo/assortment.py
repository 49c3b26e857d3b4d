"""What the demo shop sells: every kind of goods in every style, with colours, sizes and tastes as variants."""

from dataclasses import dataclass
from random import Random
from typing import Final

from app.catalog.model import (
    AttributeDraft,
    CategoryDraft,
    MediaDraft,
    ProductDraft,
    VariantDraft,
    jan_check_digit,
)
from app.demo.words import OPTIONS, Kind, Style, categories, styles
from app.kit.tax import TaxClass
from app.kit.temperature import Temperature

SEED: Final = 20261122
BRAND: Final = "つむぎ堂"
# Numbers beginning with 20 are for use inside a shop; no maker's code begins so.
JAN_PREFIX: Final = 20


@dataclass(frozen=True, slots=True)
class Assortment:
    """Drafts of all categories and products, and the price of each SKU in yen including tax."""

    categories: list[CategoryDraft]
    products: list[ProductDraft]
    prices: dict[str, int]


def assortment() -> Assortment:
    """The whole assortment, the same at every call."""
    random = Random(SEED)
    found = Assortment([], [], {})
    found.categories.append(CategoryDraft("goods", {"ja": "雑貨", "en": "Goods"}, None, 0))
    found.categories.append(CategoryDraft("eat", {"ja": "食べもの", "en": "Things to eat"}, None, 1))
    for position, (slug, ja, en, family, kinds) in enumerate(categories()):
        parent = "eat" if family == "taste" else "goods"
        found.categories.append(CategoryDraft(slug, {"ja": ja, "en": en}, parent, position))
        for kind in kinds:
            for style in styles(family):
                _add_product(found, random, slug, family, kind, style)
    return found


def _add_product(  # noqa: PLR0917  # one call, in a loop over all of them
    found: Assortment, random: Random, category: str, family: str, kind: Kind, style: Style
) -> None:
    slug = f"{style.slug}-{kind.slug}"
    price = kind.price * style.factor // 1000 * 10
    code = f"{category[:2].upper()}{len(found.products) + 1:04d}"
    temperature = Temperature.CHILLED if category == "chilled" else Temperature.AMBIENT
    variants = tuple(
        VariantDraft(
            sku=f"{code}{suffix}",
            names=names,
            jan=_jan(len(found.prices) + number),
            options=options,
            weight_g=kind.weight_g,
            girth_cm=kind.girth_cm,
            temperature=temperature,
        )
        for number, (suffix, names, options) in enumerate(_variants(kind, random))
    )
    for variant in variants:
        found.prices[variant.sku] = price
    found.products.append(
        ProductDraft(
            slug=slug,
            names={"ja": f"{style.ja}{kind.ja}", "en": f"{style.en} {kind.en}"},
            descriptions={
                "ja": f"{BRAND}の{kind.ja}。{style.note_ja}",
                "en": f"{kind.en} by Tsumugido. {style.note_en}",
            },
            brand=BRAND,
            category_slug=category,
            attributes=(AttributeDraft("style", {"ja": "仕立て", "en": "Style"}, {"ja": style.ja, "en": style.en}),),
            media=(MediaDraft(f"/media/{slug}.svg", {"ja": f"{style.ja}{kind.ja}", "en": f"{style.en} {kind.en}"}),),
            tax_class=TaxClass.REDUCED_8 if family == "taste" else TaxClass.STANDARD_10,
            variants=variants,
        )
    )


def _variants(kind: Kind, random: Random) -> list[tuple[str, dict[str, str], tuple[AttributeDraft, ...]]]:
    """(suffix of the SKU, names, options) of each variant of a product."""
    if kind.options == "none":
        return [("", {}, ())]
    combinations: list[list[tuple[str, tuple[str, str, str]]]] = [[]]
    for option in kind.options.split("+"):
        values = list(OPTIONS[option][2])
        if option == "color":
            values = random.sample(values, 2 if "+" in kind.options else 3)
        combinations = [[*chosen, (option, value)] for chosen in combinations for value in values]
    return [
        (
            "".join(f"-{value[0]}" for _, value in chosen),
            {
                "ja": "・".join(value[1] for _, value in chosen),
                "en": " / ".join(value[2] for _, value in chosen),
            },
            tuple(
                AttributeDraft(
                    option,
                    {"ja": OPTIONS[option][0], "en": OPTIONS[option][1]},
                    {"ja": value[1], "en": value[2]},
                )
                for option, value in chosen
            ),
        )
        for chosen in combinations
    ]


def _jan(number: int) -> str:
    digits = f"{JAN_PREFIX}{number:010d}"
    return digits + jan_check_digit(digits)
