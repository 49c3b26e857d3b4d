"""What the compiled executor does beside answering: which functions it calls, how often, and with what."""

from typing import Any
from unittest.mock import Mock

import pytest
import strawberry
from graphql import GraphQLID, GraphQLList, GraphQLNonNull

from app.engine.code import code_of
from app.engine.documents import DocumentStore, Kept
from app.engine.engine import Engine
from app.engine.request import Refused, Request
from app.engine.run import Run
from app.engine.variables import Unusual, coercer
from tests.engine.shelves import Context, make_engine


async def run(document: str, variables: dict[str, Any] | None = None, context: Context | None = None) -> Any:
    engine = make_engine()
    result = await engine.execute(engine.prepare(Request(document, variables)), context or Context())
    return result.as_dict()


async def test_a_relation_is_called_once_per_level_with_the_columns_that_are_wanted() -> None:
    context = Context()
    answer = await run(
        "{ shelves(ids: [1, 2]) { boxes { label shelf { name } } more: boxes { shelf { count } } few: boxes(first: 1) "
        "{ label } } again: shelves(ids: [3]) { boxes { label } } }",
        context=context,
    )
    assert "errors" not in answer
    assert context.calls == [
        ("boxes", [1, 2, 3], frozenset({"label", "shelf_id"}), {"first": 2}),
        ("boxes", [1, 2], frozenset({"label", "shelf_id"}), {"first": 1}),
        ("shelf", [1, 2], frozenset({"id", "name"}), {}),
        ("count", [1, 2], None, {}),
    ]
    assert answer["data"]["shelves"][1]["few"] == [{"label": "b20"}]
    assert answer["data"]["shelves"][0]["more"] == [{"shelf": {"count": 10}}, {"shelf": {"count": 10}}]
    assert answer["data"]["again"] == [{"boxes": [{"label": "b30"}, {"label": "b31"}]}]


async def test_columns_of_functions_are_known_and_a_root_field_is_told_of_them() -> None:
    context = Context()
    answer = await run("{ shelf(id: 4) { shout(times: 2) boxes { shelf { shout } } } }", context=context)
    assert answer == {"data": {"shelf": {"shout": "S4S4", "boxes": [{"shelf": {"shout": "S4"}}] * 2}}}
    assert context.roots == [f"shelf {frozenset({'name', 'id'})}"] or context.roots == [
        f"shelf {frozenset({'id', 'name'})}"
    ]
    assert context.calls[-1] == ("shelf", [4], frozenset({"name"}), {})


async def test_conditions_make_plans_of_their_own() -> None:
    engine = make_engine()
    document = "query ($a: Boolean!, $b: Boolean = false) { shelf { name @include(if: $a) count @skip(if: $b) } }"
    seen = []
    for variables in ({"a": True}, {"a": False}, {"a": True, "b": True}, {"a": True}):
        prepared = engine.prepare(Request(document, variables))
        seen.append((await engine.execute(prepared, Context())).data)
    assert seen == [
        {"shelf": {"name": "s1", "count": 10}},
        {"shelf": {"count": 10}},
        {"shelf": {"name": "s1"}},
        {"shelf": {"name": "s1", "count": 10}},
    ]
    assert len(prepared.operation.plans) == 3
    assert engine.counts == {"compiled": 4}


async def test_a_failing_relation_costs_its_fields_only_and_nothing_runs_twice() -> None:
    context = Context(fails="count")
    answer = await run("{ shelves(ids: [1]) { name } shelf { name count boxes { label } } }", context=context)
    assert answer["data"] == {"shelves": [{"name": "s1"}], "shelf": None}
    assert [(error["message"], error["path"]) for error in answer["errors"]] == [("count is away", ["shelf", "count"])]
    assert [name for name, *_ in context.calls] == ["count", "boxes"]
    assert [root.partition(" ")[0] for root in context.roots] == ["shelves", "shelf"]


async def test_mutations_run_one_after_another_each_read_when_it_is_done() -> None:
    context = Context()
    answer = await run(
        "mutation { a: take(units: 3) { count } b: take(units: 4) { count shelf { count } } }", None, context
    )
    assert answer == {"data": {"a": {"count": 7}, "b": {"count": 3, "shelf": {"count": 3}}}}
    assert context.roots == ["take 3", "take 4"]


async def test_a_mutation_that_may_not_fail_ends_the_operation() -> None:
    context = Context()
    answer = await run("mutation { a: take(units: 1) { count } drop b: take(units: 1) { count } }", None, context)
    assert answer["data"] is None
    assert [(error["message"], error["path"]) for error in answer["errors"]] == [("dropped", ["drop"])]
    assert context.roots == ["take 1", "drop"]
    assert context.stock == 9


async def test_what_a_failing_payload_did_is_not_done_again() -> None:
    context = Context(fails="count")
    answer = await run("mutation { a: take(units: 1) { shelf { name count } } }", None, context)
    assert answer["data"] == {"a": {"shelf": None}}
    assert answer["errors"][0]["path"] == ["a", "shelf", "count"]
    assert (context.roots, context.stock) == (["take 1"], 9)


async def test_a_permission_is_asked_before_the_field_runs() -> None:
    context = Context()
    answer = await run("{ secret }", context=context)
    assert answer["data"] == {"secret": None}
    assert [(error["message"], error["path"]) for error in answer["errors"]] == [("not for you", ["secret"])]
    assert context.roots == []


async def test_null_where_none_may_be_is_said_by_the_reference() -> None:
    engine = make_engine()
    result = await engine.execute(engine.prepare(Request("{ hollow }")), Context())
    assert result.data is None
    assert result.errors[0].message == "Cannot return null for non-nullable field Query.hollow."
    assert engine.counts == {"replayed": 1}


def test_plans_count_among_the_memory_of_documents() -> None:
    engine = make_engine()
    kept = engine.store._valid
    document = "query ($a: Boolean!) { shelf { name @include(if: $a) count } }"
    engine.prepare(Request(document, {"a": True}))
    one = kept.bytes
    engine.prepare(Request(document, {"a": False}))
    assert kept.bytes == one + 2 * 1_300
    engine.prepare(Request(document, {"a": True}))
    assert kept.bytes == one + 2 * 1_300


def test_many_plans_push_documents_out() -> None:
    engine = make_engine()
    kept = engine.store._valid = Kept(1_000, 100_000)
    engine.prepare(Request("{ shelf { name } }"))
    names = "abcdef"
    fields = " ".join(f"{name}: name @include(if: ${name})" for name in names)
    document = f"query ({', '.join(f'${name}: Boolean!' for name in names)}) {{ shelf {{ count {fields} }} }}"
    for number in range(64):
        engine.prepare(Request(document, {name: bool(number >> place & 1) for place, name in enumerate(names)}))
    assert len(kept) == 1  # the one in use is kept whatever it takes
    engine.prepare(Request("{ shelf { count } }"))
    assert len(kept) == 1
    assert kept.bytes < 10_000


def test_code_is_shared_unless_it_is_long() -> None:
    text, long = "def build(): return 'a'", f"def build(): return '{'a' * 8_000}'"
    assert code_of(text) is code_of(text)
    assert code_of(long) is not code_of(long)


async def test_types_that_are_met_later_count_as_well() -> None:
    @strawberry.interface
    class Thing:
        name: str = "t"

    @strawberry.type
    class Cup(Thing):
        size: int = 1

    @strawberry.type
    class Query:
        @strawberry.field
        def thing(self) -> Thing:
            return Cup()

    schema = strawberry.Schema(query=Query, types=[Cup])
    engine = Engine(schema, store=DocumentStore(schema._schema), publish=lambda error, _: error)
    request = Request("{ thing { name ... on Cup { size } } }")
    prepared = engine.prepare(request)
    before = engine.store._valid.bytes
    assert (await engine.execute(prepared, None)).data == {"thing": {"name": "t", "size": 1}}
    assert engine.prepare(request).plan is prepared.plan
    assert engine.store._valid.bytes == before + 2 * 1_300


async def test_introspection_is_asked_for_once() -> None:
    engine = make_engine()
    document = "query ($name: String!) { __type(name: $name) { name kind } __typename }"
    prepared = [engine.prepare(Request(document, {"name": name})) for name in ("Shelf", "Shelf", "Box")]
    answers = [(await engine.execute(one, Context())).data for one in prepared]
    assert answers == [
        {"__type": {"name": "Shelf", "kind": "OBJECT"}, "__typename": "Query"},
        {"__type": {"name": "Shelf", "kind": "OBJECT"}, "__typename": "Query"},
        {"__type": {"name": "Box", "kind": "OBJECT"}, "__typename": "Query"},
    ]
    assert engine.counts == {"reference": 2, "introspection_again": 1}


async def test_long_questions_about_the_schema_count_among_the_memory_of_documents() -> None:
    engine = make_engine()
    document = "query ($name: String!) { __type(name: $name) { name } }"
    before = 0
    for number in range(3):
        prepared = engine.prepare(Request(document, {"name": f"{number}" * 100_000}))
        await engine.execute(prepared, Context())
        assert prepared.operation.document.bytes - before > 100_000
        before = prepared.operation.document.bytes


async def test_an_operation_that_takes_too_long_is_broken_off() -> None:
    engine = make_engine(timeout_s=0.01)
    result = await engine.execute(engine.prepare(Request("{ slow }")), Context())
    assert result.data is None
    assert result.errors[0].message == "The operation took longer than 0.01 s and was broken off."
    assert result.errors[0].extensions == {"code": "OPERATION_TIMEOUT", "retryable": True}


async def test_a_mutation_that_is_broken_off_may_have_been_done() -> None:
    engine, context = make_engine(timeout_s=0.01), Context()
    result = await engine.execute(engine.prepare(Request("mutation { take(units: 1) { count } linger }")), context)
    assert (result.data, context.roots) == (None, ["take 1"])
    assert result.errors[0].message == (
        "The operation took longer than 0.01 s and was broken off. "
        "Some or all of it may have been done: send it again with the same idempotency keys only."
    )


async def test_events_are_answered_together() -> None:
    engine = make_engine()
    prepared = engine.prepare(Request("subscription { changed(times: 3) { name boxes { label } } }"))
    events = [event async for event in await engine.source(prepared, Context())]
    context = Context()
    results = await engine.run_events(prepared, context, events)
    assert [result.data["changed"]["name"] for result in results if result.data] == ["s0", "s1", "s2"]
    assert [name for name, *_ in context.calls] == ["boxes"]
    failing = Context(fails="boxes")
    results = await engine.run_events(prepared, failing, events)
    assert [(result.data, result.errors[0].path) for result in results] == [(None, ["changed", "boxes"])] * 3
    assert [keys for _, keys, *_ in failing.calls] == [[0, 1, 2]]


async def test_a_subscription_that_does_not_begin_says_why() -> None:
    engine = make_engine()
    with pytest.raises(Refused) as refused:
        await engine.source(engine.prepare(Request("subscription { hidden }")), Context())
    assert [(error.message, error.path) for error in refused.value.errors] == [("not for you", ["hidden"])]


async def test_a_subscription_that_does_not_begin_in_time_is_broken_off() -> None:
    engine = make_engine(timeout_s=0.01)
    with pytest.raises(Refused) as refused:
        await engine.source(engine.prepare(Request("subscription { lingers }")), Context())
    [error] = refused.value.errors
    assert error.message == "The operation took longer than 0.01 s and was broken off."
    assert error.extensions == {"code": "OPERATION_TIMEOUT", "retryable": True}


async def test_what_an_operation_needs_may_time_out_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only our own limit is told as such: the pool's is a database that is away."""
    engine = make_engine(timeout_s=100)
    monkeypatch.setattr(Run, "reading", Mock(side_effect=TimeoutError("no connection")))
    with pytest.raises(TimeoutError, match="no connection"):
        await engine.execute(engine.prepare(Request("{ shelf(id: 1) { name } }")), Context())


async def test_variables_of_all_kinds_and_their_absence() -> None:
    document = """query ($ids: [Int!]!, $id: Int, $times: Int = 3) {
        shelves(ids: $ids) { name } shelf(id: $id) { shout(times: $times) } }"""
    answer = await run(document, {"ids": [1]})
    assert answer == {"data": {"shelves": [{"name": "s1"}], "shelf": {"shout": "S1S1S1"}}}
    answer = await run(document, {"ids": 5, "id": 2, "times": 1})
    assert answer == {"data": {"shelves": [{"name": "s5"}], "shelf": {"shout": "S2"}}}
    with pytest.raises(Refused) as refused:
        make_engine().prepare(Request(document, {"ids": ["x"]}))
    assert refused.value.errors[0].message.startswith("Variable '$ids' has invalid value at [0]")
    answer = await run(document, {"ids": [], "id": None})
    assert answer["data"] == {"shelves": [], "shelf": None}
    assert answer["errors"][0]["path"] == ["shelf"]


def test_variables_that_nobody_asks_for_are_not_kept() -> None:
    document = "subscription ($n: Int!) { changed(times: $n) { name } }"
    prepared = make_engine().prepare(Request(document, {"n": 1, "more": ["x"] * 10}))
    assert (prepared.given, prepared.variables.coerced) == ({"n": 1}, {"n": 1})


def test_ids_may_be_numbers_and_take_the_short_way() -> None:
    coerce = coercer(GraphQLNonNull(GraphQLList(GraphQLNonNull(GraphQLID))))
    given = ["a", 1, -1, 2**63]
    assert coerce(given) == ["a", *(GraphQLID.coerce_input_value(one) for one in given[1:])]
    for unusual in (True, 1.0, None, {}, [1]):
        with pytest.raises(Unusual):
            coerce([unusual])
