"""What can be promised of a variant that is sold by rules: by day, what `offer` would grant then. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from app.inventory.model.promises import Promise
from app.inventory.model.selling import SellingPolicy, SellingRule, StockKey, Terms, needs_of, offer


@dataclass(frozen=True, slots=True)
class Expected:
    """free: units at a place that are neither promised nor kept off sale, perhaps below 0. incoming: (day, units) in
    order of days, none before today.
    """

    free: int
    incoming: Sequence[tuple[date, int]] = ()


@dataclass(frozen=True, slots=True)
class Promised:
    """promises: over all places together; by_place: what each place alone could promise, where it could anything."""

    promises: list[Promise]
    by_place: dict[int, list[Promise]]


def promised(expected: Mapping[StockKey, Expected], variant_id: int, places: Sequence[int], terms: Terms) -> Promised:
    """Everything comes on its day; those who wait are served of it first, and a channel leaves its share each day.

    Each promise tells how many units more than on the days before. A preorder is not promised before its release.
    """
    total, by_place = list[Promise](), dict[int, list[Promise]]()
    before, before_at = 0, dict[int, int]()
    for day in _days(expected, variant_id, places, terms):
        granted = offer(_levels(expected, day), variant_id, places, replace(terms, today=day))
        if granted.units > before:
            total.append(Promise(day, granted.units - before))
            before = granted.units
        for place, units in granted.by_place.items():
            if units > before_at.get(place, 0):
                by_place.setdefault(place, []).append(Promise(day, units - before_at.get(place, 0)))
                before_at[place] = units
    return Promised(total, by_place)


def _days(expected: Mapping[StockKey, Expected], variant_id: int, places: Sequence[int], terms: Terms) -> list[date]:
    """Today, and the days to come on which something arrives or is released."""
    needed = [(part, place) for part, _ in needs_of(variant_id, terms) for place in places]
    days = {day for key in needed if key in expected for day, _ in expected[key].incoming}
    rules = [terms.rule, *(part.rule for part in terms.parts)]
    return sorted({terms.today, *days, *(day for rule in rules if (day := _release(rule)) and day > terms.today)})


def _release(rule: SellingRule | None) -> date | None:
    return rule.promised_on if rule is not None and rule.policy is SellingPolicy.PREORDER else None


def _levels(expected: Mapping[StockKey, Expected], day: date) -> dict[StockKey, int]:
    """What is there on a day if nothing is sold until then."""
    return {key: one.free + sum(units for on, units in one.incoming if on <= day) for key, one in expected.items()}
