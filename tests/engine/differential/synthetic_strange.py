"""A type of the synthetic schema whose leaves the plan spoils."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from tests.engine.differential.synthetic import Book, Money
from tests.engine.differential.world import Color, Size, leaf


@strawberry.type
class Strange:
    """Leaves of all types, plain and required, that the plan spoils."""

    text: str | None
    number: int | None
    fraction: float | None
    flag: bool | None
    id: strawberry.ID | None
    color: Color | None
    size: Size | None
    when: datetime | None
    uid: UUID | None
    amount: Decimal | None
    extra: JSON | None
    texts: list[str] | None
    numbers: list[int | None]
    money: Money | None
    required: str
    book: Book | None


def make_strange() -> Strange:
    """One of them."""
    good: dict[str, Any] = {
        "numbers": [1, None],
        "required": "r",
        "texts": ["a"],
        "money": Money(amount=1, currency="JPY"),
        "number": 1,
    }
    return Strange(**{name: leaf(f"Strange.{name}", 0, good.get(name)) for name in Strange.__annotations__})
