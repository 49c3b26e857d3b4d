"""What is on hand is not what the ledger says: many stock rows at once."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from app.inventory.actions.break_promises import break_promises
from app.inventory.actions.move_promises import Elsewhere, Lookout, look_elsewhere, move_promises
from app.inventory.model import Movement, MovementKind
from app.inventory.model.corrections import Cause, Corrected, Correction, Level, Promise, PromisePolicy, correct
from app.inventory.model.selling import StockKey
from app.inventory.sql.feeds import bundles_among
from app.inventory.sql.ledger import post_for
from app.inventory.sql.promises import read_keys_of_youngest
from app.inventory.sql.stock import lock_stock_rows, read_levels
from app.kit.db import WriteTx
from app.kit.errors import DomainError

RowsOf: TypeAlias = Callable[[Correction, int], list[Movement]]
"""The ledger's rows for a correction by so many units."""


@dataclass(frozen=True, slots=True)
class Correctness:
    """results: for each correction the units on hand now, or why nothing was changed. broken: promises that ended here,
    also those that other places keep (`moved_to`).
    """

    results: list[int | DomainError]
    broken: list[Promise]


async def correct_stock(
    tx: WriteTx,
    corrections: Sequence[Correction],
    *,
    policy: PromisePolicy = PromisePolicy.KEEP,
    is_each_for_itself: bool = False,
    rows_of: RowsOf | None = None,
    elsewhere: Elsewhere | None = None,
    cause: Cause,
) -> Correctness:
    """Change the units on hand of up to 100 stock rows, all or none unless `is_each_for_itself`.

    Refusals are data: QuantityConflict where another number was expected, InsufficientStock where promised units
    would be missing and the policy keeps promises, or where there are fewer units than are to go, InvalidQuantity,
    InvalidInput for bundles, and NotFound. With BREAK_YOUNGEST the youngest promises end in the same transaction (see
    `break_promises`). With RESOURCE_YOUNGEST other places keep what they can of them before that (see `move_promises`):
    `elsewhere` knows which. rows_of: what is written in the ledger of each, an adjustment by default.
    """
    if (policy is PromisePolicy.RESOURCE_YOUNGEST) is not (elsewhere is not None):
        message = "Promises move where somebody knows where to."
        raise ValueError(message)
    keys = {correction.key for correction in corrections}
    more, lookout = set[StockKey](), None
    if policy is not PromisePolicy.KEEP:
        more, lookout = await _look(tx, corrections, policy, elsewhere, cause)
    levels = await lock_stock_rows(tx, keys, more)
    found = await _decide(tx, {key: levels[key] for key in keys & levels.keys()}, corrections, policy)
    if not is_each_for_itself and any(isinstance(result, DomainError) for result in found.results):
        return Correctness(found.results, [])
    broken = await _break(tx, found, levels, lookout, cause)
    rows = rows_of or _adjusted
    movements = [movement for correction, delta in found.deltas for movement in rows(correction, delta)]
    await post_for(tx, movements, cause)
    return Correctness(found.results, broken)


async def _decide(
    tx: WriteTx, levels: Mapping[StockKey, Level], corrections: Sequence[Correction], policy: PromisePolicy
) -> Corrected:
    """Of bundles nothing is ever on hand, so only where a first unit is to appear they are looked for."""
    found = correct(levels, corrections, policy)
    appearing = {one.variant_id for one, _ in found.deltas if not levels[one.key].on_hand}
    bundles = await bundles_among(tx, appearing) if appearing else set[int]()
    return correct(levels, corrections, policy, bundles) if bundles else found


def _adjusted(correction: Correction, delta: int) -> list[Movement]:
    return [Movement(correction.variant_id, correction.location_id, MovementKind.ADJUSTED, on_hand=delta)]


async def _look(
    tx: WriteTx, corrections: Sequence[Correction], policy: PromisePolicy, elsewhere: Elsewhere | None, cause: Cause
) -> tuple[set[StockKey], Lookout | None]:
    """Stock rows of promises that may end, and of what may keep them, so that all are locked at once and in their
    order: a first look.
    """
    levels: dict[StockKey, Level] = await read_levels(tx, {correction.key for correction in corrections})
    short = correct(levels, corrections, policy).short
    lookout = None if elsewhere is None else await look_elsewhere(tx, short, elsewhere, now=cause.now)
    keys = await read_keys_of_youngest(tx, short) if short else set[StockKey]()
    return keys | set(lookout.keys if lookout else ()), lookout


async def _break(
    tx: WriteTx, found: Corrected, locked: Collection[StockKey], lookout: Lookout | None, cause: Cause
) -> list[Promise]:
    short, moved = found.short, list[Promise]()
    if short and lookout is not None:
        fewer = dict[StockKey, int]()
        for correction, delta in found.deltas:
            if delta < 0:
                fewer[correction.key] = fewer.get(correction.key, 0) - delta
        done = await move_promises(tx, short, lookout, fewer=fewer, actor=cause.actor, now=cause.now)
        short, moved = {key: units for key, units in done.left.items() if units > 0}, done.promises
    if not short:
        return moved
    return [*moved, *await break_promises(tx, short, locked=locked, actor=cause.actor, now=cause.now)]
