"""What operations may cost, by the sizes of their lists."""

from typing import Any

import pytest
from graphql import OperationDefinitionNode, build_schema, get_introspection_query, parse, validate

from app.engine.cost import DEFAULT_SIZE, Cost, cost_of
from app.engine.limits import Limits
from app.engine.request import Refused

SCHEMA = build_schema("""
    type Query {
      one: Int
      ones(first: Int): [Int]
      things(first: Int! = 24, after: String): Things!
      edges(first: Int, last: Int): [Thing!]!
      byIds(ids: [ID!]!, tags: [String!]): [Thing]!
      plain: [[Thing!]!]!
      thing: Thing
      found(first: Int! = 5): Found
      node: Node
      nodes(ids: [ID!]!): [Node]!
    }
    type Mutation { poke(first: Int, ids: [ID!]): Thing }
    type Things { nodes: [Thing!]! edges: [Edge!]! pageInfo: Info! totalCount: Int }
    type Edge { node: Thing! cursor: String }
    type Info { more: Boolean }
    type Found { total: Int places: [Thing!]! deeper: Deeper }
    type Deeper { places: [Thing!]! }
    interface Node { id: ID }
    type Thing implements Node { id: ID name: String inner: Thing parts(first: Int): [Thing!]! }
    type Other implements Node { id: ID a: Int b: Int c: Int }
""")


def look_at(text: str) -> Cost:
    document = parse(text)
    assert validate(SCHEMA, document) == []
    operations = [found for found in document.definitions if isinstance(found, OperationDefinitionNode)]
    fragments = {found.name.value: found for found in document.definitions if found not in operations}  # type: ignore[union-attr]
    return cost_of(SCHEMA, operations[0], fragments)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "cost"),
    [
        ("{ one }", 1),
        ("{ one __typename thing { id __typename } }", 3),
        ("{ ones(first: 50) }", 1),
        ("{ thing { id inner { id name } } }", 5),
        # connections: `first` bounds their nodes and edges, and nothing else in them
        ("{ things { nodes { id } } }", 1 + 1 + 24 * 1),
        ("{ things(first: 3) { nodes { id name } } }", 1 + 1 + 3 * 2),
        ("{ things(first: 3) { edges { cursor node { id } } } }", 1 + 1 + 3 * (1 + 1 + 1)),
        ("{ things(first: 3) { nodes { id } edges { cursor } } }", 1 + 1 + 3 + 1 + 3),
        ("{ things(first: 3) { totalCount pageInfo { more } } }", 1 + 1 + 1 + 1),
        ("{ things(first: 0) { nodes { id } } }", 2),
        # lists
        ("{ edges(first: 7) { id } }", 1 + 7),
        ("{ edges(last: 7) { id } }", 1 + 7),
        ("{ edges(first: 2, last: 7) { id } }", 1 + 7),
        ("{ edges { id } }", 1 + DEFAULT_SIZE),
        ("{ edges(first: null) { id } }", 1 + DEFAULT_SIZE),
        ("{ plain { id name } }", 1 + DEFAULT_SIZE * 2),
        ('{ byIds(ids: ["a", "b", "c"]) { id } }', 1 + 3),
        ('{ byIds(ids: "a") { id } }', 1 + 1),
        ('{ byIds(ids: ["a", "b"], tags: ["x", "y", "z"]) { id } }', 1 + 6),
        ("{ byIds(ids: []) { id } }", 1),
        ("{ edges(first: 3) { parts(first: 4) { parts { id } } } }", 1 + 3 * (1 + 4 * (1 + 10 * 1))),
        # an object that was asked for with `first` bounds the lists right in it
        ("{ found { total places { id } } }", 1 + 1 + 1 + 5),
        ("{ found(first: 2) { places { parts { id } } } }", 1 + 1 + 2 * (1 + 10)),
        ("{ found { deeper { places { id } } } }", 1 + 1 + 1 + 10),
        # merged fields count once
        ("{ thing { id id } thing { id name } }", 1 + 2),
        ("{ a: thing { id } b: thing { id } }", 4),
        (
            "{ thing { ...A ...B ...A } } fragment A on Thing { id inner { id } } fragment B on Thing { inner { id } }",
            4,
        ),
        # an object is of one type: the dearest counts
        ("{ node { id ... on Thing { name } ... on Other { a b c } } }", 1 + 1 + 3),
        (
            "{ node { ... on Node { id } ...T ...O } } fragment T on Thing { parts { id } } fragment O on Other { a }",
            1 + 1 + 11,
        ),
        ('{ nodes(ids: ["a", "b"]) { ... on Thing { name } ... on Other { a b } } }', 1 + 2 * 2),
        ("{ thing { ... on Node { id } ... on Thing { name } } }", 3),
        ("mutation { poke(first: 3) { parts { id } } }", 1 + 1 + 3),
        ('mutation { poke(ids: ["a", "b"]) { id parts(first: 1) { id } } }', 1 + 1 + 1 + 1),
    ],
)
def test_what_counts(text: str, cost: int) -> None:
    found = look_at(text)
    assert (found.amount, found.introspection) == (cost, 0)


@pytest.mark.parametrize(
    ("text", "variables", "cost"),
    [
        ("query ($n: Int!) { things(first: $n) { nodes { id name } } }", {"n": 10}, 2 + 20),
        ("query ($n: Int!) { things(first: $n) { nodes { id name } } }", {"n": 0}, 2),
        ("query ($n: Int!) { things(first: $n) { nodes { id name } } }", {"n": -5}, 2),
        ("query ($n: Int = 3) { edges(first: $n) { id } }", {"n": 3}, 1 + 3),
        ("query ($n: Int) { edges(first: $n) { id } }", {}, 1 + DEFAULT_SIZE),
        ("query ($n: Int) { edges(first: $n) { id } }", {"n": None}, 1 + DEFAULT_SIZE),
        ("query ($n: Int) { things(first: $n) { nodes { id } } }", {}, 2 + 24),
        ("query ($ids: [ID!]!) { byIds(ids: $ids) { id name } }", {"ids": ["a", "b"]}, 1 + 4),
        (
            "query ($ids: [ID!]!, $n: Int) { byIds(ids: $ids) { parts(first: $n) { id } } }",
            {"ids": ["a"] * 3, "n": 4},
            16,
        ),
        ("query ($tags: [String!]) { byIds(ids: [1, 2], tags: $tags) { id } }", {}, 1 + 2),
        ("query ($n: Int) { edges(first: $n, last: 5) { id } }", {"n": 9}, 1 + 9),
        ("query ($n: Int) { edges(first: $n, last: 5) { id } }", {"n": 2}, 1 + 5),
        (
            "query ($n: Int!) { edges(first: $n) { parts(first: $n) { parts(first: $n) { id } } } }",
            {"n": 100},
            1_010_101,
        ),
    ],
)
def test_what_variables_decide(text: str, variables: dict[str, Any], cost: int) -> None:
    assert look_at(text).of(variables) == cost


def test_an_operation_over_the_limit_is_refused_with_the_figures() -> None:
    limits = Limits(max_cost=100)
    cost = look_at("query ($n: Int!) { edges(first: $n) { id } }")
    assert cost.check({"n": 99}, limits) == 100
    with pytest.raises(Refused) as caught:
        cost.check({"n": 100}, limits)
    [error] = caught.value.errors
    assert error.extensions == {"code": "OPERATION_TOO_COSTLY", "cost": 101, "maxCost": 100}
    assert error.message == (
        "The operation may cost 101, at most 100 is allowed: "
        "ask for smaller pages, or for fewer lists inside one another."
    )
    assert (caught.value.status, caught.value.is_document_fault) == (400, True)


def test_introspection_is_counted_apart_with_the_size_of_the_schema() -> None:
    question = look_at(get_introspection_query(descriptions=True))
    assert question.amount == 0
    assert 0 < question.introspection < Limits().max_introspection_cost
    many = look_at("{ __schema { types { fields { type { fields { args { type { name } } } } } } } }")
    types = len(SCHEMA.type_map)
    assert many.introspection == 2 + types * (1 + 8 * (1 + 1 + 8 * (1 + 2 * (1 + 1))))
    with pytest.raises(Refused) as caught:
        many.check({}, Limits(max_introspection_cost=1_000))
    assert (caught.value.errors[0].extensions or {})["cost"] == many.introspection


def test_fragments_that_spread_each_other_many_times_are_looked_at_once_per_place() -> None:
    fragments = " ".join(f"fragment F{n} on Thing {{ ...F{n + 1} ...F{n + 1} ...F{n + 1} }}" for n in range(40))
    assert look_at(f"{{ thing {{ ...F0 }} }} {fragments} fragment F40 on Thing {{ id }}").amount == 2
    types = " ".join(f"fragment F{n} on __Type {{ ...F{n + 1} ...F{n + 1} ...F{n + 1} }}" for n in range(40))
    assert (
        look_at(f'{{ __type(name: "Thing") {{ ...F0 }} }} {types} fragment F40 on __Type {{ name }}').introspection == 2
    )
