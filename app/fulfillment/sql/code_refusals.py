"""Statements that count wrong codes by who said them and where, hour by hour."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from app.kit.db import ReadTx, WriteTx
from app.kit.statement import Statement

_EXHAUSTED: Final = Statement("""
    SELECT EXISTS (
        SELECT FROM unnest(CAST(:subjects AS text[]), CAST(:limits AS int[])) AS asked (subject, most)
          JOIN code_refusals AS counted ON counted.subject = asked.subject AND counted.hour = :hour
         WHERE counted.refused >= asked.most)
""")
_COUNT: Final = Statement("""
    INSERT INTO code_refusals (subject, hour, refused)
    SELECT subject, :hour, 1 FROM unnest(CAST(:subjects AS text[])) AS asked (subject) ORDER BY subject
    ON CONFLICT (subject, hour) DO UPDATE SET refused = code_refusals.refused + 1
""")
_FORGET: Final = Statement("DELETE FROM code_refusals WHERE hour < :before")


async def are_exhausted(tx: ReadTx, limits: Mapping[str, int], *, hour: datetime) -> bool:
    """Whether one of these has refused as many codes in this hour as it may."""
    return await tx.fetchval(_EXHAUSTED, subjects=list(limits), limits=list(limits.values()), hour=hour)


async def count_refusal(tx: WriteTx, limits: Mapping[str, int], *, hour: datetime) -> None:
    """One more wrong code for each of these."""
    await tx.execute(_COUNT, subjects=list(limits), hour=hour)


async def forget_refusals(tx: WriteTx, *, before: datetime) -> int:
    """Drop what was counted in hours before an instant; returns how many rows."""
    return await tx.execute(_FORGET, before=before)
