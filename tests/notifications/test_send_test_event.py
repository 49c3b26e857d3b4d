"""An event for one endpoint, whatever it has chosen."""

import pytest

from app.kit.db import Database
from app.kit.errors import InvalidTransition
from app.kit.ids import global_id
from app.notifications.actions.send_test_event import send_test_event
from app.notifications.actions.stop_endpoint import stop_endpoint
from app.notifications.model import EndpointStep
from app.notifications.sql import endpoints
from tests.notifications.receiver import Office, Receiver, make_endpoint


async def test_only_this_endpoint_hears_it(db: Database, office: Office, receiver: Receiver) -> None:
    key, _ = await make_endpoint(db, receiver.url + "/this", "order.placed", now=office.now)
    await make_endpoint(db, receiver.url + "/other", "*", now=office.now)
    async with db.write() as tx:
        row = await endpoints.lock_endpoint(tx, key)
        assert row is not None
        await send_test_event(tx, row)
    await office.deliver()
    [message] = receiver.messages
    assert (message.path, message.type) == ("/hooks/this", "webhook.test")
    assert message.data == {"endpointId": global_id("WebhookEndpoint", key)}


async def test_one_that_is_stopped_hears_nothing(db: Database, office: Office) -> None:
    key, _ = await make_endpoint(db, "http://a/", now=office.now)
    async with db.write() as tx:
        row = await endpoints.lock_endpoint(tx, key)
        assert row is not None
        await stop_endpoint(tx, row, EndpointStep.PAUSE)
        stopped = await endpoints.lock_endpoint(tx, key)
        assert stopped is not None
        with pytest.raises(InvalidTransition) as refused:
            await send_test_event(tx, stopped)
    assert refused.value.facts == {"current_status": "PAUSED"}
