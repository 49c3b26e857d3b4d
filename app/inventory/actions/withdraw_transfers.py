"""Units that wait to be sent will not be sent: their promise ended in another way."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from app.inventory.events import TransferCanceled, TransferChanged
from app.inventory.model.transfers import TRANSFER, TransferLine, TransferStatus, TransferStep
from app.inventory.sql.transfers import lock_transfer, set_status, transfer_lines_of, withdraw_lines
from app.kit.db import WriteTx
from app.kit.outbox import publish


async def withdraw_transfers(tx: WriteTx, units: Mapping[UUID, Mapping[int, int] | None], *, now: datetime) -> None:
    """Take units off transfers, by line number (None: all that wait at the source). Holds are the caller's matter.

    A transfer of which nothing is left is CANCELED, or RECEIVED when some of it has come. Raises NotFound, and
    InvalidTransition for drafts and for transfers that have ended.
    """
    for transfer_id in sorted(units):
        transfer = await lock_transfer(tx, transfer_id)
        TRANSFER.check(TransferStep.WITHDRAW, transfer["status"])
        lines = await transfer_lines_of(tx, transfer_id)
        wanted = units[transfer_id]
        gone = {line.line_no: min(line.unsent, _units(wanted, line)) for line in lines}
        await withdraw_lines(tx, transfer_id, {line_no: taken for line_no, taken in gone.items() if taken})
        is_waiting = any(line.unsent > gone[line.line_no] for line in lines)
        is_under_way = any(line.under_way for line in lines)
        status = TRANSFER.take(
            TransferStep.WITHDRAW,
            transfer["status"],
            _status(transfer["status"], is_open=is_waiting or is_under_way),
        )
        await set_status(tx, transfer_id, status, now=now)
        fact = TransferCanceled if status is TransferStatus.CANCELED else TransferChanged
        ends = (transfer["from_location_id"], transfer["to_location_id"])
        await publish(tx, fact(transfer_id, transfer["order_id"], *ends, status))


def _units(wanted: Mapping[int, int] | None, line: TransferLine) -> int:
    return line.unsent if wanted is None else wanted.get(line.line_no, 0)


def _status(current: str, *, is_open: bool) -> TransferStatus:
    if is_open:
        return TransferStatus(current)
    return TransferStatus.CANCELED if current == TransferStatus.READY_TO_SHIP else TransferStatus.RECEIVED
