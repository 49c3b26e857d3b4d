"""The one place that reads the clock. Actions and rules take `now` as an argument instead."""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """The present instant, in UTC."""
    return datetime.now(UTC)
