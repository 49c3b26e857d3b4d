"""Give a webhook endpoint a new secret."""

from datetime import datetime, timedelta
from uuid import UUID

from app.kit.db import WriteTx
from app.notifications.model.signing import check_overlap, new_secret, seal
from app.notifications.sql import endpoints


async def rotate_endpoint_secret(
    tx: WriteTx, endpoint_id: UUID, *, overlap: timedelta, installation_key: bytes, now: datetime
) -> str:
    """Return a new secret of an endpoint (locked), which is shown this once and kept sealed.

    overlap: for how long deliveries are signed with the old ones, too. Raises InvalidEndpoint for an overlap that
    cannot be; nothing changes then.
    """
    check_overlap(overlap, live=await endpoints.live_secrets(tx, endpoint_id, now=now))
    await endpoints.end_secrets(tx, endpoint_id, ends_at=now + overlap)
    secret = new_secret()
    await endpoints.insert_secret(tx, endpoint_id, seal(secret, installation_key), now=now)
    return secret
