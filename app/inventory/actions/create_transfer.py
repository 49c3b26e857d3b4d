"""Units are to be sent from one location to another."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.inventory.actions.make_transfer_ready import hold_for_transfer
from app.inventory.events import TransferCreated
from app.inventory.model import check_quantity
from app.inventory.model.promises import check_day_to_come
from app.inventory.model.transfers import TransferLineDraft, TransferStatus
from app.inventory.sql.feeds import refuse_bundles
from app.inventory.sql.stock import stocking_locations
from app.inventory.sql.transfers import insert_transfer
from app.kit.db import WriteTx
from app.kit.errors import InvalidInput, NotFound
from app.kit.ids import new_id
from app.kit.outbox import publish


async def create_transfer(  # noqa: PLR0913  # what a transfer is made of
    tx: WriteTx,
    *,
    from_location_id: int,
    to_location_id: int,
    lines: Sequence[TransferLineDraft],
    order_id: UUID | None = None,
    is_draft: bool = False,
    overtakes_queue: bool = False,
    note: str | None = None,
    expected_at: datetime | None = None,
    actor: str,
    now: datetime,
) -> UUID:
    """A transfer that is ready to ship, or a draft; returns its id. Lines are numbered from 1 in their order.

    A draft holds nothing. Otherwise, without an order the units are allocated to the transfer at once, all or none.
    With one they are those which the order holds at the source; each line names the order's line. expected_at: when the
    units are to arrive (UTC). overtakes_queue: see `hold_for_transfer`. Raises InsufficientStock, InvalidQuantity,
    NotFound for locations that hold no stock, InvalidInput for a transfer without lines or onto the same place, for
    bundles, for an order's draft, and for a day that has passed.
    """
    await _check(tx, {from_location_id, to_location_id}, lines, by_order=order_id is not None, is_draft=is_draft)
    check_day_to_come(expected_at, now)
    transfer_id = new_id()
    if order_id is None and not is_draft:
        await hold_for_transfer(tx, transfer_id, from_location_id, lines, overtakes_queue=overtakes_queue, actor=actor)
    status = TransferStatus.DRAFT if is_draft else TransferStatus.READY_TO_SHIP
    await insert_transfer(
        tx,
        transfer_id,
        lines,
        from_location_id=from_location_id,
        to_location_id=to_location_id,
        status=status.value,
        order_id=order_id,
        note=note,
        created_at=now,
        expected_at=expected_at,
    )
    await publish(tx, TransferCreated(transfer_id, order_id, from_location_id, to_location_id, status))
    return transfer_id


async def _check(
    tx: WriteTx, ends: set[int], lines: Sequence[TransferLineDraft], *, by_order: bool, is_draft: bool
) -> None:
    if not lines or len(ends) == 1:
        raise InvalidInput("A transfer has lines and goes to another location.")
    if by_order and (is_draft or any(line.order_line_no is None for line in lines)):
        raise InvalidInput("An order's transfer is no draft, and each line of it names the order's line.")
    for line in lines:
        check_quantity(line.quantity)
    if await stocking_locations(tx, ends) != ends:
        raise NotFound("Stock is kept at only one or none of the two locations.")
    if not by_order:
        await refuse_bundles(tx, [line.variant_id for line in lines], "lines", "sku")
