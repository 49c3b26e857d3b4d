"""A SQL statement, compiled once from SQLAlchemy Core to the text that asyncpg runs.

Core is used as a builder only: results, transactions and types at run time are asyncpg's, because a
Core or ORM execution costs five to thirty times the driver's own call.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from sqlalchemy import Select, text
from sqlalchemy.dialects.postgresql import asyncpg as asyncpg_dialect
from sqlalchemy.sql.elements import ClauseElement

from app.kit.row import row_class

_DIALECT: Final = asyncpg_dialect.dialect(paramstyle="numeric_dollar")  # pyright: ignore[reportCallIssue]
_WRITTEN: Final = re.compile(
    r"\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM|MERGE\s+INTO|TRUNCATE(?:\s+TABLE)?)\s+(\w+)", re.IGNORECASE
)
# Each narrowed form is prepared on every connection: whoever asks for still other columns gets them all.
MAX_NARROWED: Final = 64


class Statement:
    """One statement with named parameters.

    expression: a Core construct, or SQL text with `:name` parameters where Core would hide the statement's
    shape (chains of data-modifying CTEs, function calls). Lists are passed as arrays (`= ANY(:ids)`).
    generic: one plan does for all values, as for looking up rows by their keys. PostgreSQL would find that out by
    itself only where its estimates agree; else it plans anew each time, which costs more than the running.
    row: the class of its rows. writes: the tables that it names as written, for `Reference`; none with `is_minor`:
    no reference data has what it writes.
    """

    __slots__ = ("_constants", "_narrowed", "expression", "generic", "names", "row", "text", "writes")

    def __init__(self, expression: ClauseElement | str, *, generic: bool = False, is_minor: bool = False) -> None:
        if isinstance(expression, str):
            expression = text(expression)
        compiled: Any = expression.compile(dialect=_DIALECT)
        self.expression = expression
        self.generic = generic
        self.text: str = str(compiled)
        self.names: tuple[str, ...] = tuple(compiled.positiontup or ())
        self.row = row_class()
        written = () if is_minor else _WRITTEN.findall(self.text)
        self.writes = frozenset(name.lower() for name in written)
        self._constants: dict[str, Any] = {
            name: compiled.binds[name].value for name in self.names if not compiled.binds[name].required
        }
        self._narrowed: dict[tuple[frozenset[str], tuple[str, ...]], Statement] = {}

    def arguments(self, values: Mapping[str, Any]) -> list[Any]:
        """The values in the order of `$1, $2, …`. A missing or an unknown name is a programming error."""
        constants = self._constants
        if not constants:
            arguments = [values[name] for name in self.names]
            is_complete = len(values) == len(arguments)
        else:
            arguments = [values[name] if name in values else constants[name] for name in self.names]
            is_complete = len(values) + len(constants.keys() - values.keys()) == len(arguments)
        if not is_complete:
            unknown = sorted(values.keys() - set(self.names))
            message = f"The statement has no parameter {', '.join(unknown)}."
            raise TypeError(message)
        return arguments

    def narrow(self, columns: Collection[str] | None, *, always: Iterable[str] = ()) -> "Statement":
        """The same SELECT with only `columns` (None: all of them) and those that the caller `always` needs.

        Names that the SELECT does not have are ignored: they are leaves computed from other columns, whose
        inputs the caller lists in `always`.
        """
        if columns is None:
            return self
        always = tuple(always)
        wanted = (frozenset(columns), always)
        found = self._narrowed.get(wanted)
        if found is None:
            select = self.expression
            if not isinstance(select, Select):
                message = "Only a Core SELECT can be narrowed."
                raise TypeError(message)
            kept = [column for column in select.selected_columns if column.key in {*columns, *always}]
            if not kept or len(self._narrowed) >= MAX_NARROWED:
                return self
            names = (frozenset(str(column.key) for column in kept), ())
            found = self._narrowed.get(names)
            if found is None:
                found = self._narrowed[names] = Statement(select.with_only_columns(*kept), generic=self.generic)
            self._narrowed[wanted] = found
        return found

    def __repr__(self) -> str:
        return f"Statement({' '.join(self.text.split())[:80]!r})"
