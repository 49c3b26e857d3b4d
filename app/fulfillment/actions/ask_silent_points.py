"""A point says nothing of goods whose time is over: somebody must ask."""

from datetime import datetime

from app.exceptions.actions.settle_cases import settle_cases
from app.exceptions.model import CaseDraft, CaseKind
from app.fulfillment.sql import due_pickups
from app.kit.db import WriteTx


async def ask_silent_points(tx: WriteTx, *, now: datetime, limit: int) -> int:
    """Open a case for each pickup at a point that is neither collected nor given up after its time and grace.

    Its next report closes it. Returns how many are new.
    """
    silent = await due_pickups.silent_pickups(tx, now=now, limit=limit)
    drafts = [
        CaseDraft(
            CaseKind.NOT_REPORTED_IN_TIME,
            ("PICKUP", str(row.id)),
            row.location_id,
            row.partner_id,
            row.order_id,
            {"pickup": row.number, "status": row.status, "holdUntil": row.hold_until.isoformat()},
        )
        for row in silent
    ]
    return await settle_cases(tx, drafts, now=now) if drafts else 0
