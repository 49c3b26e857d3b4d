"""Count sessions for tests."""

from typing import Any, Final
from uuid import UUID

from app.inventory.actions.approve_count import approve_count
from app.inventory.actions.cancel_count import cancel_count
from app.inventory.actions.open_count import open_count
from app.inventory.actions.record_counts import record_counts
from app.inventory.actions.reject_counts import reject_counts
from app.inventory.model.corrections import Promise, PromisePolicy
from app.inventory.model.counts import CountStatus, CountStep, Found
from app.kit.db import Database
from app.kit.statement import Statement
from tests.conftest import NOW
from tests.inventory.moving import elsewhere

_LEDGER: Final = Statement("""
    SELECT kind, variant_id, location_id, d_on_hand, cause_id, actor, note FROM ledger
     WHERE cause_kind = 'COUNT' ORDER BY variant_id, entry_id
""")


async def opened(db: Database, location_id: int, *variant_ids: int, eyes: bool = False) -> UUID:
    """A session of these variants, or, without any, of whatever is recorded."""
    return await db.in_write(
        lambda tx: open_count(
            tx,
            location_id=location_id,
            variant_ids=variant_ids or None,
            needs_four_eyes=eyes,
            note="spring",
            actor="boss",
            now=NOW,
        )
    )


async def count(db: Database, count_id: UUID, *found: tuple[int, int], by: str = "ann") -> None:
    """(variant, units) that somebody found."""
    counts = [Found(*one) for one in found]
    await db.in_write(lambda tx: record_counts(tx, count_id, counts, actor=by, now=NOW))


async def reject(db: Database, count_id: UUID, *variant_ids: int, expected_version: int | None = None) -> None:
    """Count these again."""
    await db.in_write(
        lambda tx: reject_counts(tx, count_id, variant_ids, note="again", expected_version=expected_version)
    )


async def approve(
    db: Database,
    count_id: UUID,
    policy: PromisePolicy = PromisePolicy.KEEP,
    by: str = "boss",
    expected_version: int | None = None,
) -> list[Promise]:
    """Believe it."""
    return await db.in_write(
        lambda tx: approve_count(
            tx,
            count_id,
            policy=policy,
            elsewhere=elsewhere(policy, []),
            actor=by,
            now=NOW,
            expected_version=expected_version,
        )
    )


async def cancel(db: Database, count_id: UUID, expected_version: int | None = None) -> None:
    """Give it up."""
    await db.in_write(lambda tx: cancel_count(tx, count_id, actor="boss", now=NOW, expected_version=expected_version))


async def in_state(db: Database, status: CountStatus, location_id: int, variant_id: int) -> UUID:
    """A session in this state, of one variant that was counted as 3 units."""
    count_id = await opened(db, location_id, variant_id)
    await count(db, count_id, (variant_id, 3))
    if status is CountStatus.APPROVED:
        await approve(db, count_id)
    elif status is CountStatus.CANCELED:
        await cancel(db, count_id)
    return count_id


async def try_step(db: Database, count_id: UUID, name: CountStep, variant_id: int) -> None:
    """Any step, with values that it takes."""
    match name:
        case CountStep.RECORD:
            await count(db, count_id, (variant_id, 4))
        case CountStep.REJECT:
            await reject(db, count_id, variant_id)
        case CountStep.APPROVE:
            await approve(db, count_id)
        case CountStep.CANCEL:
            await cancel(db, count_id)


async def session(db: Database, count_id: UUID) -> tuple[str, int, list[tuple[int, bool, int, int | None]]]:
    """(status, version, (variant, whether it is open, pass, corrected difference) of each line)."""
    async with db.read() as tx:
        row: Any = await tx.connection.fetchrow("SELECT * FROM count_sessions WHERE id = $1", count_id)
        lines = await tx.connection.fetch("SELECT * FROM count_lines WHERE count_id = $1 ORDER BY variant_id", count_id)
    return (
        row["status"],
        row["version"],
        [(line["variant_id"], line["is_open"], line["pass_no"], line["difference"]) for line in lines],
    )


async def records(db: Database, count_id: UUID) -> list[tuple[int, int, int, int, int, str]]:
    """(variant, number, pass, counted, ledger's figure, counter) of every record."""
    async with db.read() as tx:
        rows = await tx.connection.fetch(
            "SELECT * FROM count_records WHERE count_id = $1 ORDER BY variant_id, record_no", count_id
        )
    names = ("variant_id", "record_no", "pass_no", "counted_quantity", "ledger_quantity", "counted_by")
    return [tuple(row[name] for name in names) for row in rows]  # type: ignore[misc]


async def corrections(db: Database) -> list[tuple[Any, ...]]:
    """(kind, variant, location, units, session, who, note) of every row of the ledger that a count caused."""
    async with db.read() as tx:
        return [tuple(row) for row in await tx.fetch(_LEDGER)]
