"""A part of a staged stock file is applied through the ledger, all of it or nothing, once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg

from app.inventory.actions.move_promises import Elsewhere
from app.inventory.actions.release_promises import look_for_promises, release_promises
from app.inventory.model import MAX_QUANTITY
from app.inventory.model.corrections import Promise
from app.inventory.model.selling import StockKey
from app.inventory.sql import import_promises, imports
from app.inventory.sql.imports import Chunk, Staging
from app.kit.db import Database, Row, WriteTx, is_retryable


class _NeedsLocks(Exception):  # no error: the way that is tried first does not reach
    """A row of stock has to be made first, or promises have to be released."""


# Somebody else moved a row of the chunk since it was read, or it cannot be done without locks.
_CROSSED: Final = (
    _NeedsLocks,
    asyncpg.ForeignKeyViolationError,
    asyncpg.SerializationError,
    asyncpg.DeadlockDetectedError,
)


@dataclass(slots=True)
class Importing:
    """One import on its way. is_rehearsal: rows are judged, and nothing is moved.

    elsewhere: rows that leave fewer units than are promised release the youngest promises, which other places keep
    where they can; None: such rows are refused. makes_rows: whether the last chunk had rows of stock to be made. So
    will the next one, which is not tried without.
    """

    id: UUID
    staging: Staging
    is_absolute: bool
    actor: str
    now: datetime
    is_rehearsal: bool = False
    elsewhere: Elsewhere | None = None
    makes_rows: bool = False


@dataclass(frozen=True, slots=True)
class Applied:
    """What became of rows."""

    changed: int = 0
    unchanged: int = 0
    refused: int = 0


async def apply_stock_chunk(db: Database, run: Importing, chunk: Chunk) -> Applied | None:
    """Apply a chunk; None when it was applied before.

    At first without locks, as of one snapshot: PostgreSQL refuses the transaction when somebody else has moved one of
    the rows since, so that an absolute quantity is never written over what was not seen. Then again with all rows made
    and locked, in the order of their keys, before they are read.
    """

    async def seen(tx: WriteTx) -> Applied | None:
        return await _apply(tx, run, chunk) if await imports.claim_chunk(tx, run.id, chunk) else None

    async def locked(tx: WriteTx) -> Applied | None:
        if not await imports.claim_chunk(tx, run.id, chunk):
            return None
        if run.elsewhere is None:
            made = await imports.make_and_lock_rows(tx, run.staging, chunk, _judging(run))
        else:
            made = await _release(tx, run, chunk, run.elsewhere)
        run.makes_rows = made > 0
        return await _apply(tx, run, chunk)

    if run.is_rehearsal or not run.makes_rows:
        try:
            async with db.write(isolation="repeatable_read") as tx:
                return await seen(tx)
        except _CROSSED:
            pass
        except Exception as error:
            if not is_retryable(error):
                raise
    return await db.in_write(locked)


async def _apply(tx: WriteTx, run: Importing, chunk: Chunk) -> Applied:
    judge = _judging(run)
    if run.is_rehearsal:
        row = await imports.rehearse_rows(tx, run.staging, chunk, judge, import_id=run.id)
        if row["short"]:
            losing = await import_promises.losing_rows(tx, run.staging, chunk, judge)
            await import_promises.keep_releases(tx, run.id, [row for row in losing if row["short"]], None)
    else:
        row = await imports.apply_rows(tx, run.staging, chunk, judge, import_id=run.id, actor=run.actor)
        if row["rowless"] or row["short"]:
            raise _NeedsLocks
    await imports.count_chunk(tx, run.id, chunk, row)
    return Applied(row["changed"], row["unchanged"], row["refused"])


async def _release(tx: WriteTx, run: Importing, chunk: Chunk, elsewhere: Elsewhere) -> int:
    """Make and lock the rows of stock of a chunk, and release what is promised of the units that it takes off; how many
    rows were made.
    """
    judge = _judging(run)
    seen = await import_promises.losing_rows(tx, run.staging, chunk, judge)
    look = await look_for_promises(tx, _short(seen), elsewhere, now=run.now)
    made = await imports.make_rows(tx, run.staging, chunk, judge)
    locked = await import_promises.lock_rows_with(tx, run.staging, chunk, judge, look.keys)
    losing = await import_promises.losing_rows(tx, run.staging, chunk, judge)
    short, fewer = _short(losing), {_key(row): row["fewer"] for row in losing}
    if short:
        broken = await release_promises(tx, short, look, locked=locked, fewer=fewer, actor=run.actor, now=run.now)
        rows = [row for row in losing if row["short"]]
        await import_promises.keep_releases(tx, run.id, rows, _released(rows, broken))
    return made


def _key(row: Row) -> StockKey:
    return row["variant_id"], row["location_id"]


def _short(losing: Sequence[Row]) -> dict[StockKey, int]:
    return {_key(row): row["short"] for row in losing if row["short"]}


def _released(rows: Sequence[Row], broken: Sequence[Promise]) -> dict[StockKey, tuple[int, int]]:
    """Units by stock row: those that other places serve, and those that nobody does."""
    units = {_key(row): [0, 0] for row in rows}
    for promise in broken:
        if promise.key in units:
            units[promise.key][promise.moved_to is None] += promise.quantity
    return {key: (moved, ended) for key, (moved, ended) in units.items()}


def _judging(run: Importing) -> dict[str, Any]:
    return imports.judging(is_absolute=run.is_absolute, releases=run.elsewhere is not None, most=MAX_QUANTITY)
