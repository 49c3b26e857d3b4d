"""What tests of webhooks use."""

from collections.abc import AsyncGenerator
from datetime import datetime

import pytest

from app.kit.db import Database
from tests.notifications.receiver import Office, Receiver, receiving


@pytest.fixture
async def office(db: Database, now: datetime) -> AsyncGenerator[Office, None]:
    """A postman whose clock is set by hand."""
    office = Office(db, now)
    yield office
    await office.postman.close()


@pytest.fixture
async def receiver() -> AsyncGenerator[Receiver, None]:
    """A receiver that says 200."""
    async with receiving() as receiver:
        yield receiver
