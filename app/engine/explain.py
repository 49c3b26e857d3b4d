"""What the engine makes of a document, in words: its plan, its batches, its cost, its generated code."""

from collections.abc import Iterator
from typing import Final

from graphql import print_ast

from app.engine.fields import Kind
from app.engine.generate import completion, function_of
from app.engine.plan import TYPENAME, Abstract, PlannedField, Selection
from app.engine.prepared import Prepared

_KINDS: Final = {Kind.ATTRIBUTE: "attribute", Kind.FUNCTION: "function", Kind.RELATION: "relation", Kind.OTHER: "other"}


def explain(prepared: Prepared) -> str:
    """The plan level by level. Types that may stand at an abstract place are listed when they have met it."""
    definition = prepared.operation.definition
    name = f" {definition.name.value}" if definition.name else ""
    lines = [f"{definition.operation.value}{name}: cost {prepared.cost:,}"]
    if prepared.plan is None:
        return "\n".join(
            [*lines, "Run by the reference executor: it asks about the schema, or is out of the ordinary."]
        )
    for field in prepared.plan.root.fields:
        if field.name != TYPENAME:
            lines += _field(field, 0)
    levels = _levels(prepared.plan.root)
    lines += ["", "Batches, level by level:"]
    lines += [f"  {number}. {batch}" for number, level in enumerate(levels[1:], 1) for batch in level] or ["  none"]
    return "\n".join(lines)


def generated_code(prepared: Prepared) -> str:
    """The functions that build the answer out of records."""
    if prepared.plan is None:
        return "# There is none: the reference executor runs the operation."
    parts: list[str] = []
    for field in prepared.plan.root.fields:
        if field.name == TYPENAME:
            continue
        parts.append(f"# {field.key}\n{completion(field).text}")  # pyright: ignore[reportFunctionMemberAccess]
        for path, selection in _selections(field, field.key):
            parts.append(f"# {path}: {selection.type.name}\n{_text_for_records(selection)}")
    return "\n\n".join(parts)


def _field(field: PlannedField, depth: int) -> Iterator[str]:
    pad = "  " * (depth + 1)
    child = field.child
    if child is None and not field.is_step:
        return
    said = f"{field.key}: {field.name}" if field.key != field.name else field.name
    if field.nodes[0].arguments:
        said += f"({', '.join(map(print_ast, field.nodes[0].arguments))})"
    yield f"{pad}{said} → {field.type}, {_how(field)}"
    if isinstance(child, Selection):
        leaves = [one.name for one in child.fields if one.child is None and not one.is_step]
        if leaves:
            yield f"{pad}    {' '.join(leaves)}"
        for one in child.fields:
            if one.name != TYPENAME:
                yield from _field(one, depth + 1)
    elif isinstance(child, Abstract):
        yield f"{pad}    one of {len(child.possible)} types"


def _how(field: PlannedField) -> str:
    source = field.source
    if source.batch is None:
        return f"{_KINDS[source.kind]}{', asks for a permission' if source.permissions else ''}"
    return f"relation by {_batch(field)}"


def _batch(field: PlannedField) -> str:
    batch, columns = field.source.batch, field.row_columns()
    name = getattr(getattr(batch, "load", None), "__name__", "?")
    return f"{name}({'any column' if columns is None else ', '.join(sorted(columns)) or 'no column'})"


def _levels(selection: Selection) -> list[list[str]]:
    """The batches of each level: level 0 are the root fields."""
    levels: list[list[str]] = []

    def visit(fields: list[PlannedField], level: int) -> None:
        for field in fields:
            if field.name == TYPENAME:
                continue
            below = level + 1 if field.is_step else level
            while len(levels) <= below:
                levels.append([])
            if field.source.batch is not None:
                said = _batch(field)
                if said not in levels[below]:
                    levels[below].append(said)
            if isinstance(field.child, Selection):
                visit(field.child.fields, below)

    visit(selection.fields, -1)
    return levels


def _selections(field: PlannedField, path: str) -> Iterator[tuple[str, Selection]]:
    if isinstance(field.child, Selection):
        yield path, field.child
        for one in field.child.fields:
            if one.name != TYPENAME:
                yield from _selections(one, f"{path}.{one.key}")


def _text_for_records(selection: Selection) -> str:
    return function_of(selection, is_record=True, is_many=True).text  # pyright: ignore[reportFunctionMemberAccess]
