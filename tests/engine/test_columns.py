"""Which attributes a field reads: what a batch function may leave out is what nobody reads."""

from collections.abc import Callable
from typing import Any

import pytest
import strawberry
from strawberry.types.field import StrawberryField

from app.engine.columns import READS, attributes_read, columns_read
from app.engine.relations import relation


def one(row: Any) -> Any:
    return row.id


def several(row: Any) -> Any:
    return (row.a, row.b.c) if row.d else {each.f for each in row.e}


def method_of_a_column(row: Any) -> Any:
    return row.days.get("MON")


def kept_in_a_closure(kind: str) -> Callable[[Any], Any]:
    return lambda row: row.cause_id if row.cause_kind == kind else None


def passed_on(row: Any) -> Any:
    return str(row)


def by_item(row: Any) -> Any:
    return row["id"]


def by_name(row: Any) -> Any:
    return getattr(row, "id")  # noqa: B009


def its_method(row: Any) -> Any:
    return row.compute()


def renamed(row: Any) -> Any:
    other = row
    return other.id


def captured(row: Any) -> Any:
    return lambda: row.id


def in_a_tuple(row: Any, other: Any) -> Any:
    return row.id, (other, row)


def set_before(row: Any) -> Any:
    row = row.parent
    return row.id


@pytest.mark.parametrize(
    ("function", "columns"),
    [
        (one, {"id"}),
        (several, {"a", "b", "d", "e"}),
        (method_of_a_column, {"days"}),
        (kept_in_a_closure("ORDER"), {"cause_id", "cause_kind"}),
        (lambda _row: 1, set()),
    ],
)
def test_reading_attributes_is_seen(function: Callable[..., Any], columns: set[str]) -> None:
    assert attributes_read(function) == columns


@pytest.mark.parametrize(
    "function", [passed_on, by_item, by_name, its_method, renamed, captured, in_a_tuple, set_before, len, print]
)
def test_whatever_else_is_done_with_the_object_means_any(function: Callable[..., Any]) -> None:
    assert attributes_read(function) is None


async def _nothing(_context: Any, _keys: list[Any], _columns: Any) -> dict[Any, Any]:
    return {}


@strawberry.type
class Thing:
    plain: int
    made = strawberry.field(resolver=lambda root: root, graphql_type=int, metadata={READS: ("x", "y")})
    followed = relation(int, _nothing, key=lambda row: row.owner_id, description="It.")
    declared = relation(int, _nothing, key=lambda row: row.owner_id, reads=("owner_id", "owner"), description="It.")
    unknown = relation(int, _nothing, key=hash, description="It.")

    @strawberry.field
    def computed(self, info: strawberry.Info, factor: int = 1) -> int:
        return self.plain * factor + len(info.field_name)

    @strawberry.field
    def opaque(self) -> str:
        return repr(self)

    @strawberry.field
    async def awaited(self) -> int:
        return self.plain

    @strawberry.field
    @staticmethod
    def constant() -> int:
        return 1


def test_every_kind_of_field_tells_what_it_reads() -> None:
    fields: list[StrawberryField] = Thing.__strawberry_definition__.fields  # type: ignore[attr-defined]
    assert {field.python_name: columns_read(field) for field in fields} == {
        "plain": {"plain"},
        "made": {"x", "y"},
        "followed": {"owner_id"},
        "declared": {"owner_id", "owner"},
        "unknown": None,
        "computed": {"plain"},
        "opaque": None,
        "awaited": None,
        "constant": frozenset(),
    }


def test_hot_fields_of_the_real_schema_are_known() -> None:
    from app.api.schema import schema  # noqa: PLC0415  # the whole roof

    known = {
        "Product": {"id": {"id"}, "name": {"names"}, "variants": {"id"}, "category": {"category_id"}},
        "Variant": {"options": {"options"}, "availability": {"id"}, "product": {"product_id"}},
        "Price": {"tax": {"price_minor", "tax_class", "tax_rounding", "currency"}},
        "StockMovement": {"order": {"cause_kind", "cause_id"}},
        "Location": {"isOpen": {"hours", "timezone"}, "coordinates": {"latitude", "longitude"}},
    }
    for typename, fields in known.items():
        declared: Any = schema.schema_converter.type_map[typename].definition
        read = {
            field.graphql_name or schema.config.name_converter.get_graphql_name(field): field
            for field in declared.fields
        }
        assert {name: columns_read(read[name]) >= wanted for name, wanted in fields.items()} == dict.fromkeys(
            fields, True
        )
