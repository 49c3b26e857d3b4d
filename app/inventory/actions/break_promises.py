"""Units that were promised are not there."""

import itertools
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TypeVar
from uuid import UUID

import asyncpg

from app.inventory.actions.recall_transfers import recall_transfers
from app.inventory.actions.withdraw_transfers import withdraw_transfers
from app.inventory.events import PromiseBroken, ReservationExpired
from app.inventory.model import HoldState, OwnerKind
from app.inventory.model.corrections import LineAt, Promise, choose_broken
from app.inventory.model.selling import StockKey
from app.inventory.sql.promises import (
    lock_promises_to,
    lock_waiting_transfers,
    lock_youngest_promises,
    take_promises,
)
from app.kit.db import WriteTx
from app.kit.outbox import publish

K = TypeVar("K")


async def break_promises(
    tx: WriteTx, short: Mapping[StockKey, int], *, locked: Collection[StockKey], actor: str, now: datetime
) -> list[Promise]:
    """End as many promises as units are short on these stock rows, and return what each loses.

    Reservations go before allocations, the youngest first. A reservation ends with all others of its owner and a
    transfer loses all that has not left, as if they had expired or been called off; of an order's allocations only the
    missing units go, of bundles with what else they are made of, which can be sold again; transfers that were to send
    them bring fewer. The caller holds the locks of
    the stock rows `locked`, takes the units off in the same transaction, and runs in `Database.in_write`: where the
    only promises left are just being dealt with by others, PostgreSQL's serialization failure is raised, and the
    transaction begins again. Publishes PromiseBroken for orders, ReservationExpired for owners of reservations, and
    what `withdraw_transfers` tells.
    """
    candidates = await lock_youngest_promises(tx, short)
    whole = {promise.owner_id: promise.owner_kind for promise in candidates if promise.is_whole}
    transfers = await lock_waiting_transfers(
        tx, [owner_id for owner_id, kind in whole.items() if kind == OwnerKind.TRANSFER]
    )
    free = [owner_id for owner_id, kind in whole.items() if kind != OwnerKind.TRANSFER or owner_id in transfers]
    bundled = {promise.line for promise in candidates if promise.each and not promise.is_whole}
    of_owner = await lock_promises_to(tx, {*free, *(owner_id for owner_id, *_ in bundled)})
    of_line: dict[LineAt, list[Promise]] = {}
    for promise in itertools.chain(*of_owner.values()):
        if promise.line in bundled:
            of_line.setdefault(promise.line, []).append(promise)
    broken = choose_broken(short, candidates, _within(locked, of_owner), _within(locked, of_line))
    if broken is None:
        message = "The promises on this stock are being changed by others."
        raise asyncpg.SerializationError(message)
    await take_promises(tx, broken, actor=actor)
    await withdraw_transfers(tx, dict.fromkeys(_owners(broken, OwnerKind.TRANSFER)), now=now)
    await recall_transfers(tx, broken, now=now)
    await _tell(tx, broken)
    return broken


def _within(locked: Collection[StockKey], promises: Mapping[K, Sequence[Promise]]) -> dict[K, Sequence[Promise]]:
    """Those of which all stock rows are locked."""
    return {key: found for key, found in promises.items() if all(promise.key in locked for promise in found)}


def _owners(broken: Sequence[Promise], kind: str) -> list[UUID]:
    return sorted({promise.owner_id for promise in broken if promise.owner_kind == kind})


async def _tell(tx: WriteTx, broken: Sequence[Promise]) -> None:
    reserved = {(promise.owner_kind, promise.owner_id) for promise in broken if promise.state == HoldState.RESERVED}
    # Of a bundle's components the one of which most bundles are missing; all are, as a rule.
    lines = {
        promise.line: promise
        for promise in sorted(broken, key=lambda promise: promise.line_units)
        if promise.owner_kind == OwnerKind.ORDER and promise.state == HoldState.ALLOCATED
    }
    await publish(
        tx,
        *(
            PromiseBroken(
                promise.owner_id, promise.line_no, promise.variant_id, promise.location_id, promise.line_units
            )
            for promise in lines.values()
        ),
        *(ReservationExpired(kind, owner_id) for kind, owner_id in sorted(reserved)),
    )
