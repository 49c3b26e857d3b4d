"""The compiled executor answers what graphql-core answers: data, errors and effects.

The long run, of which this is a piece, is `python -m tests.engine.differential --documents 20000`.
"""

import asyncio
import gc
from collections.abc import Callable, Coroutine, Iterator
from itertools import product
from typing import Any

import pytest
from graphql import OperationType
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.engine.request import Request
from tests.engine.differential.answers import Answer
from tests.engine.differential.cases import Case, Run
from tests.engine.differential.choices import Drawn, Seeded
from tests.engine.differential.compare import RUNS, Tally, compare, settle
from tests.engine.differential.faults import Fault, Plan
from tests.engine.differential.real_subject import demo_shop
from tests.engine.differential.synthetic_subject import Scenario, scenario
from tests.engine.differential.world import Context

# graphql-core cancels what it has not begun when a sibling fails.
pytestmark = [
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    """What graphql-core broke off is collected here, where that is expected, and not in a later test."""
    yield
    gc.collect()


SETTINGS = settings(
    max_examples=150, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck), database=None
)


async def differences(made: Any) -> list[str]:
    """Of one scenario, on an engine of its own."""
    subject = made.subject()
    found = await compare(made.case, subject, subject.engine(), Tally())
    await settle()
    return found


@SETTINGS
@given(st.data())
def test_random_documents_and_faults(data: st.DataObject) -> None:
    made = scenario(Drawn(data.draw))
    assert asyncio.run(differences(made)) == []


async def test_many_documents_on_one_engine() -> None:
    engine, tally, found = scenario(Seeded(0)).subject().engine(), Tally(), {}
    for seed in range(200):
        made = scenario(Seeded(f"one engine {seed}"))
        answer = await compare(made.case, made.subject(), engine, tally)
        await settle()
        if answer:
            found[repr(made)] = answer
    assert found == {}
    assert engine.counts["compiled"] > 200
    assert engine.counts["replayed"] > 20
    assert tally.found["errors compared"] > 40
    assert tally.found["refused"] > 5
    assert tally.found["events"] > 20


async def test_the_demo_shop(worker_id: str) -> None:
    tally, found = Tally(), {}
    async with demo_shop(f"{worker_id}_differential") as shop:
        engine = shop.scenario(Seeded(0)).subject().engine()
        for seed in range(80):
            made = shop.scenario(Seeded(seed))
            answer = await compare(made.case, made.subject(), engine, tally)
            if answer:
                found[repr(made)] = answer
    assert found == {}
    assert engine.counts["compiled"] > 60


async def compare_one(query: str, *variables: dict[str, Any], plan: Plan | None = None, may: bool = True) -> Tally:
    """Fails on any difference."""
    word = query.split(maxsplit=1)[0]
    kind = OperationType(word) if word in {"mutation", "subscription"} else OperationType.QUERY
    case = Case(query, tuple(Run(None, kind, given) for given in variables or ({},)))
    made, tally = Scenario(case, plan or Plan(), may), Tally()
    subject = made.subject()
    engine = subject.engine()
    assert await compare(case, subject, engine, tally) == []
    await settle()
    tally.found.update(engine.counts)
    return tally


async def test_more_plans_than_are_kept() -> None:
    names = "abcdefg"
    declared = ", ".join(f"${name}: Boolean!" for name in names)
    fields = " ".join(f"{name}: shelf(key: 1) @include(if: ${name}) {{ number owner {{ key }} }}" for name in names)
    every = [dict(zip(names, values, strict=True)) for values in product((False, True), repeat=len(names))]
    tally = await compare_one(f"query ({declared}) {{ {fields} version }}", *every, *every)
    assert tally.found["compiled"] == RUNS * 2 * 2 ** len(names)


async def test_runs_at_the_same_time_do_not_know_of_each_other() -> None:
    query = """
        query ($key: Int!, $loud: Boolean!) {
          shelf(key: $key) { number name items(first: $key) { title maker { name } } }
          version @skip(if: $loud)
        }
    """
    subject = Scenario(Case(query, ()), Plan(), may=True).subject()
    engine = subject.engine()
    prepared = [
        engine.prepare(Request(query, {"key": key, "loud": loud})) for key in range(12) for loud in (False, True)
    ]
    ours = await asyncio.gather(*(engine.execute(each, subject.context()) for each in prepared))
    theirs = [await engine.reference(each, subject.context()) for each in prepared]
    assert [each.encode() for each in ours] == [each.encode() for each in theirs]


@pytest.mark.parametrize("kind", ["raises", "none", "text", "generator", "error"])
async def test_a_mutation_is_never_done_twice(kind: str) -> None:
    query = """
        mutation {
          first: bump(name: "a") { counter { value } }
          second: bump(name: "a", by: 2) { counter { value } counters { name } complaints { code } }
          third: bumpSync(name: "b") { counter { value } }
        }
    """
    for place in ("Mutation.bump", "Mutation.bumpSync", "counters_by_name", "Counter.value"):
        await compare_one(query, plan=Plan([Fault(place, kind)]))
        await compare_one(query, plan=Plan([Fault(place, kind, every=2)]))


async def test_each_payload_is_read_after_its_change() -> None:
    query = 'mutation { a: bump { counter { value } } b: bump { counter { value } } c: bump(name: "x") { replayed } }'
    subject = Scenario(Case(query, ()), Plan(), may=True).subject()
    engine, context = subject.engine(), subject.context()
    answer = Answer.of(await engine.execute(engine.prepare(Request(query)), context), context)
    assert answer.data == {"a": {"counter": {"value": 1}}, "b": {"counter": {"value": 2}}, "c": {"replayed": False}}
    assert context.log == ["a 1", "a 1", "x 1"]


class Uneven(Context):
    """One batch function answers much later than the others."""

    async def pause(self) -> None:
        """Long for that one."""
        for _ in range(50 if self.calls and self.calls[-1].place == "items_of_shelf" else 1):
            await asyncio.sleep(0)


async def test_a_field_that_is_broken_off_breaks_off_no_other_that_waits_for_the_same_row() -> None:
    query = "{ shelf(key: 8) { nextAgain { number } items { id } } other: shelf(key: 8) { items { id } } }"
    engine = Scenario(Case(query, ()), Plan(), may=True).subject().engine()
    prepared = engine.prepare(Request(query))
    for execute in (engine.reference, engine.execute):
        result = await execute(prepared, Uneven())
        assert [error.path for error in result.errors] == [["shelf", "nextAgain"]]
        assert result.data == {"shelf": None, "other": {"items": [{"id": "item-80"}, {"id": "item-81"}]}}
        await settle()


Check = Callable[[], Coroutine[Any, Any, Any]]
FOUND_ONCE: dict[str, Check] = {
    "a variable that its input type refuses": lambda: compare_one(
        "query ($like: EitherInput) { page(like: $like) { totalCount } }",
        {"like": {}},
        {"like": {"text": "a", "inner": {}}},
        {"like": {"text": None}},
        {"like": {"inner": {"number": 1}}},
    ),
    "an awaited error beside one that is not": lambda: compare_one("{ secret echo(either: {}) version }", may=False),
    "a key that cannot be hashed": lambda: compare_one(
        "{ things { shelf { number } } }", plan=Plan([Fault("Toy.shelf", "empty list")])
    ),
    "a relation on two levels with other columns, and an error": lambda: compare_one(
        "subscription { shelfChanged(keys: [8, 2]) { items { twins { shelf { number } twins { id } } } } }"
    ),
    "a level that fails for what a level above has": lambda: compare_one(
        "{ loose { twins { id twins { id twins { title shelf { number } } } } } }",
        plan=Plan([Fault("twins", "raises for all", every=3)]),
    ),
}


@pytest.mark.parametrize("what", FOUND_ONCE)
async def test_what_random_documents_found(what: str) -> None:
    await FOUND_ONCE[what]()
