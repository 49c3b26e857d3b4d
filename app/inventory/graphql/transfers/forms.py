"""Inputs and payloads of the mutations of transfers."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import strawberry

from app.engine.relations import relation
from app.inventory.graphql.batches import visible_transfers_by_id
from app.inventory.graphql.mutations.forms import KEY
from app.inventory.graphql.types import Transfer
from app.inventory.model.transfers import DiscrepancyReason
from app.kit.graphql.payload import Payload

_VERSION: Final = "The version that you have seen; another one refuses the step. Null: whatever it is."
_NOTE: Final = "For people; up to 200 characters."


def _transfer_key(payload: Any) -> UUID | None:
    return payload.transfer_id and UUID(payload.transfer_id)


@strawberry.input(description="Units of one variant to send.")
class TransferLineInput:
    """One line of a transfer."""

    sku: str = strawberry.field(description="The variant.")
    quantity: int = strawberry.field(description="Units, 1 to 1,000,000.")


@strawberry.input(description="Input of `transferCreate`.")
class TransferCreateInput:
    """Units from one location to another."""

    from_location_id: strawberry.ID = strawberry.field(description="Where the units are.")
    to_location_id: strawberry.ID = strawberry.field(description="Where they are to go.")
    lines: list[TransferLineInput] = strawberry.field(description="What to send, 1 to 100 lines.")
    note: str | None = strawberry.field(default=None, description="For people; up to 200 characters.")
    expected_at: datetime | None = strawberry.field(
        default=None, description="When the units are to arrive, today in Japan or later."
    )
    is_draft: bool = strawberry.field(
        default=False, description="True: nothing is held yet, and `transferEdit` may change it."
    )
    overtakes_queue: bool = strawberry.field(
        default=False,
        description="True: units are sent, too, that somebody waits for and that the source may serve. Otherwise they "
        "are kept there, and the refusal says how many.",
    )
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.type(description="The answer to `transferCreate`.")
class TransferCreatePayload(Payload):
    """Read after the commit."""

    transfer_id: strawberry.Private[str | None] = None
    transfer = relation(
        Transfer, visible_transfers_by_id, key=_transfer_key, description="The transfer, READY_TO_SHIP or DRAFT."
    )


@strawberry.input(description="Input of `transferEdit`.")
class TransferEditInput:
    """Other contents of a draft."""

    transfer_id: strawberry.ID = strawberry.field(description="The draft.")
    lines: list[TransferLineInput] = strawberry.field(
        description="What to send instead of all lines so far, 1 to 100 lines, numbered anew."
    )
    note: str | None = strawberry.field(
        default=None,
        description="Instead of the note so far; up to 200 characters. Null leaves it, an empty text takes it away.",
    )
    expected_at: datetime | None = strawberry.field(
        default=None,
        description="When the units are to arrive, today in Japan or later, instead of what was said so far. Null "
        "leaves that.",
    )
    expected_version: int | None = strawberry.field(default=None, description=_VERSION)
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.type(description="The answer to `transferEdit`.")
class TransferEditPayload(Payload):
    """Read after the commit."""

    transfer_id: strawberry.Private[str | None] = None
    transfer = relation(Transfer, visible_transfers_by_id, key=_transfer_key, description="The draft with its lines.")


@strawberry.input(description="Input of `transferDateSet`.")
class TransferDateSetInput:
    """Another day."""

    transfer_id: strawberry.ID = strawberry.field(description="The transfer, of which something is still to arrive.")
    expected_at: datetime | None = strawberry.field(
        default=None,
        description="When the units are to arrive, today in Japan or later. Null: not known, and nobody is promised "
        "them.",
    )
    expected_version: int | None = strawberry.field(default=None, description=_VERSION)
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.type(description="The answer to `transferDateSet`.")
class TransferDateSetPayload(Payload):
    """Read after the commit."""

    transfer_id: strawberry.Private[str | None] = None
    transfer = relation(Transfer, visible_transfers_by_id, key=_transfer_key, description="The transfer with its day.")


@strawberry.input(description="Input of `transferMakeReady`.")
class TransferMakeReadyInput:
    """A draft is final."""

    transfer_id: strawberry.ID = strawberry.field(description="The draft.")
    overtakes_queue: bool = strawberry.field(
        default=False,
        description="True: units are sent, too, that somebody waits for and that the source may serve. Otherwise they "
        "are kept there, and the refusal says how many.",
    )
    expected_version: int | None = strawberry.field(default=None, description=_VERSION)
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.type(description="The answer to `transferMakeReady`.")
class TransferMakeReadyPayload(Payload):
    """Read after the commit."""

    transfer_id: strawberry.Private[str | None] = None
    transfer = relation(
        Transfer, visible_transfers_by_id, key=_transfer_key, description="The transfer, READY_TO_SHIP."
    )


@strawberry.input(description="Units of one line of a transfer that leave.")
class TransferShipLineInput:
    """Units by line."""

    line_no: int = strawberry.field(description="The line's number.")
    quantity: int = strawberry.field(description="Units that leave now.")


@strawberry.input(description="Input of `transferShip`.")
class TransferShipInput:
    """The units leave."""

    transfer_id: strawberry.ID = strawberry.field(description="The transfer that leaves.")
    lines: list[TransferShipLineInput] | None = strawberry.field(
        default=None, description="What leaves now, up to 100 lines; null: all that waits at the source."
    )
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.type(description="The answer to `transferShip`.")
class TransferShipPayload(Payload):
    """Read after the commit."""

    transfer_id: strawberry.Private[str | None] = None
    transfer = relation(Transfer, visible_transfers_by_id, key=_transfer_key, description="The transfer under way.")


@strawberry.input(description="What became of one line of a transfer.")
class TransferReceiveLineInput:
    """Units by line."""

    line_no: int = strawberry.field(description="The line's number.")
    received_quantity: int = strawberry.field(default=0, description="Units that have arrived and can be sold.")
    damaged_quantity: int = strawberry.field(default=0, description="Units that have arrived and cannot be sold.")
    lost_quantity: int = strawberry.field(default=0, description="Units that will not arrive.")
    surplus_quantity: int = strawberry.field(
        default=0, description="Units that have arrived, can be sold and were not sent by the books."
    )


@strawberry.input(description="Input of `transferReceive`.")
class TransferReceiveInput:
    """An arrival."""

    transfer_id: strawberry.ID = strawberry.field(description="The transfer that arrives.")
    lines: list[TransferReceiveLineInput] | None = strawberry.field(
        default=None,
        description="What has arrived or is lost, up to 100 lines; null: all that is under way has arrived.",
    )
    reason: DiscrepancyReason = strawberry.field(
        default=DiscrepancyReason.UNEXPLAINED, description="Why units are damaged, lost or too many."
    )
    note: str | None = strawberry.field(default=None, description=_NOTE)
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.type(description="The answer to `transferReceive`.")
class TransferReceivePayload(Payload):
    """Read after the commit."""

    transfer_id: strawberry.Private[str | None] = None
    transfer = relation(
        Transfer, visible_transfers_by_id, key=_transfer_key, description="The transfer, (PARTIALLY_)RECEIVED."
    )


@strawberry.input(description="Input of `transferCancel`.")
class TransferCancelInput:
    """It will not take place."""

    transfer_id: strawberry.ID = strawberry.field(description="The transfer to call off; it must not have left.")
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.type(description="The answer to `transferCancel`.")
class TransferCancelPayload(Payload):
    """Read after the commit."""

    transfer_id: strawberry.Private[str | None] = None
    transfer = relation(Transfer, visible_transfers_by_id, key=_transfer_key, description="The transfer, CANCELED.")


@strawberry.input(description="Input of `transferClose`.")
class TransferCloseInput:
    """Nothing more will come."""

    transfer_id: strawberry.ID = strawberry.field(description="The transfer; some of it must have left.")
    reason: DiscrepancyReason = strawberry.field(description="Why units are missing.")
    note: str | None = strawberry.field(default=None, description=_NOTE)
    expected_version: int | None = strawberry.field(default=None, description=_VERSION)
    idempotency_key: str = strawberry.field(description=KEY)


@strawberry.type(description="The answer to `transferClose`.")
class TransferClosePayload(Payload):
    """Read after the commit."""

    transfer_id: strawberry.Private[str | None] = None
    transfer = relation(Transfer, visible_transfers_by_id, key=_transfer_key, description="The transfer, RECEIVED.")
