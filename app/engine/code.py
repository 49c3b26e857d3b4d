"""Pieces of generated functions that look the same in all of them."""

from functools import lru_cache
from types import CodeType
from typing import Final

# A caller chooses the names in an answer: code that is kept for all documents may not be as long as they can be.
_SHARED_CHARACTERS: Final = 8_000
# What a value of a built-in scalar is when it needs no coercion, as a condition on `{0}`.
_UNUSUAL: Final = {
    "String": "type({0}) is not str",
    "ID": "type({0}) is not str",
    "Int": "type({0}) is not int or not -2147483648 <= {0} <= 2147483647",
    "Float": "type({0}) is not float or {0} - {0} != 0.0",
    "Boolean": "{0} is not True and {0} is not False",
}


def leaf_line(variable: str, scalar: str, serialize: str, *, is_required: bool) -> str:
    """The line that coerces the value in a variable. serialize: the name of the function that can."""
    unusual = _UNUSUAL.get(scalar)
    if unusual is None:
        line = f"{variable} = {serialize}({variable})"
        return line if is_required else f"if {variable} is not None: {line}"
    condition = unusual.format(variable)
    if not is_required:
        condition = f"{variable} is not None and ({condition})"
    return f"if {condition}: {variable} = {serialize}({variable})"


def leaf_expression(variable: str, scalar: str, serialize: str) -> str:
    """The same as an expression, for a value that is not None."""
    unusual = _UNUSUAL.get(scalar)
    call = f"{serialize}({variable})"
    return call if unusual is None else f"({variable} if not ({unusual.format(variable)}) else {call})"


def code_of(text: str) -> CodeType:
    """Selections that look alike share their code, whatever document they stand in. Long ones hardly ever do."""
    return _compiled(text) if len(text) <= _SHARED_CHARACTERS else _compiled.__wrapped__(text)


@lru_cache(maxsize=2048)
def _compiled(text: str) -> CodeType:
    return compile(text, "<compiled operation>", "exec", optimize=2)
