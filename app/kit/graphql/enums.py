"""Enumerations of the rules, shown in the schema with a description for each value."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeVar

import strawberry

EnumT = TypeVar("EnumT", bound=StrEnum)


def describe_enum(enum: type[EnumT], description: str, values: Mapping[EnumT, str]) -> type[EnumT]:
    """Declare an enumeration of a model as a GraphQL enum. Rows may hold its values as plain text.

    values: a description of every member; a member left out is a programming error.
    """
    declared: Any = enum
    # Strawberry declares an enum by itself where a field uses it first; declaring it again would make a second one.
    if not hasattr(declared, "__strawberry_definition__"):
        declared = strawberry.enum(enum)
    definition = declared.__strawberry_definition__
    definition.description = description
    for value in definition.values:
        value.description = values[enum[value.name]]
    return declared
