"""What is on hand is not what the ledger says: many stock rows at once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from app.inventory.actions.move_promises import Elsewhere
from app.inventory.actions.release_promises import check_elsewhere, look_for_promises, release_promises
from app.inventory.model import Movement, MovementKind
from app.inventory.model.corrections import Cause, Corrected, Correction, Level, Promise, PromisePolicy, correct
from app.inventory.model.selling import StockKey
from app.inventory.sql.feeds import bundles_among
from app.inventory.sql.ledger import post_for
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
    check_elsewhere(policy, elsewhere)
    keys = {correction.key for correction in corrections}
    look = None
    if policy is not PromisePolicy.KEEP:
        seen: dict[StockKey, Level] = await read_levels(tx, keys)
        look = await look_for_promises(tx, correct(seen, corrections, policy).short, elsewhere, now=cause.now)
    levels = await lock_stock_rows(tx, keys, look.keys if look else ())
    found = await _decide(tx, {key: levels[key] for key in keys & levels.keys()}, corrections, policy)
    if not is_each_for_itself and any(isinstance(result, DomainError) for result in found.results):
        return Correctness(found.results, [])
    broken = list[Promise]()
    if look is not None and found.short:
        broken = await release_promises(
            tx, found.short, look, locked=levels, fewer=_fewer(found), actor=cause.actor, now=cause.now
        )
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


def _fewer(found: Corrected) -> dict[StockKey, int]:
    """Units that each stock row loses."""
    fewer = dict[StockKey, int]()
    for correction, delta in found.deltas:
        if delta < 0:
            fewer[correction.key] = fewer.get(correction.key, 0) - delta
    return fewer
