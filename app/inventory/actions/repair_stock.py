"""Counters of a stock row differ from its history, or from what is held: they are brought back to the truth."""

from dataclasses import dataclass

from app.inventory.actions.correct_stock import correct_stock
from app.inventory.model import Movement, MovementKind, check_quantity
from app.inventory.model.corrections import Cause, Correction, Promise, PromisePolicy
from app.inventory.model.selling import StockKey
from app.inventory.sql.drifts import drifts_of, note_drifts, write_repair
from app.inventory.sql.promises import read_keys_of_youngest
from app.inventory.sql.stock import lock_stock_rows
from app.kit.db import Row, WriteTx
from app.kit.errors import DomainError


@dataclass(frozen=True, slots=True)
class Repair:
    """is_needed: whether anything differed. broken: promises that ended, because their units are not there."""

    is_needed: bool
    broken: list[Promise]


async def repair_stock(tx: WriteTx, key: StockKey, *, counted: int | None = None, cause: Cause) -> Repair:
    """Set the counters of a stock row to what the ledger adds up to, and what is promised to what is held.

    counted: units that somebody has found on hand; None: as many as the ledger says. Promises of more than that end,
    the youngest first (see `break_promises`). Nothing is written where nothing differs, not even `counted`: that would
    be a correction. The ledger tells of the repair, also where it moves nothing. cause: with the repair's id and a
    reason. Raises InvalidQuantity.
    """
    if counted is not None:
        check_quantity(counted, minimum=0)
    may_be_corrected = await _lock(tx, key, counted)
    # A statement of its own, after the wait for the lock.
    drifts = await drifts_of(tx, [key])
    if not drifts:
        await note_drifts(tx, differ=[], are_well=[key], now=cause.now)
        return Repair(is_needed=False, broken=[])
    await write_repair(tx, key, cause)
    broken: list[Promise] = []
    units = max(drifts[0]["ledger_on_hand"], 0) if counted is None else counted
    if may_be_corrected and units != _repaired_on_hand(drifts[0]):
        done = await correct_stock(
            tx,
            [Correction(*key, quantity=units)],
            policy=PromisePolicy.BREAK_YOUNGEST,
            rows_of=_repaired,
            cause=cause,
        )
        if isinstance(done.results[0], DomainError):
            raise done.results[0]
        broken = done.broken
    await note_drifts(tx, differ=[], are_well=[key], now=cause.now)
    return Repair(is_needed=True, broken=broken)


def _repaired_on_hand(drift: Row) -> int:
    """Units on hand after `write_repair`: no fewer than are held."""
    return max(drift["ledger_on_hand"], drift["held_reserved"] + drift["held_allocated"])


def _repaired(correction: Correction, delta: int) -> list[Movement]:
    return [Movement(correction.variant_id, correction.location_id, MovementKind.REPAIRED, on_hand=delta)]


async def _lock(tx: WriteTx, key: StockKey, counted: int | None) -> bool:
    """Lock the stock row with those of promises that may end, in their order: a first look. False: units under way,
    which are as many as their transfers say.
    """
    short: dict[StockKey, int] = {}
    for drift in await drifts_of(tx, [key]):
        units = max(drift["ledger_on_hand"], 0) if counted is None else counted
        short[key] = drift["held_reserved"] + drift["held_allocated"] - units
    more = await read_keys_of_youngest(tx, short) if short.get(key, 0) > 0 else ()
    return key in await lock_stock_rows(tx, [key], more)
