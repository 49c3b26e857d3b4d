"""Where chance comes from: hypothesis, which can shrink what it chose, or a seed."""

import random
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from hypothesis import strategies as st

T = TypeVar("T")
_NUMBERS = {bound: st.integers(0, bound - 1) for bound in range(1, 101)}


class Choices:
    """All that a generator may ask; 0 and the first of a list are the simplest, and shrinking goes there."""

    def below(self, bound: int) -> int:
        """A number from 0 to `bound - 1`."""
        raise NotImplementedError

    def chance(self, percent: int) -> bool:
        """True in so many of a hundred cases."""
        return self.below(100) >= 100 - percent

    def pick(self, items: Sequence[T]) -> T:
        """One of them."""
        return items[self.below(len(items))]

    def weighted(self, **weights: int) -> str:
        """One of the names, the heavier the more often."""
        number = self.below(100) * sum(weights.values()) // 100
        for name, weight in weights.items():
            number -= weight
            if number < 0:
                return name
        raise AssertionError


class Drawn(Choices):
    """Chosen by hypothesis."""

    def __init__(self, draw: Callable[[Any], Any]) -> None:
        self._draw = draw

    def below(self, bound: int) -> int:
        """Recorded by hypothesis, and made smaller when a test fails."""
        return int(self._draw(_NUMBERS[bound] if bound in _NUMBERS else st.integers(0, bound - 1)))


class Seeded(Choices):
    """The same for the same seed, and faster."""

    def __init__(self, seed: int | str) -> None:
        self._random = random.Random(seed)

    def below(self, bound: int) -> int:
        """Even."""
        return self._random.randrange(bound)
