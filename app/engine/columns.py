"""Which attributes of an object a field reads, so that batch functions load no more than is wanted.

A field that strawberry resolves by attribute reads that one. A resolver made by a factory says so itself, by the
metadata entry `READS`. Of other plain resolvers and of the keys of relations the bytecode tells: as long as the object
is used for nothing but reading attributes, these are all. Whatever cannot be known counts as "any".
"""

import dis
from collections.abc import Callable
from functools import cache
from types import CodeType
from typing import Any, Final

from strawberry.types.field import StrawberryField

READS: Final = "reads"
Columns = frozenset[str] | None
_READING: Final = frozenset({"LOAD_ATTR", "LOAD_METHOD"})
_SETUP: Final = frozenset({"COPY_FREE_VARS", "MAKE_CELL"})


def columns_read(declared: StrawberryField) -> Columns:
    """The attributes of its object that a field reads; None: nobody knows."""
    reads: Any = declared.metadata.get(READS)
    if reads is not None:
        return frozenset(reads)
    resolver: Any = declared.base_resolver
    if resolver is None:
        return frozenset((declared.python_name,))
    if resolver.is_async:
        return None
    parent = resolver.self_parameter or resolver.parent_parameter or resolver.root_parameter
    return frozenset() if parent is None else attributes_read(resolver.wrapped_func, parent.name)


def attributes_read(function: Callable[..., Any], parameter: str | None = None) -> Columns:
    """The attributes that a function reads of its parameter (by default the first one).

    None when it does something else with it: passes it on, calls one of its methods, gives it another name.
    """
    code: Any = getattr(function, "__code__", None)
    if not isinstance(code, CodeType):
        return None
    name = code.co_varnames[0] if parameter is None and code.co_varnames else parameter
    if name in code.co_cellvars:  # an inner function reads it too
        return None
    found: set[str] = set()
    instructions = [one for one in dis.get_instructions(code) if one.opname not in _SETUP]
    for instruction, following in zip(instructions, [*instructions[1:], None], strict=True):
        if not _mentions(instruction, name):
            continue
        reads = following is not None and following.opname in _READING and _is_on_top(instruction, name)
        if not reads or following is None or _is_method(following):
            return None
        found.add(str(following.argval))
    return frozenset(found)


@cache
def single_attribute(function: Callable[..., Any]) -> str | None:
    """X when the function is `lambda row: row.x`, else None."""
    code: Any = getattr(function, "__code__", None)
    if not isinstance(code, CodeType) or code.co_argcount != 1 or code.co_freevars or code.co_cellvars:
        return None
    names = [one for one in dis.get_instructions(code) if one.opname not in _SETUP and one.opname != "RESUME"]
    shape = [one.opname.partition("_BORROW")[0] for one in names]
    is_plain = shape == ["LOAD_FAST", "LOAD_ATTR", "RETURN_VALUE"] and not _is_method(names[1])
    return str(names[1].argval) if is_plain else None


def _mentions(instruction: dis.Instruction, name: str | None) -> bool:
    """Whether it loads or changes the local variable. Since Python 3.13 one instruction may load two."""
    if "FAST" not in instruction.opname and "DEREF" not in instruction.opname:
        return False
    value: Any = instruction.argval
    return name in value if isinstance(value, tuple) else value == name


def _is_on_top(instruction: dis.Instruction, name: str | None) -> bool:
    if "LOAD_FAST" not in instruction.opname:
        return False
    value: Any = instruction.argval
    return value == name or (isinstance(value, tuple) and value[-1] == name and name not in value[:-1])


def _is_method(instruction: dis.Instruction) -> bool:
    """Whether the attribute is looked up to be called, which no column is."""
    return instruction.opname == "LOAD_METHOD" or "NULL|self" in instruction.argrepr


def wanted_columns(info: Any, *paths: tuple[str, ...]) -> Columns:
    """The attributes that the operation reads of what a root field returns, or of the objects at paths of field names.

    None: nobody knows, as for the reference executor, which does not look ahead.
    """
    columns_at: Callable[..., Columns] | None = getattr(info, "columns", None)
    if columns_at is None:
        return None
    wanted: set[str] = set()
    for path in paths or ((),):
        columns = columns_at(*path)
        if columns is None:
            return None
        wanted |= columns
    return frozenset(wanted)
