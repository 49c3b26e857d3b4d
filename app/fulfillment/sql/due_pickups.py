"""Which pickups are due: for a reminder, to be given up, or for somebody to ask the point.

Reminder and grace are those of the place's network; without one, those of all others.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from app.fulfillment.model.pickups import EXPIRY_GRACE, REMINDER_LEAD
from app.kit.db import ReadTx, Row, WriteTx
from app.kit.permissions import SYSTEM
from app.kit.statement import Statement

_HOURS = 3600
_REMINDER: Final = (
    f"make_interval(hours => coalesce(network.reminder_hours, {int(REMINDER_LEAD.total_seconds()) // _HOURS}))"
)
_GRACE: Final = f"make_interval(hours => coalesce(network.grace_hours, {int(EXPIRY_GRACE.total_seconds()) // _HOURS}))"
_FROM: Final = """
    SELECT pickup.id, pickup.order_id, pickup.number, pickup.partner_id, pickup.location_id, pickup.hold_until,
           pickup.status, delivery.mode
      FROM pickups AS pickup
      JOIN order_deliveries AS delivery ON delivery.id = pickup.delivery_id
      JOIN locations AS place ON place.id = pickup.location_id
      LEFT JOIN pickup_networks AS network ON network.code = place.network_code"""
_NEXT: Final = """(pickup.hold_until, pickup.id) > (CAST(:until AS timestamptz), CAST(:id AS uuid))
     ORDER BY pickup.hold_until, pickup.id LIMIT :limit"""
_FIRST: Final = {"until": datetime(1, 1, 2, tzinfo=UTC), "id": UUID(int=0)}
# Whoever has little time is reminded when half of it is over. Nobody reminds earlier than ten days before.
_TO_REMIND: Final = Statement(f"""{_FROM}
     WHERE pickup.status = 'READY' AND pickup.hold_until > :now
       AND pickup.hold_until <= CAST(:now AS timestamptz) + interval '240 hours'
       AND pickup.hold_until - least({_REMINDER}, (pickup.hold_until - pickup.ready_at) / 2) <= :now
       AND {_NEXT}
""")  # constants of this module
_TO_GIVE_UP: Final = Statement(f"""{_FROM}
     WHERE pickup.status IN ('READY', 'EXPIRING') AND pickup.hold_until < :now
       AND pickup.hold_until + {_GRACE} < :now AND delivery.mode = 'STORE_PICKUP'
       AND {_NEXT}
""")
_SILENT: Final = Statement(f"""{_FROM}
     WHERE pickup.status IN ('READY', 'EXPIRING') AND pickup.hold_until < :now
       AND pickup.hold_until + {_GRACE} < :now AND delivery.mode <> 'STORE_PICKUP' AND NOT pickup.is_sandbox
       AND NOT EXISTS (
           SELECT FROM exception_cases AS known
            WHERE known.kind = 'NOT_REPORTED_IN_TIME' AND known.subject_kind = 'PICKUP'
              AND known.subject_id = CAST(pickup.id AS text)
              AND (known.status = 'OPEN'
                OR (known.closed_by <> :system AND known.closed_at > CAST(:now AS timestamptz) - interval '24 hours')))
     ORDER BY pickup.hold_until, pickup.id LIMIT :limit
""")
# Of locked orders, so the order of these rows does not matter.
_MOVE_DUE: Final = Statement("""
    UPDATE pickups AS pickup
       SET status = :status, expired_at = coalesce(CAST(:expired_at AS timestamptz), pickup.expired_at),
           version = pickup.version + 1
      FROM unnest(CAST(:ids AS uuid[]), CAST(:hold_untils AS timestamptz[])) AS due (id, hold_until)
     WHERE pickup.id = due.id AND pickup.hold_until = due.hold_until AND pickup.status = ANY(CAST(:statuses AS text[]))
    RETURNING pickup.id, pickup.order_id, pickup.delivery_id, pickup.number, pickup.partner_id, pickup.location_id,
              pickup.is_sandbox, pickup.status, pickup.hold_until, pickup.version
""")


async def pickups_to_remind(tx: ReadTx, after: Row | None, limit: int, *, now: datetime) -> list[Row]:
    """READY pickups whose buyers are to be reminded, behind one of these in their order (None: the first ones), as
    `silent_pickups` has them.
    """
    return await tx.fetch(_TO_REMIND, now=now, limit=limit, **_behind(after))


async def pickups_to_give_up(tx: ReadTx, after: Row | None, limit: int, *, now: datetime) -> list[Row]:
    """Pickups at own stores whose time and grace are over: as `pickups_to_remind`."""
    return await tx.fetch(_TO_GIVE_UP, now=now, limit=limit, **_behind(after))


def _behind(after: Row | None) -> dict[str, Any]:
    return _FIRST if after is None else {"until": after.hold_until, "id": after.id}


async def silent_pickups(tx: ReadTx, *, now: datetime, limit: int) -> list[Row]:
    """Pickups at points whose time and grace are over, of which nothing was reported and nobody was told: id, order_id,
    number, partner_id, location_id, hold_until, status, mode. Whoever closed such a case has a day to see what comes of
    it.
    """
    return await tx.fetch(_SILENT, now=now, limit=limit, system=SYSTEM.reference)


async def move_due(
    tx: WriteTx, due: Sequence[Row], statuses: Collection[str], status: str, *, expired_at: datetime | None
) -> list[Row]:
    """Set the status of those pickups of locked orders that still have one of `statuses` and the end in their row.

    Returns id, order_id, delivery_id, number, partner_id, location_id, is_sandbox, status, hold_until, version.
    """
    return await tx.fetch(
        _MOVE_DUE,
        ids=[row.id for row in due],
        hold_untils=[row.hold_until for row in due],
        statuses=list(statuses),
        status=status,
        expired_at=expired_at,
    )
