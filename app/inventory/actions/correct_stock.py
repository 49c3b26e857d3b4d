"""What is on hand is not what the ledger says: many stock rows at once."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from app.inventory.actions.break_promises import break_promises
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
    """results: for each correction the units on hand now, or why nothing was changed. broken: promises that ended."""

    results: list[int | DomainError]
    broken: list[Promise]


async def correct_stock(
    tx: WriteTx,
    corrections: Sequence[Correction],
    *,
    policy: PromisePolicy = PromisePolicy.KEEP,
    is_each_for_itself: bool = False,
    rows_of: RowsOf | None = None,
    cause: Cause,
) -> Correctness:
    """Change the units on hand of up to 100 stock rows, all or none unless `is_each_for_itself`.

    Refusals are data: QuantityConflict where another number was expected, InsufficientStock where promised units
    would be missing and the policy keeps promises, or where there are fewer units than are to go, InvalidQuantity,
    InvalidInput for bundles, and NotFound. With BREAK_YOUNGEST the youngest promises end in the same transaction (see
    `break_promises`).
    rows_of: what is written in the ledger of each, an adjustment by default.
    """
    keys = {correction.key for correction in corrections}
    more = set[StockKey]()
    if policy is PromisePolicy.BREAK_YOUNGEST:
        more = await _keys_of_promises(tx, corrections)
    levels = await lock_stock_rows(tx, keys, more)
    found = await _decide(tx, {key: levels[key] for key in keys & levels.keys()}, corrections, policy)
    if not is_each_for_itself and any(isinstance(result, DomainError) for result in found.results):
        return Correctness(found.results, [])
    broken = await _break(tx, found, levels, cause)
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


async def _keys_of_promises(tx: WriteTx, corrections: Sequence[Correction]) -> set[StockKey]:
    """Stock rows of promises that may end, so that all are locked at once and in their order: a first look."""
    levels: dict[StockKey, Level] = await read_levels(tx, {correction.key for correction in corrections})
    guess = correct(levels, corrections, PromisePolicy.BREAK_YOUNGEST)
    return await read_keys_of_youngest(tx, guess.short) if guess.short else set()


async def _break(tx: WriteTx, found: Corrected, locked: Collection[StockKey], cause: Cause) -> list[Promise]:
    if not found.short:
        return []
    return await break_promises(tx, found.short, locked=locked, actor=cause.actor, now=cause.now)
