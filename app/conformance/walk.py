"""The walk: one step after the other, each with what came of it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from secrets import token_hex

from app.conformance import documents
from app.conformance.asking import Broken, Caller, Json, expect
from app.conformance.listening import Listener


@dataclass(frozen=True, slots=True)
class Pickup:
    """A test pickup. at: when it was made."""

    id: str
    number: str
    code: str
    tracking_number: str
    at: datetime


@dataclass(slots=True)
class Walk:
    """What steps hand on. run: makes the keys of this walk its own. elsewhere: ids of others' pickups, if any are
    known.
    """

    caller: Caller
    listener: Listener
    elsewhere: Sequence[str] = ()
    is_sandbox: bool = False
    run: str = field(default_factory=lambda: token_hex(6))
    pickups: list[Pickup] = field(default_factory=list[Pickup])
    cursor: str | None = None

    def pickup(self, place: int) -> Pickup:
        """One of the test pickups. Raises Broken when there are none."""
        if len(self.pickups) <= place:
            raise Broken("test pickups, which an earlier step makes", "there are none")
        return self.pickups[place]

    def input(self, pickup: Pickup, kind: str, *, seconds: int | None = None, **more: Json) -> Json:
        """A report. seconds: when it happened, after the pickup was made; None: now."""
        given = {"pickupId": pickup.id, "kind": kind, "idempotencyKey": f"{self.run} {kind} {seconds} {pickup.number}"}
        if seconds is not None:
            given["occurredAt"] = (pickup.at + timedelta(seconds=seconds)).isoformat()
        return given | more

    async def report(self, given: Json, what: str, wanted: Json) -> Json:
        """The answer to a report. Raises Broken unless it fits."""
        return expect(what, await self.caller.data(documents.REPORT, {"input": given}), wanted)

    async def verify(self, given: Json, what: str, wanted: Json) -> Json:
        """The answer to a typed code. Raises Broken unless it fits."""
        return expect(what, await self.caller.data(documents.VERIFY, {"input": given}), wanted)


@dataclass(frozen=True, slots=True)
class Step:
    """Something that must hold. writes: it is tried by sandbox partners only."""

    title: str
    run: Callable[[Walk], Awaitable[None]]
    writes: bool = True


@dataclass(frozen=True, slots=True)
class Found:
    """What came of a step. trouble: None when it holds."""

    step: Step
    trouble: Broken | None = None

    def lines(self) -> list[str]:
        """For people."""
        if self.trouble is None:
            return [f"ok      {self.step.title}"]
        return [
            f"FAILED  {self.step.title}",
            f"        expected  {self.trouble.expected}",
            f"        found     {self.trouble.found}",
        ]


async def walk_steps(walk: Walk, steps: Sequence[Step], tell: Callable[[Found], None]) -> bool:
    """Take the steps, whatever comes of those before, those that write only for a sandbox partner; whether all hold.

    tell: called with what came of each.
    """
    holds = True
    async with walk.listener:
        for step in steps:
            if step.writes and not walk.is_sandbox:
                continue
            found = Found(step, await _trouble(walk, step))
            holds = holds and found.trouble is None
            tell(found)
    return holds


async def _trouble(walk: Walk, step: Step) -> Broken | None:
    try:
        await step.run(walk)
    except Broken as broken:
        return broken
    except (KeyError, IndexError, TypeError, ValueError) as error:
        return Broken("an answer of the form that the schema says", f"{type(error).__name__}: {error}")
    return None
