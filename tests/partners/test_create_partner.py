"""Partner companies."""

from datetime import datetime

import pytest

from app.kit.db import Database
from app.kit.errors import InvalidInput
from app.partners.actions.create_partner import create_partner
from app.partners.errors import PartnerCodeTaken


async def count(db: Database) -> int:
    async with db.read() as tx:
        return await tx.connection.fetchval("SELECT count(*) FROM partners")


async def test_a_partner_is_made_once(db: Database, now: datetime) -> None:
    async with db.write() as tx:
        partner_id = await create_partner(tx, code="HOSHI", name="ほしマート", kind="CARRIER", now=now)
    with pytest.raises(PartnerCodeTaken, match="HOSHI"):
        async with db.write() as tx:
            await create_partner(tx, code="HOSHI", name="Another", kind="CARRIER", now=now)
    async with db.read() as tx:
        rows = await tx.connection.fetch("SELECT id, code, name, kind, created_at FROM partners")
    assert [tuple(row) for row in rows] == [(partner_id, "HOSHI", "ほしマート", "CARRIER", now)]


@pytest.mark.parametrize(
    ("code", "name", "kind"),
    [("", "A", "CARRIER"), ("A\x00", "A", "CARRIER"), ("A", " ", "CARRIER"), ("A", "A", "KIOSK")],
)
async def test_a_partner_needs_code_name_and_kind(db: Database, now: datetime, code: str, name: str, kind: str) -> None:
    with pytest.raises(InvalidInput):
        async with db.write() as tx:
            await create_partner(tx, code=code, name=name, kind=kind, now=now)
    assert await count(db) == 0
