"""Before somebody is told that too little is left: what is reserved and past its time goes back on sale."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from weakref import WeakKeyDictionary

from app.inventory.actions.expire_reservations import expire_reservations
from app.kit.db import Database, WriteTx


@dataclass(frozen=True, slots=True)
class _Look:
    """Of what somebody found too little, at an instant."""

    variant_ids: frozenset[int]
    now: datetime


# By database, how many looks of this process have ended any.
_FRUITFUL: Final[WeakKeyDictionary[Database, int]] = WeakKeyDictionary()


def fruitful_looks(db: Database) -> int:
    """How many looks have ended reservations so far: for `since` of a later look."""
    return _FRUITFUL.get(db, 0)


async def look_again(db: Database, variant_ids: Collection[int], *, now: datetime, since: int | None = None) -> bool:
    """End reservations of these variants whose time is up (UTC), also those of a bundle's components; whether there
    were any, so that asking for units once more may help.

    since: `fruitful_looks` before the first asking. What somebody else's look has ended meanwhile counts, too: of two
    who send one request at once, the other may have been served by it. One transaction for all who find too little at
    this moment, of its own: it locks reservations, which come before stock rows. Where nothing is due it is two
    statements that lock and write nothing.
    """
    has_ended: bool = await db.group(_sweep).ask(_Look(frozenset(variant_ids), now))
    if has_ended:
        _FRUITFUL[db] = fruitful_looks(db) + 1
    return has_ended or (since is not None and fruitful_looks(db) > since)


async def _sweep(tx: WriteTx, looks: Sequence[_Look]) -> list[bool]:
    variant_ids = sorted({variant_id for look in looks for variant_id in look.variant_ids})
    ended = await expire_reservations(tx, now=max(look.now for look in looks), variant_ids=variant_ids)
    return [bool(ended)] * len(looks)
