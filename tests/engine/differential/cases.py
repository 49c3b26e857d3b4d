"""What a generator makes: a document and what is run of it."""

from dataclasses import dataclass
from typing import Any

from graphql import GraphQLCompositeType, OperationType

from tests.engine.differential.scopes import Scope
from tests.engine.differential.values import Usage


@dataclass(frozen=True)
class Run:
    """One execution of a document."""

    operation_name: str | None
    kind: OperationType
    variables: dict[str, Any]


@dataclass(frozen=True)
class Case:
    """A valid document and what is run of it."""

    text: str
    runs: tuple[Run, ...]


@dataclass
class Fragment:
    """A named fragment that is complete."""

    name: str
    on: GraphQLCompositeType
    text: str
    scope: Scope
    usage: Usage


@dataclass(frozen=True)
class Size:
    """Bounds of a document. fields: selections that are written; depth: levels of the answer."""

    fields: int = 30
    depth: int = 6
    fragments: int = 4
