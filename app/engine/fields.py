"""Where the value of a field comes from, read once from strawberry's declaration."""

import enum
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from graphql import GraphQLField
from strawberry.exceptions import StrawberryGraphQLError
from strawberry.permission import BasePermission, PermissionExtension
from strawberry.types.arguments import StrawberryArgument
from strawberry.types.field import StrawberryField

from app.engine.leaf import LEAF, Leaf
from app.engine.relations import BATCH, Batch

DECLARATION = "strawberry-definition"


class Kind(enum.Enum):
    """ATTRIBUTE: of the object. FUNCTION: a plain function of it. RELATION: a batch function. OTHER: whatever
    graphql-core would call; it may be awaited for each object on its own.
    """

    ATTRIBUTE = enum.auto()
    FUNCTION = enum.auto()
    RELATION = enum.auto()
    OTHER = enum.auto()


@dataclass(eq=False, slots=True)
class Source:
    """How the value of one field of the schema is found.

    name: the Python name. call(source, info, arguments) is set for FUNCTION. takes_info: whether it looks at info.
    """

    definition: GraphQLField
    kind: Kind
    name: str
    declared: StrawberryField | None = None
    batch: Batch | None = None
    function: Callable[..., Any] | None = None
    is_positional: bool = False
    source_name: str | None = None
    info_name: str | None = None
    is_async: bool = False
    permissions: tuple[BasePermission, ...] = ()
    leaf: Leaf | None = None
    arguments: list[StrawberryArgument] = field(default_factory=list[StrawberryArgument])

    def call(self, source: Any, info: Any, arguments: dict[str, Any]) -> Any:
        """What the function returns. `arguments` may be changed."""
        function: Any = self.function
        if self.info_name is not None:
            arguments[self.info_name] = info
        if self.source_name is not None:
            arguments[self.source_name] = source
        return function(source, **arguments) if self.is_positional else function(**arguments)


def source_of(name: str, definition: GraphQLField) -> Source:
    """The source of a field of an object type. name: in GraphQL."""
    declared: Any = (definition.extensions or {}).get(DECLARATION)
    if not isinstance(declared, StrawberryField):
        return Source(definition, Kind.OTHER, name)
    permissions = _permissions(declared)
    if permissions is None:
        return Source(definition, Kind.OTHER, declared.python_name, declared)
    batch: Any = declared.metadata.get(BATCH)
    if isinstance(batch, Batch) and not permissions:
        return Source(
            definition, Kind.RELATION, declared.python_name, declared, batch, arguments=list(declared.arguments)
        )
    resolver: Any = declared.base_resolver
    if resolver is None:
        kind = Kind.OTHER if permissions else Kind.ATTRIBUTE
        return Source(definition, kind, declared.python_name, declared)
    named = resolver.parent_parameter or resolver.root_parameter
    return Source(
        definition,
        Kind.OTHER if batch is not None else Kind.FUNCTION,
        declared.python_name,
        declared,
        function=resolver.wrapped_func,
        is_positional=bool(resolver.self_parameter),
        source_name=named.name if named else None,
        info_name=resolver.info_parameter.name if resolver.info_parameter else None,
        # A permission that has to be awaited makes the whole field so.
        is_async=bool(resolver.is_async) or not all(extension.supports_sync for extension in declared.extensions),
        permissions=permissions,
        leaf=None if permissions else declared.metadata.get(LEAF),
        arguments=list(declared.arguments),
    )


def _permissions(declared: StrawberryField) -> tuple[BasePermission, ...] | None:
    """The permissions of a field; None when other extensions or silent refusals stand around its resolver."""
    found: list[BasePermission] = []
    for extension in declared.extensions:
        if type(extension) is not PermissionExtension or extension.fail_silently:
            return None
        found.extend(extension.permissions)
    return tuple(found)


async def check_permissions(declared: Source, source: Any, info: Any, arguments: dict[str, Any]) -> None:
    """Raise what the first permission that is not given raises."""
    for permission in declared.permissions:
        allowed: Any = permission.has_permission(source, info, **arguments)
        if hasattr(allowed, "__await__"):
            allowed = await allowed
        if allowed is not True:
            permission.on_unauthorized()
            raise StrawberryGraphQLError(message=permission.message or "Not allowed.")
