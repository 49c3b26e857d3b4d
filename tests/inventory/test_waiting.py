"""When lines that wait will be served, as `serve_waiting` serves them when everything comes on its day."""

from datetime import date, timedelta
from random import Random

import pytest

from app.inventory.model.selling import serve
from app.inventory.model.waiting import Served, Source, Supply, WaitingLine, outlook

TODAY, DEC_1, DEC_5 = date(2026, 11, 22), date(2026, 12, 1), date(2026, 12, 5)
HERE, THERE = 1, 2


def line(entry_id: int, quantity: int, *candidates: int, may_split: bool = True) -> WaitingLine:
    return WaitingLine(entry_id, quantity, candidates or (HERE,), may_split)


def test_the_oldest_gets_what_comes_first_and_a_line_is_served_from_several_supplies() -> None:
    supplies = [Supply(7, HERE, DEC_1, 3), Supply(8, HERE, DEC_5, 4)]
    found = outlook([line(1, 2), line(2, 3), line(3, 3)], {HERE: 1}, supplies, today=TODAY, opens=TODAY)
    assert found == {
        1: Served(DEC_1, (Source(HERE, 1, None), Source(HERE, 1, 7))),
        2: Served(DEC_5, (Source(HERE, 2, 7), Source(HERE, 1, 8))),
        3: Served(DEC_5, (Source(HERE, 3, 8),)),
    }


def test_nobody_overtakes_who_can_use_the_units() -> None:
    queue = [line(1, 5), line(2, 1), line(3, 1, THERE)]
    found = outlook(queue, {HERE: 2, THERE: 1}, [Supply(7, HERE, DEC_1, 3)], today=TODAY, opens=TODAY)
    assert found == {
        1: Served(DEC_1, (Source(HERE, 2, None), Source(HERE, 3, 7))),
        3: Served(TODAY, (Source(THERE, 1, None),)),
    }


def test_what_comes_first_fills_what_is_kept_off_sale() -> None:
    supplies = [Supply(7, HERE, DEC_1, 3), Supply(8, HERE, DEC_5, 4)]
    assert outlook([line(1, 1)], {HERE: -5}, supplies, today=TODAY, opens=TODAY) == {
        1: Served(DEC_5, (Source(HERE, 1, 8),))
    }


def test_nothing_is_served_before_a_release() -> None:
    supplies = [Supply(7, HERE, TODAY, 3)]
    assert outlook([line(1, 3), line(2, 1)], {HERE: 1}, supplies, today=TODAY, opens=DEC_1) == {
        1: Served(DEC_1, (Source(HERE, 1, None), Source(HERE, 2, 7))),
        2: Served(DEC_1, (Source(HERE, 1, 7),)),
    }
    # A release that has passed holds nothing back.
    assert outlook([line(1, 1)], {HERE: 1}, [], today=TODAY, opens=date(2026, 1, 1))[1].day == TODAY


def test_a_line_that_may_not_be_split_waits_for_one_place() -> None:
    queue = [line(1, 3, HERE, THERE, may_split=False)]
    free = {HERE: 2, THERE: 2}
    assert outlook(queue, free, [], today=TODAY, opens=TODAY) == {}
    assert outlook(queue, free, [Supply(7, THERE, DEC_1, 1)], today=TODAY, opens=TODAY) == {
        1: Served(DEC_1, (Source(THERE, 2, None), Source(THERE, 1, 7)))
    }


@pytest.mark.parametrize("seed", range(200))
def test_days_are_those_on_which_the_queue_is_really_served(seed: int) -> None:
    random = Random(seed)
    places = list(range(1, random.randint(2, 5)))
    free = {place: random.randint(-3, 5) for place in places}
    supplies = [
        Supply(number, random.choice(places), TODAY + timedelta(days=day), random.randint(1, 6))
        for number, day in enumerate(sorted(random.randint(0, 4) for _ in range(random.randint(0, 6))))
    ]
    queue = [
        line(number, random.randint(1, 6), *random.sample(places, random.randint(1, len(places))),
             may_split=random.random() < 0.5)
        for number in range(random.randint(1, 8))
    ]  # fmt: skip
    opens = TODAY + timedelta(days=random.choice([0, 0, 2, 7]))
    found = outlook(queue, free, supplies, today=TODAY, opens=opens)
    stock, left, days = dict(free), list(queue), dict[int, date]()
    for number in range(9):
        day = TODAY + timedelta(days=number)
        for supply in supplies:
            if supply.day == day:
                stock[supply.location_id] += supply.quantity
        at = dict(stock)
        for one in list(left) if day >= opens else []:
            taken = serve(at, one.quantity, one.candidates, may_split=one.may_split, may_have=True)
            if taken:
                left.remove(one)
                days[one.entry_id] = day
                for place, units in taken.items():
                    stock[place] -= units
    assert {key: served.day for key, served in found.items()} == days
    # Each line is served whole, by places that may serve it, and nothing is given twice or before it is there.
    by_id = {one.entry_id: one for one in queue}
    for key, served in found.items():
        assert sum(source.quantity for source in served.sources) == by_id[key].quantity
        assert {source.location_id for source in served.sources} <= set(by_id[key].candidates)
    sources = [(source, served.day) for served in found.values() for source in served.sources]
    for supply in supplies:
        own = [(source, day) for source, day in sources if source.supply == supply.number]
        assert sum(source.quantity for source, _ in own) <= supply.quantity
        assert all(source.location_id == supply.location_id and day >= supply.day for source, day in own)
    for place, units in free.items():
        here = [source.quantity for source, _ in sources if source.supply is None and source.location_id == place]
        assert sum(here) <= max(units, 0)
