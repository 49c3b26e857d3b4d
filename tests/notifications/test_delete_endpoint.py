"""Deleting an endpoint."""

import pytest

from app.kit.db import Database
from app.kit.errors import NotFound
from app.kit.ids import new_id
from app.notifications.actions.delete_endpoint import delete_endpoint
from tests.notifications.receiver import Office, PickupTold, Receiver, make_endpoint, tell


async def test_nothing_is_left_of_it(db: Database, office: Office, receiver: Receiver) -> None:
    key, _ = await make_endpoint(db, receiver.url, now=office.now)
    other, _ = await make_endpoint(db, receiver.url, now=office.now)
    await tell(db, PickupTold(new_id()))
    await office.deliver()
    async with db.write() as tx:
        await delete_endpoint(tx, key)
    async with db.read() as tx:
        for table in ("webhook_secrets", "webhook_deliveries"):
            rows = await tx.connection.fetch(f"SELECT endpoint_id FROM {table}")
            assert [row["endpoint_id"] for row in rows] == [other]
    async with db.write() as tx:
        with pytest.raises(NotFound):
            await delete_endpoint(tx, key)
