"""The schema as a whole: nothing of a slice is forgotten, every node is found by its id."""

import importlib
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from graphql import GraphQLInterfaceType, GraphQLObjectType, parse, validate

from app.api import schema as module
from app.api.page import EXAMPLES, PAGE
from app.api.schema import schema
from app.engine.documents import DocumentStore
from app.engine.engine import Engine
from app.engine.request import Refused, Request
from app.kit.errors import ErrorCode
from app.kit.graphql.errors import ERROR_TYPES
from app.kit.graphql.nodes import NODE_TYPES
from app.kit.ids import global_id, new_id
from app.kit.statement import Statement
from tests.conftest import ROOT, Execute

GRAPHQL = schema._schema


def modules(*patterns: str) -> list[Any]:
    """The modules in all slices' graphql rooms whose files match."""
    paths = {path for pattern in patterns for path in ROOT.glob(f"app/*/graphql/{pattern}")}
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__") for path in sorted(paths)]
    return [importlib.import_module(name) for name in names if not name.startswith("app.kit")]


@pytest.mark.parametrize(
    ("suffix", "listed"),
    [("Query", module.QUERIES), ("Mutation", module.MUTATIONS), ("Subscription", module.SUBSCRIPTIONS)],
)
def test_every_part_is_listed(suffix: str, listed: tuple[type[Any], ...]) -> None:
    found = {
        value
        for part in modules("**/*.py")
        for name, value in vars(part).items()
        if name.endswith(suffix) and isinstance(value, type) and value.__module__ == part.__name__
    }
    parts_of_parts = {base for part in listed for base in part.__mro__[1:]}
    assert found - parts_of_parts == set(listed) - {module.NodeQuery}


def test_every_room_of_refusals_is_listed() -> None:
    assert set(modules("**/errors.py")) == set(module.REFUSALS)


def test_no_two_parts_share_a_field() -> None:
    for parts in (module.QUERIES, module.MUTATIONS, module.SUBSCRIPTIONS):
        names = [field.name for part in parts for field in part.__strawberry_definition__.fields]  # type: ignore[attr-defined]
        assert len(names) == len(set(names))


def test_every_refusal_type_is_in_the_schema_and_has_a_code_of_its_own() -> None:
    interface = GRAPHQL.type_map["UserError"]
    assert isinstance(interface, GraphQLInterfaceType)
    implemented = {kind.name for kind in GRAPHQL.get_possible_types(interface)}
    assert implemented == {"GenericError", *(cls.__name__ for cls in ERROR_TYPES.values())}
    assert len(set(ERROR_TYPES.values())) == len(ERROR_TYPES)
    assert set(ERROR_TYPES) <= set(ErrorCode)


def test_node_types_and_implementations_of_node_are_the_same() -> None:
    interface = GRAPHQL.type_map["Node"]
    assert isinstance(interface, GraphQLInterfaceType)
    assert {kind.name for kind in GRAPHQL.get_possible_types(interface)} == set(NODE_TYPES)
    for name in NODE_TYPES:
        kind = GRAPHQL.type_map[name]
        assert isinstance(kind, GraphQLObjectType)
        assert kind.fields["id"].type.__str__() == "ID!"


@pytest.mark.parametrize("typename", sorted(NODE_TYPES))
async def test_an_id_that_names_nothing_is_null(execute: Execute, typename: str) -> None:
    key = new_id() if NODE_TYPES[typename].key is UUID else 2**62
    found = await execute("query ($id: ID!) { node(id: $id) { id __typename } }", {"id": global_id(typename, key)})
    assert found == {"node": None}


@pytest.mark.parametrize("typename", sorted(NODE_TYPES))
async def test_a_node_answers_with_its_type_and_id(
    execute: Execute, monkeypatch: pytest.MonkeyPatch, typename: str
) -> None:
    declared = NODE_TYPES[typename]
    key = new_id() if declared.key is UUID else 7

    async def load(_context: Any, keys: list[Any], columns: object) -> dict[Any, Any]:
        assert (keys, columns) == ([key], None)
        return {key: SimpleNamespace(id=key)}

    monkeypatch.setitem(NODE_TYPES, typename, SimpleNamespace(key=declared.key, bits=declared.bits, load=load))  # type: ignore[arg-type]
    id = global_id(typename, key)  # noqa: A001
    found = await execute(
        f"query ($id: ID!, $ids: [ID!]!) {{ node(id: $id) {{ id __typename ... on {typename} {{ again: id }} }}"
        " nodes(ids: $ids) { id } }",
        {"id": id, "ids": [id, "nonsense", id]},
    )
    assert found == {"node": {"id": id, "__typename": typename, "again": id}, "nodes": [{"id": id}, None, {"id": id}]}


@pytest.mark.parametrize(
    "id", ["", "nonsense", "UHJvZHVjdA", global_id("Nothing", 1), global_id("Query", 1), "💥", "a" * 10_000]
)
async def test_what_is_no_id_is_null(execute: Execute, id: str) -> None:
    assert await execute("query ($id: ID!) { node(id: $id) { id } }", {"id": id}) == {"node": None}


@pytest.mark.parametrize("typename", [name for name, declared in NODE_TYPES.items() if declared.key is int])
@pytest.mark.parametrize("number", [2**31, 2**63 - 1, 2**63])
async def test_a_number_that_no_row_can_have_is_null(execute: Execute, typename: str, number: int) -> None:
    found = await execute("query ($id: ID!) { node(id: $id) { id } }", {"id": global_id(typename, number)})
    assert found == {"node": None}


async def test_at_most_a_hundred_ids_at_once(execute: Execute) -> None:
    result = await execute.raw("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", {"ids": ["x"] * 101})
    assert result.errors[0].extensions == {"code": "INVALID_INPUT", "argumentPath": ["ids"]}


@pytest.mark.parametrize(
    "document",
    [
        "query ($ids: [ID!]!) { nodes(ids: $ids) { id } }",
        "query ($keys: [_Any!]!) { _entities(representations: $keys) { __typename } }",
    ],
)
async def test_nobody_uses_the_connection_when_a_part_has_failed(
    execute: Execute, monkeypatch: pytest.MonkeyPatch, document: str
) -> None:
    turns: list[str] = []

    async def load(context: Any, keys: list[Any], columns: object) -> dict[Any, Any]:
        del keys, columns
        turns.append("begun")
        try:
            await context.fetch(Statement("SELECT pg_sleep(0.01), 1 / 0"))
        finally:
            turns.append("over")
        return {}

    ids = [global_id("Cart", new_id()), global_id("Order", new_id())]
    for typename in ("Cart", "Order"):
        monkeypatch.setitem(NODE_TYPES, typename, replace(NODE_TYPES[typename], load=load))
    keys = [{"__typename": typename, "id": key} for typename, key in zip(("Cart", "Order"), ids, strict=True)]
    result = await execute.raw(document, {"ids": ids, "keys": keys})
    assert result.errors[0].extensions["code"] == "INTERNAL_SERVER_ERROR"
    assert turns == ["begun", "over"]


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.title)
def test_the_examples_of_the_page_are_valid(example: Any) -> None:
    assert validate(GRAPHQL, parse(example.query)) == []


def test_the_page_carries_the_examples_and_loads_nothing_that_it_waits_for() -> None:
    assert "/*EXAMPLES*/" not in PAGE
    assert EXAMPLES[0].title in PAGE
    assert PAGE.count("</script>") == 2
    assert "<script src" not in PAGE
    assert Path(module.__file__).with_name("explorer.html").exists()


@pytest.mark.parametrize("is_production", [False, True])
def test_a_wrong_variable_is_told_the_right_name_only_where_the_schema_may_be_read(is_production: bool) -> None:
    store = DocumentStore(schema._schema, introspection=not is_production)
    engine = Engine(schema, store=store, publish=lambda error, _code: error)
    document = "query ($filter: ProductFilter) { products(filter: $filter) { nodes { id } } }"
    with pytest.raises(Refused) as refused:
        engine.prepare(Request(document, {"filter": {"idz": []}}))
    [error] = refused.value.errors
    assert error.message.startswith(
        "Variable '$filter' has invalid value: Expected value of type 'ProductFilter' not to"
    )
    assert ("Did you mean 'ids'?" in error.message) is not is_production
