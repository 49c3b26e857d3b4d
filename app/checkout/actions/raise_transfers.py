"""Units that are collected at a store but allocated elsewhere are sent there."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from app.checkout.model import transfers_for
from app.inventory.actions.create_transfer import create_transfer
from app.inventory.model import Claim
from app.kit.db import WriteTx


async def raise_transfers(
    tx: WriteTx,
    order_id: UUID,
    claims: Sequence[Claim],
    stores: Mapping[int, int],
    *,
    actor: str,
    now: datetime,
) -> list[UUID]:
    """One transfer per sending location and store, riding on the order's own allocations; returns their
    ids.

    stores: by line number, the store where the line is collected. Called in the transaction that allocates,
    so that no transfer exists for units that may still be given back.
    """
    return [
        await create_transfer(
            tx,
            from_location_id=planned.from_location_id,
            to_location_id=planned.to_location_id,
            lines=planned.lines,
            order_id=order_id,
            actor=actor,
            now=now,
        )
        for planned in transfers_for(claims, stores)
    ]
