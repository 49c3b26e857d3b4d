"""Types that every slice uses: money, languages, pages."""

from collections.abc import Callable
from enum import Enum
from typing import Annotated, Any, Generic, TypeVar

import strawberry

from app.engine.leaf import leaf
from app.engine.relations import Entity
from app.kit.graphql.context import Context
from app.kit.money import format_amount
from app.kit.paging import Page

NodeT = TypeVar("NodeT")


@strawberry.type(description="An amount of money.")
class Money:
    """Integer minor units: no fraction is ever lost."""

    amount: int = strawberry.field(description="In minor units of the currency: 1980 is ¥1,980 and £19.80.")
    currency: str = strawberry.field(description="ISO 4217 code, such as JPY.")

    @strawberry.field(description="For people, such as `¥1,980`.")
    def formatted(self) -> str:
        """With symbol and thousands separators."""
        return format_amount(self.amount, self.currency)


@strawberry.type(description="The part of a tax that one rate makes, rounded once.")
class TaxAmount(Entity):
    """A row of these columns; amounts in minor units of the currency."""

    rate_bp: strawberry.Private[int]
    taxable_minor: strawberry.Private[int]
    tax_minor: strawberry.Private[int]
    currency: strawberry.Private[str]

    @strawberry.field(description="The rate: 10, 8 or 0.")
    def rate_percent(self) -> float:
        """From basis points."""
        return self.rate_bp / 100

    @strawberry.field(description="What it applies to, including the tax.")
    def taxable(self) -> Money:
        """Goods and, at the standard rate, shipping."""
        return Money(amount=self.taxable_minor, currency=self.currency)

    @strawberry.field(description="The tax contained.")
    def tax(self) -> Money:
        """Rounded as the channel rounds."""
        return Money(amount=self.tax_minor, currency=self.currency)


@strawberry.enum(description="A language that texts are kept in.")
class LanguageCode(Enum):
    """The values are the keys of stored texts."""

    JA = strawberry.enum_value("ja", description="Japanese.")
    EN = strawberry.enum_value("en", description="English.")


_Language = Annotated[
    LanguageCode | None,
    strawberry.argument(description="The language; by default that of the request's `Accept-Language`."),
]


def localized(column: str, *, description: str, required: bool = True) -> Any:
    """A text field whose row keeps `column` as an object from language to text."""

    def make(context: Context, *, language: _Language = None) -> Callable[[dict[str, str] | None], str | None]:
        wanted = str(language.value) if language else context.language

        def text_of(texts: dict[str, str] | None) -> str | None:
            return (texts.get(wanted) or in_language(texts, wanted)) if texts else None

        return text_of

    return leaf(column, make, returns=str if required else str | None, description=description)


def in_language(texts: dict[str, str] | None, language: str) -> str | None:
    """The text in a language, else in Japanese, else in any language; None when there is none."""
    if not texts:
        return None
    return texts.get(language) or texts.get("ja") or next(iter(texts.values()))


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    """As Relay defines it."""

    has_next_page: bool = strawberry.field(description="Whether more follows.")
    has_previous_page: bool = strawberry.field(description="Whether this page was asked for with `after`.")
    start_cursor: str | None = strawberry.field(description="The first row's cursor.")
    end_cursor: str | None = strawberry.field(description="The last row's cursor: pass it as `after`.")


@strawberry.type(description="One row of a page.")
class Edge(Generic[NodeT]):
    """As Relay defines it."""

    cursor: str = strawberry.field(description="Pass it as `after` to go on behind this row.")
    node: NodeT = strawberry.field(description="The object.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[NodeT]):
    """As Relay defines it, with `nodes` for callers that need no cursors."""

    edges: list[Edge[NodeT]] = strawberry.field(description="The rows with their cursors.")
    nodes: list[NodeT] = strawberry.field(description="The objects alone.")
    page_info: PageInfo = strawberry.field(description="Where this page stands.")
    total_count: int | None = strawberry.field(
        description="How many there are, counted up to 10,000; null where it is not counted."
    )


def connection(page: Page) -> Any:
    """The GraphQL object of a page."""
    return Connection[Any](
        edges=[Edge[Any](cursor=cursor, node=row) for cursor, row in zip(page.cursors, page.rows, strict=True)],
        nodes=page.rows,
        page_info=page_info(page),
        total_count=page.total_count,
    )


def page_info(page: Page) -> PageInfo:
    """Where a page stands, for connections with edges of their own."""
    return PageInfo(
        has_next_page=page.has_next,
        has_previous_page=page.has_previous,
        start_cursor=page.start_cursor,
        end_cursor=page.end_cursor,
    )
