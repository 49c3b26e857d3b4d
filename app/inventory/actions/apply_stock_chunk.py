"""A part of a staged stock file is applied through the ledger, all of it or nothing, once."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import asyncpg

from app.inventory.model import MAX_QUANTITY
from app.inventory.sql import imports
from app.inventory.sql.imports import Chunk, Staging
from app.kit.db import Database, WriteTx, is_retryable

# Somebody else moved a row of the chunk since it was read, or a row has to be made first.
_CROSSED: Final = (asyncpg.ForeignKeyViolationError, asyncpg.SerializationError, asyncpg.DeadlockDetectedError)


@dataclass(slots=True)
class Importing:
    """One import on its way. is_rehearsal: rows are judged, and nothing is moved.

    makes_rows: whether the last chunk had rows of stock to be made. So will the next one, which is not tried without.
    """

    id: UUID
    staging: Staging
    is_absolute: bool
    actor: str
    is_rehearsal: bool = False
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
    if run.is_rehearsal or not run.makes_rows:
        try:
            async with db.write(isolation="repeatable_read") as tx:
                return await _apply(tx, run, chunk)
        except _CROSSED:
            pass
        except Exception as error:
            if not is_retryable(error):
                raise

    async def locked(tx: WriteTx) -> Applied | None:
        run.makes_rows = await imports.make_and_lock_rows(tx, run.staging, chunk, _judging(run)) > 0
        return await _apply(tx, run, chunk)

    return await db.in_write(locked)


async def _apply(tx: WriteTx, run: Importing, chunk: Chunk) -> Applied | None:
    if not await imports.claim_chunk(tx, run.id, chunk):
        return None
    judge = _judging(run)
    if run.is_rehearsal:
        row = await imports.rehearse_rows(tx, run.staging, chunk, judge, import_id=run.id)
    else:
        row = await imports.apply_rows(tx, run.staging, chunk, judge, import_id=run.id, actor=run.actor)
        if row["rowless"]:
            message = "A row of stock has to be made first."
            raise asyncpg.ForeignKeyViolationError(message)
    await imports.count_chunk(tx, run.id, chunk, row)
    return Applied(row["changed"], row["unchanged"], row["refused"])


def _judging(run: Importing) -> dict[str, Any]:
    return imports.judging(is_absolute=run.is_absolute, most=MAX_QUANTITY)
