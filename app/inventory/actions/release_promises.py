"""Units that were promised are not there: other places keep the promises, or they end."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from app.inventory.actions.break_promises import break_promises
from app.inventory.actions.move_promises import Elsewhere, Lookout, look_elsewhere, move_promises
from app.inventory.model.corrections import Promise, PromisePolicy
from app.inventory.model.selling import StockKey
from app.inventory.sql.promises import read_keys_of_youngest
from app.kit.db import WriteTx


@dataclass(frozen=True, slots=True)
class FirstLook:
    """What is known before anything is locked. keys: stock rows to be locked together with those that lose units."""

    keys: Collection[StockKey]
    lookout: Lookout | None


def check_elsewhere(policy: PromisePolicy, elsewhere: Elsewhere | None) -> None:
    """Raises ValueError, a mistake of ours, where promises are to move and nobody knows where to."""
    if (policy is PromisePolicy.RESOURCE_YOUNGEST) is not (elsewhere is not None):
        message = "Promises move where somebody knows where to."
        raise ValueError(message)


async def look_for_promises(
    tx: WriteTx, short: Mapping[StockKey, int], elsewhere: Elsewhere | None, *, now: datetime
) -> FirstLook:
    """Stock rows of promises that may end, and of what may keep them, so that all are locked at once and in their
    order. short: units that will be missing, by stock row.
    """
    lookout = None if elsewhere is None else await look_elsewhere(tx, short, elsewhere, now=now)
    keys = await read_keys_of_youngest(tx, short) if short else set[StockKey]()
    return FirstLook(keys | set(lookout.keys if lookout else ()), lookout)


async def release_promises(
    tx: WriteTx,
    short: Mapping[StockKey, int],
    look: FirstLook,
    *,
    locked: Collection[StockKey],
    fewer: Mapping[StockKey, int],
    actor: str,
    now: datetime,
) -> list[Promise]:
    """Take as many promises from these stock rows as units are short, and tell what each loses.

    Where the first look knows of other places, these keep what they can (see `move_promises`); the rest ends (see
    `break_promises`). The caller holds the locks of the stock rows `locked`, and takes the units off in the same
    transaction. fewer: units that each stock row is about to lose.
    """
    left, moved = dict(short), list[Promise]()
    if short and look.lookout is not None:
        done = await move_promises(tx, short, look.lookout, fewer=fewer, actor=actor, now=now)
        left, moved = {key: units for key, units in done.left.items() if units > 0}, done.promises
    if not left:
        return moved
    return [*moved, *await break_promises(tx, left, locked=locked, actor=actor, now=now)]
