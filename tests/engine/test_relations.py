"""Relations: one declaration, one call per level, arguments and nullability as declared."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Annotated, Any

import pytest
import strawberry

from app.engine.relations import Batch, Entity, groups_by, make_loader, relation, rows_by


@dataclass
class Context:
    """What relations ask of a context, and a record of their calls."""

    calls: list[tuple[str, list[Any], dict[str, Any]]] = field(default_factory=list)
    loaders: dict[Any, Any] = field(default_factory=dict)

    def loader(self, batch: Batch, arguments: tuple[tuple[str, Any], ...]) -> Any:
        key = (id(batch), arguments)
        if key not in self.loaders:
            self.loaders[key] = make_loader(self, batch, arguments)
        return self.loaders[key]


Load = Callable[..., Awaitable[dict[int, Any]]]


async def leaves_by_branch(
    context: Context,
    keys: list[int],
    columns: object,
    *,
    first: Annotated[int, strawberry.argument(description="How many.")] = 2,
    names: Annotated[list[str] | None, strawberry.argument(description="Which.")] = None,
) -> dict[int, list[Any]]:
    assert columns is None
    context.calls.append(("leaves", keys, {"first": first, "names": names}))
    return {
        key: [SimpleNamespace(id=key * 10 + n, name=f"leaf {key}.{n}") for n in range(first)]
        for key in keys
        if key != 3
    }


async def owner_by_id(context: Context, keys: list[int], columns: object) -> dict[int, Any]:
    assert columns is None
    context.calls.append(("owner", keys, {}))
    return {key: SimpleNamespace(id=key, name=f"owner {key}") for key in keys if key < 100}


async def broken(_context: Context, _keys: list[int], _columns: object) -> dict[int, Any]:
    raise LookupError


@strawberry.type
class Owner(Entity):
    name: str


@strawberry.type
class Leaf(Entity):
    name: str
    owner = relation(Owner, owner_by_id, key=lambda leaf: leaf.id // 10, required=True, description="Whose.")


@strawberry.type
class Branch(Entity):
    id: int
    leaves = relation(Leaf, leaves_by_branch, key=lambda branch: branch.id, many=True, description="What grows on it.")
    owner = relation(Owner, owner_by_id, key=lambda branch: branch.owner_id, description="Whose, if anybody's.")
    must_have = relation(Owner, owner_by_id, key=lambda branch: branch.owner_id, required=True, description="Whose.")
    trouble = relation(Owner, broken, key=lambda branch: branch.id, description="Never there.")


@strawberry.type
class Query:
    @strawberry.field(graphql_type=list[Branch])
    def branches(self) -> list[Any]:
        return [
            SimpleNamespace(id=1, owner_id=7),
            SimpleNamespace(id=2, owner_id=None),
            SimpleNamespace(id=3, owner_id=700),
        ]


SCHEMA = strawberry.Schema(Query)


async def run(query: str) -> tuple[Any, Context, list[Any]]:
    context = Context()
    result = await SCHEMA.execute(query, context_value=context)
    return result.data, context, result.errors or []


async def test_each_level_is_one_call_with_all_its_keys() -> None:
    data, context, errors = await run("{ branches { id leaves { name owner { name } } owner { name } } }")
    assert errors == []
    assert data["branches"][0] == {
        "id": 1,
        "leaves": [
            {"name": "leaf 1.0", "owner": {"name": "owner 1"}},
            {"name": "leaf 1.1", "owner": {"name": "owner 1"}},
        ],
        "owner": {"name": "owner 7"},
    }
    assert sorted(context.calls, key=str) == [
        ("leaves", [1, 2, 3], {"first": 2, "names": None}),
        ("owner", [1, 2], {}),
        ("owner", [7, 700], {}),
    ]


async def test_no_key_and_no_row_are_null_or_an_empty_list() -> None:
    data, _, errors = await run("{ branches { owner { name } leaves { name } } }")
    assert errors == []
    assert [branch["owner"] for branch in data["branches"]] == [{"name": "owner 7"}, None, None]
    assert data["branches"][2]["leaves"] == []


async def test_a_required_row_that_is_missing_is_an_error() -> None:
    data, _, errors = await run("{ branches { mustHave { name } } }")
    assert data is None
    assert "non-nullable" in errors[0].message


async def test_arguments_are_those_of_the_batch_function() -> None:
    data, context, errors = await run(
        '{ branches { a: leaves(first: 1) { name } b: leaves(first: 1, names: ["x"]) { name }'
        " c: leaves(first: 1) { name } } }"
    )
    assert errors == []
    assert {len(branch["a"]) for branch in data["branches"][:2]} == {1}
    assert [call[2] for call in context.calls] == [{"first": 1, "names": None}, {"first": 1, "names": ("x",)}]


async def test_an_error_of_the_batch_function_is_an_error_of_each_field() -> None:
    data, _, errors = await run("{ branches { id trouble { name } } }")
    assert [branch["trouble"] for branch in data["branches"]] == [None, None, None]
    assert [error.path for error in errors] == [["branches", index, "trouble"] for index in range(3)]


def test_the_schema_says_what_was_declared() -> None:
    text = SCHEMA.as_str()
    for line in (
        'leaves(\n    """How many."""\n    first: Int! = 2\n\n    """Which."""\n    names: [String!] = null\n',
        "  ): [Leaf!]!",
        "owner: Owner\n",
        "mustHave: Owner!\n",
        '"""What grows on it."""',
    ):
        assert line in text


@pytest.mark.parametrize(("typename", "expected"), [(None, True), ("Owner", True), ("Leaf", False)])
def test_a_row_is_of_the_type_that_it_names(typename: str | None, expected: bool) -> None:
    row = SimpleNamespace(name="x") if typename is None else SimpleNamespace(name="x", typename__=typename)
    assert Owner.is_type_of(row, None) is expected


def test_grouping_rows() -> None:
    rows = [{"id": 1, "kind": "a"}, {"id": 2, "kind": "b"}, {"id": 3, "kind": "a"}]
    assert rows_by(rows, "id") == {1: rows[0], 2: rows[1], 3: rows[2]}
    assert groups_by(rows, "kind") == {"a": [rows[0], rows[2]], "b": [rows[1]]}
    assert groups_by([], "kind") == {}
