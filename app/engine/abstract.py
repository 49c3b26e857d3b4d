"""Which object type a value has where an interface or a union is expected."""

from collections.abc import Mapping
from typing import Any

from graphql import default_type_resolver
from strawberry.types.base import get_object_definition

from app.engine.plan import Abstract


class Unfit(Exception):
    """The compiled way cannot answer for this value; the reference executor says what is wrong with it."""


def typename_of(abstract: Abstract, value: Any) -> str:
    """The name of a possible type. Raises Unfit or whatever the declaration raises."""
    known = abstract.typenames.get(type(value))
    if known is not None:
        return known
    if value is None or isinstance(value, BaseException):
        raise Unfit
    if hasattr(type(value), "typename__") and value.typename__ in abstract.entities:
        return value.typename__
    resolve = abstract.type.resolve_type or default_type_resolver
    found = resolve(value, abstract.info, abstract.type)
    if not isinstance(found, str) or found not in abstract.possible:
        raise Unfit
    if not isinstance(value, Mapping) and not depends_on_instance(value):
        abstract.typenames[type(value)] = found
    return found


def depends_on_instance(value: Any) -> bool:
    """Whether two objects of its class may be of different GraphQL types."""
    cls = type(value)
    if hasattr(cls, "typename__"):
        return True
    if any(str(name).endswith("__typename") or "strawberry" in str(name) for name in getattr(value, "__dict__", ())):
        return True
    if any(name.endswith("__typename") or name == "typename__" for name in dir(cls)):
        return True
    definition = get_object_definition(cls)
    return definition is not None and (definition.is_graphql_generic or definition.concrete_of is not None)
