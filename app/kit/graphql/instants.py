"""Instants, as clients write them."""

from datetime import UTC, datetime
from typing import Any, Final

from strawberry.exceptions import StrawberryInputCoercionError
from strawberry.types.scalar import ScalarDefinition


def read_instant(value: object) -> datetime:
    """The instant in a text of ISO 8601, in UTC; without an offset it is meant so. Refuses what lies outside of the
    years 1 to 9999.
    """
    if not isinstance(value, str):
        message = f'Value cannot represent a DateTime: "{value}". Expected a string.'
        raise StrawberryInputCoercionError(message)
    try:
        found = datetime.fromisoformat(value)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError) as error:
        message = f'Value cannot represent a DateTime: "{value}". {error}'
        raise StrawberryInputCoercionError(message) from None


def _written(value: Any) -> Any:
    return value.isoformat()


INSTANT: Final = ScalarDefinition(
    name="DateTime",
    description="An instant, as ISO 8601 writes it. Answers are in UTC; what is sent without an offset is read as UTC.",
    specified_by_url=None,
    serialize=_written,
    parse_value=read_instant,
    parse_literal=None,
    origin=datetime,
)
