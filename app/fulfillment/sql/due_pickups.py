"""Which pickups are due: for a reminder, to be given up, or for somebody to ask the point.

Reminder and grace are those of the place's network; without one, those of all others.
"""

from datetime import datetime
from typing import Final

from app.fulfillment.model.pickups import EXPIRY_GRACE, REMINDER_LEAD
from app.kit.db import ReadTx, Row, WriteTx
from app.kit.statement import Statement

_HOURS = 3600
_REMINDER: Final = (
    f"make_interval(hours => coalesce(network.reminder_hours, {int(REMINDER_LEAD.total_seconds()) // _HOURS}))"
)
_GRACE: Final = f"make_interval(hours => coalesce(network.grace_hours, {int(EXPIRY_GRACE.total_seconds()) // _HOURS}))"
_FROM: Final = """
    SELECT pickup.id, pickup.order_id, pickup.number, pickup.partner_id, pickup.location_id, pickup.hold_until,
           pickup.status
      FROM pickups AS pickup
      JOIN order_deliveries AS delivery ON delivery.id = pickup.delivery_id
      JOIN locations AS place ON place.id = pickup.location_id
      LEFT JOIN pickup_networks AS network ON network.code = place.network_code
      JOIN orders AS sold ON sold.id = pickup.order_id"""
# Several sweepers share the work; none of them waits for anybody.
_TAKE: Final = "FOR UPDATE OF sold SKIP LOCKED"
# Whoever has little time is reminded when half of it is over. Nobody reminds earlier than ten days before.
_TO_REMIND: Final = Statement(f"""{_FROM}
     WHERE pickup.status = 'READY' AND pickup.hold_until > :now
       AND pickup.hold_until <= CAST(:now AS timestamptz) + interval '240 hours'
       AND pickup.hold_until - least({_REMINDER}, (pickup.hold_until - pickup.ready_at) / 2) <= :now
     ORDER BY pickup.hold_until LIMIT :limit {_TAKE}
""")  # constants of this module
_TO_GIVE_UP: Final = Statement(f"""{_FROM}
     WHERE pickup.status IN ('READY', 'EXPIRING') AND pickup.hold_until < :now
       AND pickup.hold_until + {_GRACE} < :now AND delivery.mode = 'STORE_PICKUP'
     ORDER BY pickup.hold_until LIMIT :limit {_TAKE}
""")
_SILENT: Final = Statement(f"""{_FROM}
     WHERE pickup.status IN ('READY', 'EXPIRING') AND pickup.hold_until < :now
       AND pickup.hold_until + {_GRACE} < :now AND delivery.mode <> 'STORE_PICKUP' AND NOT pickup.is_sandbox
       AND NOT EXISTS (
           SELECT FROM exception_cases AS known
            WHERE known.kind = 'NOT_REPORTED_IN_TIME' AND known.subject_kind = 'PICKUP'
              AND known.subject_id = CAST(pickup.id AS text) AND known.status = 'OPEN')
     ORDER BY pickup.hold_until, pickup.id LIMIT :limit
""")


async def pickups_to_remind(tx: WriteTx, *, now: datetime, limit: int) -> list[Row]:
    """READY pickups whose buyers are to be reminded, of free orders, which are locked: as `silent_pickups`."""
    return await tx.fetch(_TO_REMIND, now=now, limit=limit)


async def pickups_to_give_up(tx: WriteTx, *, now: datetime, limit: int) -> list[Row]:
    """Pickups at own stores whose time and grace are over, of free orders, which are locked: as `silent_pickups`."""
    return await tx.fetch(_TO_GIVE_UP, now=now, limit=limit)


async def silent_pickups(tx: ReadTx, *, now: datetime, limit: int) -> list[Row]:
    """Pickups at points whose time and grace are over, of which nothing was reported and nobody was told: id, order_id,
    number, partner_id, location_id, hold_until, status.
    """
    return await tx.fetch(_SILENT, now=now, limit=limit)
