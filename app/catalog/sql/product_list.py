"""The list of products: every combination of filters and sort orders is one statement, built when first needed.

Each is planned for its values: the best way to few products and the best way to many are opposite ones. All products
of a channel are read along its listings, where one plan does for all values.

Pages continue behind the sort values of a row (keyset). Every order ends in the product's id, so it is total.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    Text,
    bindparam,
    cast,
    false,
    func,
    literal,
    literal_column,
    not_,
    select,
    tuple_,
    union_all,
)

from app.catalog.model import SearchQuery
from app.catalog.sql.reads import PRODUCT_COLUMNS
from app.catalog.tables import categories, product_listings, products, variants
from app.kit.db import ReadTx, Row
from app.kit.statement import Statement

COUNTED: Final = 10_000


class ProductOrder(StrEnum):
    """What a list of products is sorted by."""

    RELEVANCE = "RELEVANCE"
    NAME_JA = "NAME_JA"
    NAME_EN = "NAME_EN"
    PRICE = "PRICE"
    NEWEST = "NEWEST"


@dataclass(frozen=True, slots=True)
class Selection:
    """Which products a list shows. None: no such condition. Prices are minor units of the channel's currency.

    impossible: a condition that nothing can meet, such as a search without letters and digits.
    """

    channel_id: int
    sees_all: bool
    search: SearchQuery | None = None
    category_slug: str | None = None
    ids: tuple[int, ...] | None = None
    skus: tuple[str, ...] | None = None
    price_min: int | None = None
    price_max: int | None = None
    brand: str | None = None
    impossible: bool = False

    @property
    def conditions(self) -> frozenset[str]:
        """The names of the conditions that are set."""
        names = ("search", "category_slug", "ids", "skus", "price_min", "price_max", "brand")
        return frozenset(name for name in names if getattr(self, name) is not None)

    def values(self) -> dict[str, Any]:
        """The parameters of the conditions."""
        found: dict[str, Any] = {name: getattr(self, name) for name in self.conditions - {"search"}}
        if self.search is not None:
            found |= {"terms": self.search.terms, "patterns": self.search.patterns}
        return {"channel_id": self.channel_id, **found}


def sort_kinds(order: ProductOrder, selection: Selection) -> Sequence[type]:
    """The kinds of a cursor's values, as `sort_columns` names them."""
    first = str if order in {ProductOrder.NAME_JA, ProductOrder.NAME_EN} else int
    return [first, int][-len(sort_columns(order, selection)) :]


def sort_columns(order: ProductOrder, selection: Selection) -> Sequence[str]:
    """The columns of the rows that a cursor holds."""
    by_id = order is ProductOrder.NEWEST or (order is ProductOrder.RELEVANCE and selection.search is None)
    return ["id"] if by_id else ["sort_key", "id"]


@dataclass(frozen=True, slots=True)
class ListPlace:
    """Which page of a list. after: the cursor's values of the row before it."""

    order: ProductOrder
    descending: bool
    after: Sequence[Any] | None
    limit: int


def brings_prices(selection: Selection, place: ListPlace) -> bool:
    """Whether the rows are read along the channel's listings, and have the columns of a price range.

    So are all products of a channel in the order of their making or of their price.
    """
    return not selection.sees_all and not selection.conditions and place.order in _LISTED


async def list_products(
    tx: ReadTx, selection: Selection, place: ListPlace, columns: Collection[str] | None, *, currency: str
) -> list[Row]:
    """Up to `place.limit` products. columns: as `Statement.narrow`; the columns of the cursor are always there."""
    after = place.after
    values: dict[str, Any] = {**selection.values(), "limit": place.limit}
    if selection.search is not None and place.order is ProductOrder.RELEVANCE:
        search = selection.search
        rank, after_id = after or (0, 0)
        rank = min(max(rank, 0), len(_RANKS) - 1)
        values |= {"code_pattern": search.code_pattern, "name_pattern": search.name_pattern, "after_id": after_id}
        values |= {"code_terms": search.code_terms} if rank == 0 else {}
        values |= {"name_terms": search.name_terms} if rank <= 1 else {}
        statement = _ranked_statement(selection.conditions, rank, sees_all=selection.sees_all)
        return await tx.fetch_planned(statement.narrow(columns, always=_CURSOR), **values)
    if after is not None:
        values |= {"after_id": after[-1]} | ({"after_key": after[0]} if len(after) > 1 else {})
    if brings_prices(selection, place):
        size = next(size for size in _PAGE_SIZES if size >= place.limit)
        statement = _listed_statement(place.order, size, descending=place.descending, goes_on=after is not None)
        statement = statement.narrow(columns, always=_CURSOR)
        values = {**values, "currency": currency}
        rows = await tx.fetch(statement, **{name: values[name] for name in statement.names})
        return rows[: place.limit]
    statement = _sorted_statement(
        selection.conditions,
        place.order,
        sees_all=selection.sees_all,
        descending=place.descending,
        goes_on=after is not None,
    )
    return await tx.fetch_planned(statement.narrow(columns, always=_CURSOR), **values)


async def count_products(tx: ReadTx, selection: Selection) -> int:
    """How many products there are, counted up to `COUNTED`."""
    statement = _count_statement(selection.conditions, sees_all=selection.sees_all)
    rows = await tx.fetch_planned(statement, **selection.values())
    return rows[0]["count"]


# ── how the statements are built ──────────────────────────────────────────────────────────────────────

_CURSOR: Final = ("id", "sort_key")
_LISTED: Final = (ProductOrder.RELEVANCE, ProductOrder.NEWEST, ProductOrder.PRICE)
# A number in the statement lets one plan do for all values; there are as many statements as numbers. Pages are read
# with one row more than is shown.
_PAGE_SIZES: Final = (2, 11, 13, 21, 25, 31, 41, 49, 51, 61, 101)
_SEARCH_TERMS: Final = products.c.search_grams
_IS_CODE: Final = products.c.search_text.like(bindparam("code_pattern", type_=Text))
_BEGINS_NAME: Final = products.c.search_text.like(bindparam("name_pattern", type_=Text))
# The terms lead to the few products of the first two ranks; in the third, reading their texts is all it takes.
_RANKS: Final = (
    _IS_CODE & _SEARCH_TERMS.bool_op("@>")(bindparam("code_terms", type_=ARRAY(Text))),
    _BEGINS_NAME & not_(_IS_CODE) & _SEARCH_TERMS.bool_op("@>")(bindparam("name_terms", type_=ARRAY(Text))),
    not_(_BEGINS_NAME) & not_(_IS_CODE),
)

_below = (
    select(categories.c.id)
    .where(categories.c.slug == bindparam("category_slug", type_=Text))
    .cte("below", recursive=True)
)
_BELOW: Final = _below.union(select(categories.c.id).join(_below, categories.c.parent_id == _below.c.id))

# The terms find candidates by the index; the patterns make sure that their pieces stand together as in the query.
_CONDITIONS: Final[Mapping[str, ColumnElement[bool]]] = {
    "search": _SEARCH_TERMS.bool_op("@>")(bindparam("terms", type_=ARRAY(Text)))
    & func.coalesce(products.c.search_text.like(func.all(bindparam("patterns", type_=ARRAY(Text)))), false()),
    "category_slug": products.c.category_id == func.any(func.array(select(_BELOW.c.id).scalar_subquery())),
    "ids": products.c.id == func.any(bindparam("ids", type_=ARRAY(BigInteger))),
    "skus": products.c.id.in_(
        select(variants.c.product_id).where(variants.c.sku == func.any(bindparam("skus", type_=ARRAY(Text))))
    ),
    "price_min": product_listings.c.price_min_minor >= bindparam("price_min", type_=Integer),
    "price_max": product_listings.c.price_min_minor <= bindparam("price_max", type_=Integer),
    "brand": products.c.brand == bindparam("brand", type_=Text),
}


def _matching(conditions: frozenset[str], *columns: ColumnElement[Any], sees_all: bool) -> Select[Any]:
    in_channel = product_listings.c.channel_id == bindparam("channel_id", type_=Integer)
    listed = (product_listings.c.product_id == products.c.id) & in_channel
    query = select(*columns).select_from(products.join(product_listings, listed, isouter=sees_all))
    return query.where(*(_CONDITIONS[name] for name in sorted(conditions)))


def _sort_key(order: ProductOrder, *, sees_all: bool, descending: bool) -> ColumnElement[Any] | None:
    if order is ProductOrder.NAME_JA:
        return products.c.sort_name_ja
    if order is ProductOrder.NAME_EN:
        return products.c.sort_name_en
    if order is not ProductOrder.PRICE:
        return None
    if not sees_all:
        return product_listings.c.price_min_minor
    # Staff see products without a price too: after all others, whatever the direction.
    beyond = literal_column("-1" if descending else str(2**31), BigInteger)
    return func.coalesce(product_listings.c.price_min_minor, beyond, type_=BigInteger)


@lru_cache(maxsize=512)
def _sorted_statement(
    conditions: frozenset[str], order: ProductOrder, *, sees_all: bool, descending: bool, goes_on: bool
) -> Statement:
    key = _sort_key(order, sees_all=sees_all, descending=descending)
    keys = [products.c.id] if key is None else [key, products.c.id]
    columns = PRODUCT_COLUMNS if key is None else (*PRODUCT_COLUMNS, key.label("sort_key"))
    query = _matching(conditions, *columns, sees_all=sees_all)
    if goes_on:
        after_id = bindparam("after_id", type_=BigInteger)
        here = tuple_(*keys)
        there = tuple_(after_id) if key is None else tuple_(bindparam("after_key", type_=key.type), after_id)
        query = query.where(here < there if descending else here > there)
    ordered = query.order_by(*(each.desc() if descending else each.asc() for each in keys))
    return Statement(ordered.limit(bindparam("limit", type_=Integer)))


@lru_cache(maxsize=256)
def _listed_statement(order: ProductOrder, limit: int, *, descending: bool, goes_on: bool) -> Statement:
    """A page of listings first, then their products: nothing else is read, whatever the planner thinks of the rest."""
    keys = [product_listings.c.product_id]
    if order is ProductOrder.PRICE:
        keys.insert(0, product_listings.c.price_min_minor)
    listed = select(
        product_listings.c.product_id, product_listings.c.price_min_minor, product_listings.c.price_max_minor
    ).where(product_listings.c.channel_id == bindparam("channel_id", type_=Integer))
    if goes_on:
        after = [bindparam("after_key", type_=BigInteger), bindparam("after_id", type_=BigInteger)][-len(keys) :]
        here, there = tuple_(*keys), tuple_(*after)
        listed = listed.where(here < there if descending else here > there)
    listed = listed.order_by(*(key.desc() if descending else key.asc() for key in keys))
    page = listed.limit(literal_column(str(limit), Integer)).subquery("page")
    columns = [
        *PRODUCT_COLUMNS,
        page.c.price_min_minor,
        page.c.price_max_minor,
        cast(bindparam("currency", type_=Text), Text).label("currency"),
    ]
    if order is ProductOrder.PRICE:
        columns.append(page.c.price_min_minor.label("sort_key"))
    shown = [page.c[key.name] for key in keys]
    return Statement(
        select(*columns)
        .select_from(page.join(products, products.c.id == page.c.product_id))
        .order_by(*(key.desc() if descending else key.asc() for key in shown)),
        generic=True,
    )


@lru_cache(maxsize=256)
def _ranked_statement(conditions: frozenset[str], first_rank: int, *, sees_all: bool) -> Statement:
    """A limited branch per rank: the common case, a page full of the first two ranks, never ranks all that matches."""
    limit = bindparam("limit", type_=Integer)
    branches: list[Select[Any]] = []
    for rank in range(first_rank, len(_RANKS)):
        columns = (*PRODUCT_COLUMNS, literal_column(str(rank), Integer).label("sort_key"))
        if rank < len(_RANKS) - 1:
            # OFFSET 0 keeps the planner from looking for these few along the whole order by id.
            few = (
                select(products.c.id).where(_CONDITIONS["search"], _RANKS[rank]).offset(literal_column("0")).subquery()
            )
            branch = _matching(conditions - {"search"}, *columns, sees_all=sees_all).join(
                few, few.c.id == products.c.id
            )
        else:
            branch = _matching(conditions, *columns, sees_all=sees_all).where(_RANKS[rank])
        if rank == first_rank:
            branch = branch.where(products.c.id > bindparam("after_id", type_=BigInteger))
        branches.append(select(branch.order_by(products.c.id).limit(limit).subquery()))
    ranked = union_all(*branches).subquery()
    return Statement(select(ranked).order_by(ranked.c.sort_key, ranked.c.id).limit(limit))


@lru_cache(maxsize=256)
def _count_statement(conditions: frozenset[str], *, sees_all: bool) -> Statement:
    found = _matching(conditions, literal(1).label("one"), sees_all=sees_all).limit(COUNTED).subquery()
    return Statement(select(func.count().label("count")).select_from(found))
