"""A place does not give units that it had promised to an order: other places do, or the order gets fewer."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from uuid import UUID

import asyncpg

from app.inventory.actions.move_promises import Elsewhere
from app.inventory.actions.recall_transfers import recall_transfers
from app.inventory.errors import InsufficientStock
from app.inventory.events import PromiseBroken, PromisesMoved
from app.inventory.model import Demand, HoldRequest, Movement, OwnerKind
from app.inventory.model.corrections import Cause, OwnerLine, Promise
from app.inventory.model.decisions import keys_of
from app.inventory.model.giving import GivenUp, bundles_of, choose_given, movements_of
from app.inventory.model.moves import choose_moved
from app.inventory.model.selling import Rules, StockKey
from app.inventory.sql.ledger import post_for
from app.inventory.sql.promises import lock_promises_to, move_holds, read_promises_to, take_promises
from app.inventory.sql.selling import lock_rules
from app.inventory.sql.stock import lock_available, lock_stock_rows
from app.kit.db import WriteTx
from app.kit.outbox import publish


@dataclass(frozen=True, slots=True)
class Given:
    """What became of the units: promises that other places keep (`moved_to`), and those that nobody keeps."""

    moved: list[Promise] = field(default_factory=list[Promise])
    broken: list[Promise] = field(default_factory=list[Promise])

    @property
    def moved_units(self) -> int:
        """Units of the order's lines; a bundle counts once."""
        return _line_units(self.moved)

    @property
    def broken_units(self) -> int:
        """Units of the order's lines; a bundle counts once."""
        return _line_units(self.broken)


async def give_up_units(
    tx: WriteTx,
    order_id: UUID,
    lines: Sequence[GivenUp],
    *,
    elsewhere: Elsewhere,
    only_at: int | None = None,
    transfer_id: UUID | None = None,
    cause: Cause,
) -> Given:
    """Promise the units of a locked order elsewhere, as far as anybody has them; the rest of the promises end.

    lines: each line and place once. Units that are missing are taken off the place's stock in the same transaction.
    only_at: the one place that may take over, all or none: raises InsufficientStock where it cannot. transfer_id: the
    transfer that does not send them. Runs in
    `Database.in_write`: where somebody else is dealing with the order's promises, PostgreSQL's serialization failure is
    raised, and the transaction begins again. Publishes PromisesMoved and PromiseBroken.
    """
    wanted = [(order_id, line.line_no) for line in lines]
    demands = await _demands(tx, wanted, elsewhere, only_at, cause)
    rules = await _rules(tx, demands)
    candidates = keys_of(HoldRequest(OwnerKind.ORDER, order_id, (demand,)) for demand in demands.values())
    own = {promise.key for promise in await read_promises_to(tx, [order_id])}
    await lock_stock_rows(tx, own, candidates)
    held = (await lock_promises_to(tx, [order_id])).get(order_id, [])
    if not {promise.key for promise in held} >= own:
        message = "The promises to this order are being changed by others."
        raise asyncpg.SerializationError(message)
    free = await lock_available(tx, candidates) if candidates else {}
    given = _choose(lines, held, demands, free, rules)
    if only_at is not None and given.broken:
        short = given.broken[0]
        message = "This location does not have what is asked for."
        raise InsufficientStock(
            message,
            requested=given.moved_units + given.broken_units,
            available=given.moved_units,
            variant_id=short.variant_id,
        )
    movements: list[Movement] = [movement for line in lines for movement in movements_of(line, cause.reason)]
    await take_promises(tx, given.broken, actor=cause.actor)
    await move_holds(tx, given.moved, actor=cause.actor)
    await recall_transfers(tx, [*given.moved, *given.broken], first=transfer_id, now=cause.now)
    await post_for(tx, movements, cause)
    await _tell(tx, given, elsewhere, cause)
    return given


async def _demands(
    tx: WriteTx, wanted: Collection[OwnerLine], elsewhere: Elsewhere, only_at: int | None, cause: Cause
) -> Mapping[OwnerLine, Demand]:
    """Who may serve the lines instead."""
    found = await elsewhere.demands(tx, set(wanted), now=cause.now)
    if only_at is None:
        return found
    return {
        line: replace(demand, candidates=tuple(place for place in demand.candidates if place == only_at))
        for line, demand in found.items()
    }


async def _rules(tx: WriteTx, demands: Mapping[OwnerLine, Demand]) -> Rules:
    """Locked, before any stock row."""
    ruled = {
        variant_id
        for demand in demands.values()
        if demand.terms is not None
        for variant_id in demand.terms.ruled(demand.variant_id)
    }
    return await lock_rules(tx, ruled) if ruled else {}


def _choose(
    lines: Sequence[GivenUp],
    held: Sequence[Promise],
    demands: Mapping[OwnerLine, Demand],
    free: Mapping[StockKey, int],
    rules: Rules,
) -> Given:
    """Line by line, so that each moves what is its own."""
    given, room = Given(), dict(free)
    for line in lines:
        parts = [one for one in held if one.line_no == line.line_no and one.location_id == line.location_id]
        units = bundles_of(line, parts)
        if not units:
            continue
        first = parts[0]
        short = {first.key: units * max(first.each, 1)}
        # Nothing moves to the place that gives it up.
        there = {key: left for key, left in room.items() if key[1] != line.location_id}
        found = choose_moved(short, [first], demands, there, of_line={first.line: parts}, rules=rules)
        for promise in found.promises:
            if promise.moved_to is not None:
                room[promise.variant_id, promise.moved_to] -= promise.quantity
        given.moved.extend(found.promises)
        given.broken.extend(choose_given(parts, found.left[first.key] // max(first.each, 1)))
    return given


async def _tell(tx: WriteTx, given: Given, elsewhere: Elsewhere, cause: Cause) -> None:
    if given.moved:
        await elsewhere.follow(tx, given.moved, actor=cause.actor, now=cause.now)
        await publish(tx, *(PromisesMoved(order_id) for order_id in sorted({one.owner_id for one in given.moved})))
    told = {(one.line_no, one.location_id): one for one in given.broken}
    await publish(
        tx,
        *(
            PromiseBroken(one.owner_id, one.line_no, one.variant_id, one.location_id, one.line_units)
            for one in told.values()
        ),
    )


def _line_units(promises: Sequence[Promise]) -> int:
    """Of a bundle's components each has as many."""
    units: dict[tuple[int, int, int | None], dict[int, int]] = {}
    for one in promises:
        of_variant = units.setdefault((one.line_no, one.location_id, one.moved_to), {})
        of_variant[one.variant_id] = of_variant.get(one.variant_id, 0) + one.line_units
    return sum(max(found.values()) for found in units.values())
