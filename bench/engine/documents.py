"""Documents that nobody has sent before: queries of so many fields over a schema, each different from all others."""

import random
from collections.abc import Iterator
from typing import Any, Final

from graphql import (
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_composite_type,
    is_leaf_type,
    is_required_argument,
)

SEED: Final = 20261122
DEPTH: Final = 6


def distinct_documents(schema: GraphQLSchema, fields: int, count: int) -> list[str]:
    """Valid queries with exactly so many fields, nested up to 6 deep; the same at every call."""
    choose = random.Random(SEED)  # noqa: S311  # no secret
    root = schema.query_type
    assert root is not None
    starts = [name for name, field in root.fields.items() if _is_free(field) and is_composite_type(_named(field))]
    found: dict[str, None] = {}
    while len(found) < count:
        lines: list[str] = []
        left = fields
        while left:
            name = choose.choice(starts)
            # A page of few: what is measured is the document, and what it may cost is limited.
            few = "(first: 3)" if "first" in root.fields[name].args else ""
            selection, used = _select(schema, _named(root.fields[name]), left - 1, DEPTH - 1, choose)
            if used:
                lines.append(f"  r{len(lines)}: {name}{few} {selection}")
                left -= used + 1
            elif left == 1:
                break
        if not left:
            found["query Unknown {\n" + "\n".join(lines) + "\n}"] = None
    return list(found)


def _select(schema: GraphQLSchema, of: Any, most: int, depth: int, choose: random.Random) -> tuple[str, int]:
    """(a selection, how many fields it has): at least one and at most `most`; none when that cannot be."""
    if not isinstance(of, GraphQLObjectType):
        return ("{ __typename }", 1) if most else ("", 0)
    names = [name for name, field in of.fields.items() if _is_free(field)]
    choose.shuffle(names)
    parts: list[str] = []
    used = 0
    for name in _short(names, choose):
        if used == most:
            break
        named = _named(of.fields[name])
        if is_leaf_type(named):
            parts.append(name)
            used += 1
        elif depth > 1 and most - used > 1:
            few = "(first: 3)" if "first" in of.fields[name].args else ""
            below, count = _select(schema, named, most - used - 1, depth - 1, choose)
            if count:
                parts.append(f"{name}{few} {below}")
                used += count + 1
    return f"{{ {' '.join(parts)} }}", used


def _short(names: list[str], choose: random.Random) -> Iterator[str]:
    """A handful, as people select them."""
    return iter(names[: choose.randint(3, 9)])


def _is_free(field: Any) -> bool:
    return not any(map(is_required_argument, field.args.values()))


def _named(field: Any) -> Any:
    return get_named_type(field.type)
