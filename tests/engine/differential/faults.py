"""What goes wrong, by a plan: the same for whoever executes."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from zlib import crc32

import strawberry
from graphql import GraphQLError, Undefined

from tests.engine.differential.choices import Choices


class Refusal(Exception):
    """An error of the application; its extensions are for callers."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.extensions = {"code": "REFUSAL", "facts": [1, None]}


class Odd:
    """A value that no type takes."""

    def __repr__(self) -> str:
        return "<odd>"


def _raises(make: Callable[[], Exception]) -> Callable[[], Any]:
    def fail() -> Any:
        raise make()

    return fail


# Values that may stand where another one is expected, each made anew.
VALUES: Final[Mapping[str, Callable[[], Any]]] = {
    "none": lambda: None,
    "text": lambda: "odd",
    "empty text": lambda: "",
    "digits": lambda: "42",
    "number": lambda: 7,
    "big number": lambda: 2**31,
    "huge number": lambda: 2**70,
    "float": lambda: 1.5,
    "whole float": lambda: 3.0,
    "nan": lambda: math.nan,
    "infinity": lambda: -math.inf,
    "true": lambda: True,
    "list": lambda: [1, None, "x"],
    "empty list": list[Any],
    "tuple": lambda: (1, 2),
    "set": lambda: {5},
    "generator": lambda: (number for number in (1, 2)),
    "mapping": lambda: {"a": 1, "id": "from a mapping"},
    "bytes": lambda: b"bytes",
    "decimal": lambda: Decimal("1.5"),
    "object": Odd,
    "undefined": lambda: Undefined,
    "unset": lambda: strawberry.UNSET,
    "type": lambda: Odd,
    "error": lambda: ValueError("an error as a value"),
    "refusal": lambda: Refusal("a refusal as a value"),
    "graphql error": lambda: GraphQLError("a GraphQL error as a value", extensions={"code": "VALUE"}),
}
RAISES: Final[Mapping[str, Callable[[], Any]]] = {
    "raises": _raises(lambda: RuntimeError("it failed")),
    "raises nothing said": _raises(Exception),
    "raises key": _raises(lambda: KeyError("missing")),
    "raises refusal": _raises(lambda: Refusal("refused")),
    "raises graphql error": _raises(lambda: GraphQLError("not now", extensions={"code": "NOT_NOW"})),
    "raises elsewhere": _raises(lambda: GraphQLError("said by another field", path=["elsewhere", 0])),
}
# What a batch function may answer for one key.
ANSWERS: Final = (
    "missing",
    "none",
    "error",
    "graphql error",
    "text",
    "number",
    "with a null",
    "tuple",
    "with an error",
    "raises for all",
)
# A call that has such a key fails altogether: what fails depends on which keys are asked for together.
TOGETHER: Final = "raises for all"


@dataclass(frozen=True)
class Fault:
    """`kind` happens at `place`: for every object, or for one of so many (`every` > 1)."""

    place: str
    kind: str
    every: int = 1

    def hits(self, key: Any) -> bool:
        """Whether it happens to the object with this key."""
        return self.every == 1 or crc32(f"{self.place}/{key}/{self.kind}".encode()) % self.every == 0


class Plan:
    """The faults of one case by their places."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self.faults = tuple(faults)
        self._by_place: dict[str, list[Fault]] = {}
        for fault in self.faults:
            self._by_place.setdefault(fault.place, []).append(fault)

    def at(self, place: str, key: Any = None) -> Fault | None:
        """The fault that happens there to this object."""
        return next((fault for fault in self._by_place.get(place, ()) if fault.hits(key)), None)

    def value(self, place: str, key: Any, good: Any) -> Any:
        """What is read there. A fault that would raise gives its exception as a value."""
        fault = self.at(place, key)
        if fault is None:
            return good
        if fault.kind in VALUES:
            return VALUES[fault.kind]()
        try:
            return RAISES[fault.kind]()
        except Exception as error:  # noqa: BLE001  # whatever the plan says
            return error

    def run(self, place: str, key: Any, good: Any) -> Any:
        """What a resolver does there: raises, or returns."""
        fault = self.at(place, key)
        if fault is None:
            return good
        return (RAISES.get(fault.kind) or VALUES[fault.kind])()

    @property
    def depends_on_calls(self) -> bool:
        """Whether it matters which keys are asked for in one call."""
        return any(fault.kind == TOGETHER for fault in self.faults)

    def __repr__(self) -> str:
        return repr(list(self.faults))


def some_faults(choices: Choices, *, leaves: Iterable[str], resolvers: Iterable[str], batches: Iterable[str]) -> Plan:
    """None in half of the cases, else up to four."""
    kinds = {
        "leaf": (tuple(leaves), tuple(VALUES)),
        "resolver": (tuple(resolvers), (*RAISES, *VALUES)),
        "batch": (tuple(batches), (*ANSWERS, *RAISES)),
    }
    faults: list[Fault] = []
    if choices.chance(50):
        for _ in range(1 + choices.below(4)):
            places, outcomes = kinds[choices.weighted(**{name: 1 for name, (where, _) in kinds.items() if where})]
            fault = Fault(choices.pick(places), choices.pick(outcomes), choices.pick((1, 2, 3, 6)))
            faults.append(fault)
    return Plan(faults)
