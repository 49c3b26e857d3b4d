"""State machines as data: which step leads from which state to which. Pure; pictures are drawn from the same data."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from app.kit.errors import InvalidTransition

StateT = TypeVar("StateT", bound=StrEnum)
StepT = TypeVar("StepT", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Machine(Generic[StateT, StepT]):
    """The life of one kind of object.

    noun: what it is called, such as `purchase order`. begins: the states that a new one may have. steps: for each
    step the states in which it may be taken, each with those that it may lead to.
    """

    noun: str
    begins: tuple[StateT, ...]
    steps: Mapping[StepT, Mapping[StateT, tuple[StateT, ...]]]

    def take(self, step: StepT, current: str, wanted: StateT | None = None) -> StateT:
        """The state after `step`: `wanted`, or the only one that it leads to.

        Raises InvalidTransition when the step may not be taken in the state `current`.
        """
        possible = self.check(step, current)
        found = possible[0] if wanted is None else wanted
        if found not in possible or (wanted is None and len(possible) > 1):
            message = f"{step} of a {self.noun} that is {current} leads to one of {possible}, not to {wanted}."
            raise ValueError(message)
        return found

    def check(self, step: StepT, current: str) -> tuple[StateT, ...]:
        """The states that `step` may lead to. Raises InvalidTransition when it may not be taken in this state."""
        for state, possible in self.steps[step].items():
            if state == current:
                return possible
        verb = step.lower().replace("_", " ")
        raise InvalidTransition(f"To {verb} is no step of a {self.noun} that is {current}.", current_status=current)

    def mermaid(self) -> str:
        """A state diagram, one arrow for each pair of states that a step joins."""
        arrows = [f"  [*] --> {state}" for state in self.begins]
        ends: dict[StateT, None] = {}
        for step, moves in self.steps.items():
            for state, possible in moves.items():
                for after in possible:
                    arrows.append(f"  {state} --> {after}: {step.lower().replace('_', ' ')}")
                    ends[after] = None
        left = {state for moves in self.steps.values() for state in moves}
        arrows += [f"  {state} --> [*]" for state in ends if state not in left]
        return "\n".join(["stateDiagram-v2", *arrows])
