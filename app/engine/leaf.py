"""Leaves that are made of one column, by a function that is made once per operation and not told of each object."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import strawberry

from app.engine.columns import READS
from app.engine.relations import adopt_arguments

LEAF: Final = "leaf"


@dataclass(frozen=True, eq=False, slots=True)
class Leaf:
    """column: what is read of the object. make(context, **arguments): the function from its value to the leaf.

    is_constant: it is the same in every operation, and `make` looks at nothing.
    """

    column: str
    make: Callable[..., Callable[[Any], Any]]
    is_constant: bool = False


def leaf(
    column: str,
    make: Callable[..., Callable[[Any], Any]],
    *,
    returns: Any,
    description: str,
    is_constant: bool = False,
) -> Any:
    """A field that shows one column. The keyword-only parameters of `make` are its GraphQL arguments."""

    def resolve(root: Any, info: Any, **arguments: Any) -> Any:  # the reference executor's way in
        return make(info.context, **arguments)(getattr(root, column))

    adopt_arguments(resolve, make)
    return strawberry.field(
        resolver=resolve,
        graphql_type=returns,
        description=description,
        metadata={LEAF: Leaf(column, make, is_constant), READS: (column,)},
    )
