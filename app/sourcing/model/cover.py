"""The smallest set of places that together have everything: minimum set cover over bit masks."""

from collections.abc import Sequence
from typing import Final

MAX_STEPS: Final = 10_000
"""How many places the exact search tries before the greedy answer is taken: some milliseconds."""


def smallest_cover(masks: Sequence[int], wanted: int) -> list[int]:
    """Indexes of the fewest masks that together contain `wanted`; of equally small sets the one nearest the
    front.

    The union of `masks` contains `wanted`. Nearest means the smallest sum of indexes. The search is exact
    unless it needs more than MAX_STEPS steps; then the answer may be larger, as a greedy choice makes it. The
    indexes ascend.
    """
    if not wanted:
        return []
    for index, mask in enumerate(masks):
        if mask & wanted == wanted:
            return [index]
    useful = _undominated([mask & wanted for mask in masks])
    greedy = _greedy(useful, wanted)
    search = _Search(useful, wanted)
    for size in range(2, len(greedy) + 1):
        found = search.of_size(size)
        if found is not None:
            return sorted(found)
        if search.is_exhausted:
            break
    return sorted(greedy)


def _undominated(masks: Sequence[int]) -> dict[int, int]:
    """Index to mask, without the masks that an earlier one contains."""
    kept: dict[int, int] = {}
    for index, mask in enumerate(masks):
        if mask and not any(mask & earlier == mask for earlier in kept.values()):
            kept[index] = mask
    return kept


def _greedy(masks: dict[int, int], wanted: int) -> list[int]:
    chosen: list[int] = []
    while wanted:
        index = max(masks, key=lambda index: ((masks[index] & wanted).bit_count(), -index))
        chosen.append(index)
        wanted &= ~masks[index]
    return chosen


class _Search:
    """Depth-first over the places of the missing line that the fewest places have."""

    def __init__(self, masks: dict[int, int], wanted: int) -> None:
        self._masks = masks
        self._wanted = wanted
        bits = [1 << position for position in range(wanted.bit_length()) if wanted >> position & 1]
        holders = {bit: [index for index, mask in masks.items() if mask & bit] for bit in bits}
        self._rarest_first = sorted(holders.items(), key=lambda item: (len(item[1]), item[0]))
        self._largest = max(mask.bit_count() for mask in masks.values())
        self._steps = 0
        self._best: tuple[int, list[int]] | None = None

    @property
    def is_exhausted(self) -> bool:
        """Whether the search was given up."""
        return self._steps > MAX_STEPS

    def of_size(self, size: int) -> list[int] | None:
        """The nearest cover of exactly this size, or None; smaller ones must have been ruled out."""
        self._best = None
        self._descend(size, self._wanted, [], 0)
        return None if self._best is None else self._best[1]

    def _descend(self, left: int, missing: int, chosen: list[int], cost: int) -> None:
        if not missing:
            if self._best is None or cost < self._best[0]:
                self._best = (cost, list(chosen))
            return
        if missing.bit_count() > left * self._largest:
            return
        holders = next(holders for bit, holders in self._rarest_first if missing & bit)
        for index in holders:
            self._steps += 1
            if self.is_exhausted or (self._best is not None and cost + index >= self._best[0]):
                return
            chosen.append(index)
            self._descend(left - 1, missing & ~self._masks[index], chosen, cost + index)
            chosen.pop()
