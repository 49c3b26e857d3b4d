"""New secrets, with two signatures until the receiver has changed over."""

from datetime import timedelta

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from app.kit.clock import utc_now
from app.kit.db import Database
from app.kit.ids import new_id
from app.notifications.actions.rotate_endpoint_secret import rotate_endpoint_secret
from app.notifications.errors import InvalidEndpoint
from app.notifications.model.signing import MAX_SECRETS
from tests.conftest import CONFIG
from tests.notifications.receiver import Office, PickupTold, Receiver, make_endpoint, tell

HOUR = timedelta(hours=1)


def verifies(secret: str, office: Office, receiver: Receiver) -> bool:
    """As the library of the standard says of the newest message; it looks at the real clock."""
    message = receiver.messages[-1]
    shifted = dict(message.headers)
    try:
        Webhook(secret).verify(message.body, shifted)
    except WebhookVerificationError:
        return False
    return True


async def test_both_sign_until_the_overlap_ends(db: Database, receiver: Receiver) -> None:
    office = Office(db, utc_now() - HOUR)
    key, old = await make_endpoint(db, receiver.url, now=office.now)
    async with db.write() as tx:
        new = await rotate_endpoint_secret(
            tx, key, overlap=HOUR, installation_key=CONFIG.secret_key, now=office.now + timedelta(seconds=30)
        )
    for after, signatures, verified in ((HOUR, 2, [True, True]), (timedelta(seconds=30), 1, [False, True])):
        await tell(db, PickupTold(new_id()))
        await office.deliver(after=after)
        assert receiver.messages[-1].headers["webhook-signature"].count("v1,") == signatures
        assert [verifies(secret, office, receiver) for secret in (old, new)] == verified
    await office.postman.close()


async def test_overlaps_that_cannot_be(db: Database, office: Office) -> None:
    key, _ = await make_endpoint(db, "http://a/", now=office.now)

    async def rotate(overlap: timedelta) -> None:
        async with db.write() as tx:
            await rotate_endpoint_secret(tx, key, overlap=overlap, installation_key=CONFIG.secret_key, now=office.now)

    for overlap in (-HOUR, timedelta(days=30, seconds=1)):
        with pytest.raises(InvalidEndpoint):
            await rotate(overlap)
    for _ in range(MAX_SECRETS - 1):
        await rotate(HOUR)
    with pytest.raises(InvalidEndpoint):
        await rotate(HOUR)
    await rotate(timedelta())
    async with db.read() as tx:
        live = await tx.connection.fetchval(
            "SELECT count(*) FROM webhook_secrets WHERE ends_at IS NULL OR ends_at > $1", office.now
        )
    assert live == 1
