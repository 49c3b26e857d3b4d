"""The demo shop's partners and API keys. The keys are known to everybody: they exist in the demo shop only."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from app.kit.db import Database, WriteTx
from app.kit.permissions import STAFF_SCOPES
from app.kit.statement import Statement
from app.partners.actions.create_api_key import create_api_key
from app.partners.actions.create_partner import create_partner


@dataclass(frozen=True, slots=True)
class DemoKey:
    """A key of the demo shop. partner: code of the partner that it belongs to."""

    name: str
    token: str
    kind: str
    scopes: Sequence[str]
    partner: str | None = None


KEYS: Final = (
    DemoKey("demo-staff", "hk_demo_staff", "STAFF", STAFF_SCOPES),
    DemoKey("demo-hoshi-mart", "hk_demo_hoshi", "PARTNER", ["partner:jobs"], "HOSHI"),
    DemoKey("demo-ekibako", "hk_demo_ekibako", "PARTNER", ["partner:jobs"], "EKIBAKO"),
    DemoKey("demo-machi-post", "hk_demo_machi", "PARTNER", ["partner:jobs"], "MACHI"),
    DemoKey("demo-sandbox", "hk_demo_sandbox", "PARTNER", ["partner:jobs"], "TEST-LOCKERS"),
)
PARTNERS: Final = (
    ("HOSHI", "ほしマート", "CONVENIENCE_STORE_CHAIN"),
    ("EKIBAKO", "えきばこ", "LOCKER_OPERATOR"),
    ("MACHI", "まち郵便", "CARRIER"),
)
# Whose developers try the API.
SANDBOXES: Final = (("TEST-LOCKERS", "テスト用ロッカー", "LOCKER_OPERATOR"),)
_KNOWN: Final = Statement("SELECT code, id FROM partners")
_KEY_NAMES: Final = Statement("SELECT name FROM api_keys")


async def load_partners(db: Database, *, now: datetime) -> dict[str, UUID]:
    """Make the partners and keys that are not there yet; ids of the partners by code."""

    async def work(tx: WriteTx) -> dict[str, UUID]:
        known = {row["code"]: row["id"] for row in await tx.fetch(_KNOWN)}
        for code, name, kind in PARTNERS + SANDBOXES:
            if code not in known:
                is_sandbox = (code, name, kind) in SANDBOXES
                known[code] = await create_partner(tx, code=code, name=name, kind=kind, is_sandbox=is_sandbox, now=now)
        names = {row["name"] for row in await tx.fetch(_KEY_NAMES)}
        for key in KEYS:
            if key.name not in names:
                await create_api_key(
                    tx,
                    name=key.name,
                    kind=key.kind,
                    scopes=key.scopes,
                    partner_id=known[key.partner] if key.partner else None,
                    now=now,
                    token=key.token,
                )
        return known

    return await db.in_write(work)
