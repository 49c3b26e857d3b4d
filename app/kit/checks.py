"""What the last check of the invariants found, kept so that every process can tell, and an alarm can ring."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Final

from app.kit.db import ReadTx, Row, WriteTx
from app.kit.statement import Statement

_KEEP: Final = Statement("""
    INSERT INTO checks (claim, broken_rows, checked_at)
    SELECT claim, broken_rows, CAST(:checked_at AS timestamptz)
      FROM unnest(CAST(:claims AS text[]), CAST(:broken_rows AS bigint[])) AS c (claim, broken_rows)
    ON CONFLICT (claim) DO UPDATE SET broken_rows = excluded.broken_rows, checked_at = excluded.checked_at
""")
# Claims that a newer version does not make any more would ring for ever.
_FORGET: Final = Statement("DELETE FROM checks WHERE claim <> ALL (CAST(:claims AS text[]))")
_ALL: Final = Statement("SELECT claim, broken_rows, checked_at FROM checks ORDER BY claim")


async def keep_checks(tx: WriteTx, broken_rows: Mapping[str, int], *, all_claims: Iterable[str], now: datetime) -> None:
    """broken_rows: how many rows contradict each claim that was checked, 0 where it holds."""
    claims = sorted(broken_rows)
    await tx.execute(_FORGET, claims=sorted(all_claims))
    await tx.execute(_KEEP, claims=claims, broken_rows=[broken_rows[claim] for claim in claims], checked_at=now)


async def last_checks(tx: ReadTx) -> list[Row]:
    """claim, broken_rows, checked_at; none before the first check."""
    return await tx.fetch(_ALL)
