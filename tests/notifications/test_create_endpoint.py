"""Making endpoints: the secret is shown once and kept sealed."""

from datetime import datetime
from typing import Any

import pytest

from app.kit.db import Database
from app.notifications.errors import InvalidEndpoint
from app.notifications.model import MAX_ENDPOINTS
from app.notifications.model.signing import unseal
from app.partners.actions.create_partner import create_partner
from tests.conftest import CONFIG
from tests.notifications.receiver import make_endpoint

URL = "https://example.com/hooks"


async def all_rows(db: Database, table: str) -> list[Any]:
    async with db.read() as tx:
        return await tx.connection.fetch(f"SELECT * FROM {table}")


async def test_an_endpoint_and_its_secret(db: Database, now: datetime) -> None:
    endpoint_id, secret = await make_endpoint(db, URL, "pickup.*", "order.placed", "pickup.*", now=now, description="a")
    [row] = await all_rows(db, "webhook_endpoints")
    named = ("id", "partner_id", "url", "description", "event_types", "status", "version")
    assert {name: row[name] for name in named} == {
        "id": endpoint_id, "partner_id": None, "url": URL, "description": "a", "status": "ACTIVE", "version": 1,
        "event_types": ["pickup.*", "order.placed"],
    }  # fmt: skip
    [kept] = await all_rows(db, "webhook_secrets")
    assert (kept["endpoint_id"], kept["ends_at"]) == (endpoint_id, None)
    assert unseal(kept["sealed"], CONFIG.secret_key) == secret
    assert secret not in str([tuple(row), tuple(kept)])


@pytest.mark.parametrize(
    ("url", "types", "argument"),
    [("http://example.com/", ["*"], "url"), (URL, ["nothing"], "event_types"), (URL, ["order.placed"], "event_types")],
)
async def test_endpoints_that_cannot_be(db: Database, now: datetime, url: str, types: list[str], argument: str) -> None:
    async with db.write() as tx:
        partner_id = await create_partner(tx, code="P", name="P", kind="CARRIER", now=now)
    with pytest.raises(InvalidEndpoint) as refused:
        await make_endpoint(db, url, *types, now=now, partner_id=partner_id, is_anywhere=False)
    assert refused.value.facts == {"argument": argument}
    assert await all_rows(db, "webhook_endpoints") == []


async def test_nobody_has_more_than_somebody_can_watch(db: Database, now: datetime) -> None:
    async with db.write() as tx:
        partner_id = await create_partner(tx, code="P", name="P", kind="CARRIER", now=now)
    for _ in range(MAX_ENDPOINTS):
        await make_endpoint(db, URL, now=now)
    with pytest.raises(InvalidEndpoint):
        await make_endpoint(db, URL, now=now)
    await make_endpoint(db, URL, now=now, partner_id=partner_id)
    assert len(await all_rows(db, "webhook_endpoints")) == MAX_ENDPOINTS + 1
