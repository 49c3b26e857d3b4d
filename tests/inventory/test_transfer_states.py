"""The life of a transfer: which step is possible in which state, and that the database agrees."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest

from app.inventory.actions.cancel_transfer import cancel_transfer
from app.inventory.actions.close_transfer import close_transfer
from app.inventory.actions.date_transfer import date_transfer
from app.inventory.actions.edit_transfer import edit_transfer
from app.inventory.actions.make_transfer_ready import make_transfer_ready
from app.inventory.actions.receive_transfer import receive_transfer
from app.inventory.actions.ship_transfer import ship_transfer
from app.inventory.actions.withdraw_transfers import withdraw_transfers
from app.inventory.model.transfers import (
    TRANSFER,
    Arrival,
    DiscrepancyReason,
    TransferLineDraft,
    TransferStatus,
    TransferStep,
)
from app.kit.db import Database, WriteTx
from app.kit.errors import InvalidTransition
from tests.conftest import NOW
from tests.inventory.builders import counters, stocked
from tests.inventory.transfers import receive, send, ship, state

LEGAL = {
    TransferStep.EDIT: {"DRAFT"},
    TransferStep.SET_DATE: {"DRAFT", "READY_TO_SHIP", "IN_TRANSIT", "PARTIALLY_RECEIVED"},
    TransferStep.MAKE_READY: {"DRAFT"},
    TransferStep.SHIP: {"READY_TO_SHIP", "IN_TRANSIT", "PARTIALLY_RECEIVED"},
    TransferStep.RECEIVE: {"IN_TRANSIT", "PARTIALLY_RECEIVED"},
    TransferStep.WITHDRAW: {"READY_TO_SHIP", "IN_TRANSIT", "PARTIALLY_RECEIVED"},
    TransferStep.CLOSE: {"IN_TRANSIT", "PARTIALLY_RECEIVED"},
    TransferStep.CANCEL: {"DRAFT", "READY_TO_SHIP"},
}
AFTER = {
    ("EDIT", "DRAFT"): "DRAFT",
    ("SET_DATE", "DRAFT"): "DRAFT",
    ("SET_DATE", "READY_TO_SHIP"): "READY_TO_SHIP",
    ("SET_DATE", "IN_TRANSIT"): "IN_TRANSIT",
    ("SET_DATE", "PARTIALLY_RECEIVED"): "PARTIALLY_RECEIVED",
    ("MAKE_READY", "DRAFT"): "READY_TO_SHIP",
    ("SHIP", "READY_TO_SHIP"): "IN_TRANSIT",
    ("SHIP", "IN_TRANSIT"): "IN_TRANSIT",
    ("SHIP", "PARTIALLY_RECEIVED"): "PARTIALLY_RECEIVED",
    ("RECEIVE", "IN_TRANSIT"): "PARTIALLY_RECEIVED",
    ("RECEIVE", "PARTIALLY_RECEIVED"): "PARTIALLY_RECEIVED",
    ("WITHDRAW", "READY_TO_SHIP"): "READY_TO_SHIP",
    ("WITHDRAW", "IN_TRANSIT"): "IN_TRANSIT",
    ("WITHDRAW", "PARTIALLY_RECEIVED"): "PARTIALLY_RECEIVED",
    ("CLOSE", "IN_TRANSIT"): "RECEIVED",
    ("CLOSE", "PARTIALLY_RECEIVED"): "RECEIVED",
    ("CANCEL", "DRAFT"): "CANCELED",
    ("CANCEL", "READY_TO_SHIP"): "CANCELED",
}


def test_the_rules_allow_what_is_listed_and_nothing_else() -> None:
    assert {step: {str(state) for state in moves} for step, moves in TRANSFER.steps.items()} == LEGAL
    assert TRANSFER.begins == (TransferStatus.DRAFT, TransferStatus.READY_TO_SHIP)


def deed(step: str, transfer_id: UUID, variant_id: int) -> Callable[[WriteTx], Awaitable[Any]]:
    """One unit, where units are asked for."""
    by = {"actor": "test", "now": NOW}
    deeds: dict[str, Callable[[WriteTx], Awaitable[Any]]] = {
        "EDIT": lambda tx: edit_transfer(tx, transfer_id, [TransferLineDraft(variant_id, 3)], now=NOW),
        "SET_DATE": lambda tx: date_transfer(tx, transfer_id, NOW, now=NOW),
        "MAKE_READY": lambda tx: make_transfer_ready(tx, transfer_id, **by),
        "SHIP": lambda tx: ship_transfer(tx, transfer_id, quantities={1: 1}, **by),
        "RECEIVE": lambda tx: receive_transfer(tx, transfer_id, Arrival({1: 1}), **by),
        "WITHDRAW": lambda tx: withdraw_transfers(tx, {transfer_id: {}}, now=NOW),
        "CLOSE": lambda tx: close_transfer(tx, transfer_id, reason=DiscrepancyReason.LOST, **by),
        "CANCEL": lambda tx: cancel_transfer(tx, transfer_id, **by),
    }
    return deeds[step]


async def in_state(db: Database, status: str) -> tuple[UUID, int]:
    """A transfer of 8 units in this state; of one under way 4 have left."""
    shirt, [warehouse, store] = await stocked(db, 10, 0)
    transfer_id = await send(db, warehouse, store, (shirt, 8), is_draft=status == "DRAFT")
    if status == "CANCELED":
        async with db.write() as tx:
            await cancel_transfer(tx, transfer_id, actor="test", now=NOW)
    if status in {"IN_TRANSIT", "PARTIALLY_RECEIVED", "RECEIVED"}:
        await ship(db, transfer_id, {1: 8 if status == "RECEIVED" else 4})
    if status in {"PARTIALLY_RECEIVED", "RECEIVED"}:
        await receive(db, transfer_id, {1: 8 if status == "RECEIVED" else 1})
    assert (await state(db, transfer_id))[0] == status
    return transfer_id, shirt


@pytest.mark.parametrize("status", [str(one) for one in TransferStatus])
@pytest.mark.parametrize("step", [str(one) for one in TransferStep])
async def test_every_step_in_every_state(db: Database, step: str, status: str) -> None:
    transfer_id, shirt = await in_state(db, status)
    before = await counters(db), await state(db, transfer_id)
    if (step, status) in AFTER:
        async with db.write() as tx:
            await deed(step, transfer_id, shirt)(tx)
        assert (await state(db, transfer_id))[0] == AFTER[step, status]
        return
    with pytest.raises(InvalidTransition) as refusal:
        async with db.write() as tx:
            await deed(step, transfer_id, shirt)(tx)
    assert refusal.value.facts == {"current_status": status}
    assert (await counters(db), await state(db, transfer_id)) == before
