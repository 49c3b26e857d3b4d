"""Units that were promised are not there, and other places keep the promises."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol
from uuid import UUID

import asyncpg

from app.inventory.actions.recall_transfers import recall_transfers
from app.inventory.events import PromisesMoved
from app.inventory.model import Demand, HoldRequest, HoldState, OwnerKind
from app.inventory.model.corrections import LineAt, OwnerLine, Promise
from app.inventory.model.decisions import keys_of
from app.inventory.model.moves import Moved, choose_moved
from app.inventory.model.selling import StockKey
from app.inventory.sql.promises import (
    lock_promises_to,
    lock_youngest_promises,
    move_holds,
    read_youngest_promises,
)
from app.inventory.sql.selling import lock_rules
from app.inventory.sql.stock import lock_available
from app.kit.db import ReadTx, WriteTx
from app.kit.outbox import publish


class Demands(Protocol):
    """By line, the places that may serve it, best first, and how it is sold; what cannot move is left out."""

    async def __call__(
        self, tx: ReadTx, lines: Collection[OwnerLine], /, *, now: datetime
    ) -> Mapping[OwnerLine, Demand]:
        """May be asked with or without locks."""
        ...


class Follow(Protocol):
    """What owners need once other places keep these promises."""

    async def __call__(self, tx: WriteTx, moved: Sequence[Promise], /, *, actor: str, now: datetime) -> None:
        """The owners are locked."""
        ...


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Where else the lines of orders may come from. lock: those of the orders that nobody else is dealing with."""

    demands: Demands
    lock: Callable[[WriteTx, Collection[UUID]], Awaitable[Collection[UUID]]]
    follow: Follow


@dataclass(frozen=True, slots=True)
class Lookout:
    """A first look at what may move. keys: stock rows that may serve it; ruled: variants whose queue is locked."""

    elsewhere: Elsewhere
    keys: Collection[StockKey] = ()
    ruled: Collection[int] = ()


async def look_elsewhere(tx: WriteTx, short: Mapping[StockKey, int], elsewhere: Elsewhere, *, now: datetime) -> Lookout:
    """Find the stock rows that may have to be locked, and lock the queues of their variants, which come before them."""
    youngest = await read_youngest_promises(tx, short) if short else []
    demands = await elsewhere.demands(tx, _lines(youngest), now=now)
    ruled = _ruled(demands)
    if ruled:
        await lock_rules(tx, ruled)
    return Lookout(elsewhere, _keys(demands), ruled)


@dataclass(slots=True)
class _Found:
    """What may move, locked. passed_over: some of it is being dealt with by others."""

    youngest: list[Promise]
    demands: Mapping[OwnerLine, Demand]
    of_line: dict[LineAt, list[Promise]] = field(default_factory=dict[LineAt, list[Promise]])
    passed_over: bool = False


async def move_promises(
    tx: WriteTx,
    short: Mapping[StockKey, int],
    lookout: Lookout,
    *,
    fewer: Mapping[StockKey, int],
    actor: str,
    now: datetime,
) -> Moved:
    """Let other places keep as many as they can of the promises to orders on these stock rows, the youngest first.

    The caller holds the locks of these stock rows and of those in `lookout`, and takes the units off in the same
    transaction. fewer: units that each of these rows is about to lose. Publishes PromisesMoved for orders with
    allocations. Where too few can move because others are just dealing with orders or stock rows that come into
    question, PostgreSQL's serialization failure is raised, and the transaction begins again.
    """
    found = await _lock(tx, short, lookout.elsewhere, now)
    keys = _keys(found.demands)
    known = keys & set(lookout.keys)
    free = await lock_available(tx, known) if known else {}
    for key in free.keys() & fewer.keys():
        free[key] -= fewer[key]
    rules = await lock_rules(tx, lookout.ruled) if lookout.ruled else {}
    is_blind = found.passed_over or known != keys or not _ruled(found.demands) <= set(lookout.ruled)
    moved = choose_moved(short, found.youngest, found.demands, free, of_line=found.of_line, rules=rules)
    if is_blind and any(units > 0 for units in moved.left.values()):
        message = "The promises on this stock, or what could keep them, are being changed by others."
        raise asyncpg.SerializationError(message)
    await move_holds(tx, moved.promises, actor=actor)
    await recall_transfers(tx, moved.promises, now=now)
    if moved.promises:
        await lookout.elsewhere.follow(tx, moved.promises, actor=actor, now=now)
    allocated = {promise.owner_id for promise in moved.promises if promise.state == HoldState.ALLOCATED}
    await publish(tx, *(PromisesMoved(order_id) for order_id in sorted(allocated)))
    return moved


async def _lock(tx: WriteTx, short: Mapping[StockKey, int], elsewhere: Elsewhere, now: datetime) -> _Found:
    """The promises to orders that nobody else is dealing with, and where else these may come from."""
    youngest = [one for one in await lock_youngest_promises(tx, short) if one.owner_kind == OwnerKind.ORDER]
    owners = {promise.owner_id for promise in youngest}
    free = await elsewhere.lock(tx, owners) if owners else ()
    held = await lock_promises_to(tx, free) if free else {}
    known = [promise for promise in youngest if promise.owner_id in held]
    found = _Found(known, await elsewhere.demands(tx, _lines(known), now=now), passed_over=len(held) < len(owners))
    for promises in held.values():
        for promise in promises:
            found.of_line.setdefault(promise.line, []).append(promise)
    return found


def _lines(promises: Sequence[Promise]) -> set[OwnerLine]:
    return {(one.owner_id, one.line_no) for one in promises if one.owner_kind == OwnerKind.ORDER}


def _keys(demands: Mapping[OwnerLine, Demand]) -> set[StockKey]:
    return keys_of(HoldRequest(OwnerKind.ORDER, owner_id, (demand,)) for (owner_id, _), demand in demands.items())


def _ruled(demands: Mapping[OwnerLine, Demand]) -> set[int]:
    """The variants whose queue has a say."""
    return {
        variant_id
        for demand in demands.values()
        if demand.terms is not None
        for variant_id in demand.terms.ruled(demand.variant_id)
    }
