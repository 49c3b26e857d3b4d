"""Requests that are on their way twice at once, in this process."""

from collections.abc import Generator, Hashable
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final
from weakref import WeakKeyDictionary

from app.kit.db import Database


@dataclass(eq=False, slots=True)
class OnItsWay:
    """One sending of a request. has_twin: whether there was another one of it at any moment since it was sent."""

    has_twin: bool = False


@dataclass(slots=True)
class _Sent:
    requests: dict[Hashable, list[OnItsWay]] = field(default_factory=dict[Hashable, list[OnItsWay]])


_SENT: Final[WeakKeyDictionary[Database, _Sent]] = WeakKeyDictionary()


@contextmanager
def on_its_way(db: Database, identity: Hashable) -> Generator[OnItsWay]:
    """While the block runs, a request is on its way. identity: equal for all sendings of it.

    Who is about to refuse one that has a twin should ask once more: the other one may have been served meanwhile.
    """
    requests = _SENT.setdefault(db, _Sent()).requests
    mine = OnItsWay()
    others = requests.setdefault(identity, [])
    others.append(mine)
    if len(others) > 1:
        for one in others:
            one.has_twin = True
    try:
        yield mine
    finally:
        others.remove(mine)
        if not others:
            del requests[identity]
