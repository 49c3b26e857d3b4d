"""Root fields of orders."""

import unicodedata
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Final
from uuid import UUID

import strawberry

from app.kit.errors import InvalidEmail, InvalidInput
from app.kit.graphql.context import Info
from app.kit.graphql.enums import describe_enum
from app.kit.graphql.nodes import require_uuid
from app.kit.graphql.permission import requires
from app.kit.graphql.types import Connection, connection
from app.kit.mail import normalize_email
from app.kit.paging import decode_cursor, make_page, page_size
from app.orders.graphql.batches import orders_by_id
from app.orders.graphql.types import Order
from app.orders.model import OrderStatus
from app.orders.sql import views

argument = strawberry.argument
MAX_NUMBER_LENGTH: Final = 40


class OrderSort(StrEnum):
    """The order of a list of orders."""

    NEWEST_FIRST = "NEWEST_FIRST"
    OLDEST_FIRST = "OLDEST_FIRST"


describe_enum(
    OrderSort,
    "The order of a list of orders.",
    {
        OrderSort.NEWEST_FIRST: "By when they were placed, the newest first.",
        OrderSort.OLDEST_FIRST: "By when they were placed, the oldest first.",
    },
)


@strawberry.input(description="Conditions on orders. All that are given must be met.")
class OrderFilter:
    """Conditions on orders."""

    status: OrderStatus | None = strawberry.field(default=None, description="In this state.")
    channel: str | None = strawberry.field(default=None, description="Sold in the channel with this code.")
    placed_after: datetime | None = strawberry.field(default=None, description="Placed at this instant or later.")
    placed_before: datetime | None = strawberry.field(default=None, description="Placed before this instant.")
    email: str | None = strawberry.field(default=None, description="Of this e-mail address, in any case.")


@strawberry.type
class OrdersQuery:
    """One order for whoever may know it, all orders for staff."""

    @strawberry.field(
        graphql_type=Order | None,
        description="One order: by its id, which is the permission to read it, or by its number together with the "
        "buyer's e-mail address. Staff with `orders:read` need no address. Null when nothing matches.",
    )
    async def order(
        self,
        info: Info,
        id: Annotated[strawberry.ID | None, argument(description="Its global id.")] = None,
        number: Annotated[str | None, argument(description="Its number, such as `HK-10000001`.")] = None,
        email: Annotated[str | None, argument(description="The buyer's address; only with `number`.")] = None,
    ) -> Any:
        """A wrong address and a wrong number give the same answer."""
        if (id is None) == (number is None):
            message = "Name an order by either id or number."
            raise InvalidInput(message, path=["id"])
        if id is not None:
            key = require_uuid(id, "Order", "id")
            return (await orders_by_id(info.context, [key], None)).get(key)
        row = await info.context.fetchrow(views.ORDER_BY_NUMBER, number=_plain_number(number or ""))
        if row is None:
            return None
        if info.context.actor.may("orders:read"):
            return row
        is_buyer = email is not None and row.email is not None and row.email == _email(email)
        return row if is_buyer else None

    @strawberry.field(
        graphql_type=Connection[Order],
        description="Orders of all channels, page by page.",
        **requires("orders:read"),
    )
    async def orders(
        self,
        info: Info,
        *,
        first: Annotated[int, argument(description="At most 100.")] = 20,
        after: Annotated[str | None, argument(description="The cursor of a row: go on behind it.")] = None,
        filter: Annotated[OrderFilter | None, argument(description="Which orders.")] = None,
        sort: Annotated[OrderSort, argument(description="In which order.")] = OrderSort.NEWEST_FIRST,
    ) -> Any:
        """One page; two statements."""
        limit = page_size(first)
        conditions = _conditions(filter or OrderFilter())
        after_at, after_id = _position(after)
        statement = views.LIST_OLDEST_FIRST if sort is OrderSort.OLDEST_FIRST else views.LIST_NEWEST_FIRST
        rows = await info.context.fetch(statement, after_at=after_at, after_id=after_id, limit=limit + 1, **conditions)
        count = await info.context.fetchrow(views.COUNT_MATCHES, **conditions)
        total = count["total"] if count is not None else None
        return connection(make_page(rows, limit, ["placed_at", "id"], after=after, total_count=total))


def _plain_number(number: str) -> str:
    """As people type it: any width, any case, spaces around it. Unprintable texts find nothing."""
    plain = unicodedata.normalize("NFKC", number).strip().upper()
    return plain if plain.isprintable() and len(plain) <= MAX_NUMBER_LENGTH else ""


def _email(text: str) -> str | None:
    try:
        return normalize_email(text)
    except InvalidEmail:
        return None


def _conditions(wanted: OrderFilter) -> dict[str, Any]:
    if wanted.channel is not None and not wanted.channel.isprintable():
        message = "There is no such channel."
        raise InvalidInput(message, path=["filter", "channel"])
    email = None if wanted.email is None else normalize_email(wanted.email, "filter", "email")
    return {
        "status": None if wanted.status is None else str(wanted.status),
        "channel": wanted.channel,
        "placed_after": wanted.placed_after,
        "placed_before": wanted.placed_before,
        "email": email,
    }


def _position(after: str | None) -> tuple[datetime | None, UUID | None]:
    """The place in the list behind which a page begins. Raises InvalidInput for a cursor of another list."""
    if after is None:
        return None, None
    placed_at, order_id = decode_cursor(after, [str, str])
    try:
        return datetime.fromisoformat(placed_at), UUID(order_id)
    except ValueError as error:
        message = "This cursor does not belong to this list and sort order."
        raise InvalidInput(message, path=["after"]) from error
