"""Promised units go back on sale."""

from collections.abc import Sequence
from uuid import UUID

from app.inventory.model import Claim
from app.inventory.sql.backorders import delete_backorders
from app.inventory.sql.holds import delete_holds, delete_holds_of_lines
from app.kit.db import WriteTx


async def release_holds(
    tx: WriteTx, owner_id: UUID, *, actor: str, line_nos: Sequence[int] | None = None
) -> list[Claim]:
    """End the owner's reservations and allocations, of some lines or (None) of all, also of units that wait, and
    return what they were.

    Repeating it is harmless: nothing is left to release, and the list is empty.
    """
    waiting = await delete_backorders(tx, owner_id, line_nos)
    return waiting + await delete_holds(tx, owner_id, line_nos, actor=actor)


async def release_lines(tx: WriteTx, lines: Sequence[tuple[UUID, int]], *, actor: str) -> None:
    """The same for lines (owner, line number) of many owners that wait for nothing."""
    await delete_holds_of_lines(tx, lines, actor=actor)
