"""A history can be tried out without setting anything up."""

from app.integrations.actions.open_import_channel import open_import_channel
from app.integrations.sql import stock_locations
from app.kit.db import Database
from tests.conftest import NOW


async def test_makes_a_channel_with_two_warehouses(db: Database) -> None:
    async with db.write() as tx:
        channel_id, group_id = await open_import_channel(tx, code="history", currency="GBP", now=NOW)
    async with db.read() as tx:
        row = await tx.connection.fetchrow("SELECT id, code, currency, location_group_id FROM channels")
        assert tuple(row) == (channel_id, "history", "GBP", group_id)
        assert len(await stock_locations(tx, group_id)) == 2
