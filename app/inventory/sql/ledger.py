"""Rows of the ledger. A trigger on its inserts moves the counters of `stock` and publishes the new levels."""

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

import asyncpg

from app.inventory.errors import InvalidQuantity
from app.inventory.model import Movement
from app.inventory.model.corrections import Cause
from app.inventory.model.selling import NO_STOCK_OF_ITS_OWN
from app.kit.db import WriteTx
from app.kit.errors import InvalidInput, NotFound
from app.kit.statement import Statement

_POST: Final = Statement("""
    INSERT INTO ledger (variant_id, location_id, d_on_hand, d_reserved, d_allocated, d_safety, state, d_state, kind,
                        reason, note, cause_kind, cause_id, actor)
    SELECT variant_id, location_id, on_hand, reserved, allocated, safety, state, set_aside, kind,
           coalesce(own_reason, CAST(:reason AS text)), CAST(:note AS text), CAST(:cause_kind AS text),
           CAST(:cause_id AS uuid), CAST(:actor AS text)
      FROM unnest(CAST(:variant_ids AS bigint[]), CAST(:location_ids AS int[]), CAST(:on_hands AS int[]),
                  CAST(:reserveds AS int[]), CAST(:allocateds AS int[]), CAST(:safeties AS int[]),
                  CAST(:states AS text[]), CAST(:set_asides AS int[]), CAST(:kinds AS text[]),
                  CAST(:own_reasons AS text[]))
           AS m (variant_id, location_id, on_hand, reserved, allocated, safety, state, set_aside, kind, own_reason)
     ORDER BY variant_id, location_id
""")

_ENSURE_PARTITIONS: Final = Statement("SELECT ensure_ledger_partitions(CAST(:first_day AS date))")


async def post(
    tx: WriteTx,
    movements: Sequence[Movement],
    *,
    cause_kind: str,
    cause_id: UUID,
    actor: str,
    reason: str | None = None,
    note: str | None = None,
) -> None:
    """Write the movements. reason: why, in a word; note: why, in a sentence of a person.

    Raises NotFound for unknown variants and locations, InvalidQuantity past
    2,147,483,647 units, InvalidInput for units of a bundle.
    """
    if not movements:
        return
    try:
        await tx.execute(
            _POST,
            variant_ids=[movement.variant_id for movement in movements],
            location_ids=[movement.location_id for movement in movements],
            on_hands=[movement.on_hand for movement in movements],
            reserveds=[movement.reserved for movement in movements],
            allocateds=[movement.allocated for movement in movements],
            safeties=[movement.safety for movement in movements],
            states=[movement.state for movement in movements],
            set_asides=[movement.set_aside for movement in movements],
            kinds=[movement.kind.value for movement in movements],
            own_reasons=[movement.reason for movement in movements],
            reason=reason,
            note=note,
            cause_kind=cause_kind,
            cause_id=cause_id,
            actor=actor,
        )
    except asyncpg.ForeignKeyViolationError:
        raise NotFound("There is no such variant or location.") from None
    except asyncpg.CheckViolationError as error:
        if error.constraint_name == "bundle_has_no_stock":  # pyright: ignore[reportUnknownMemberType,reportAttributeAccessIssue]
            raise InvalidInput(NO_STOCK_OF_ITS_OWN) from None
        raise
    except asyncpg.NumericValueOutOfRangeError:
        raise InvalidQuantity("A location holds at most 2,147,483,647 units of a variant.") from None
    tx.published += 1


async def post_for(tx: WriteTx, movements: Sequence[Movement], cause: Cause) -> None:
    """`post`, for a cause that says it all."""
    await post(
        tx,
        movements,
        cause_kind=cause.kind,
        cause_id=cause.id,
        actor=cause.actor,
        reason=cause.reason,
        note=cause.note,
    )


async def ensure_partitions(tx: WriteTx, first_day: date) -> None:
    """Make the partitions of this day's month and of the following ones, as far as they are missing."""
    await tx.execute(_ENSURE_PARTITIONS, first_day=first_day)
