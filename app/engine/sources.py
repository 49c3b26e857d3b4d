"""The fields of a schema, each looked at once."""

import strawberry
from graphql import GraphQLObjectType, GraphQLSchema

from app.engine.fields import Source, source_of


class NotCompiled(Exception):
    """The operation asks for something that only the reference executor does."""


class Sources:
    """The sources of all fields of a schema, each looked up once."""

    def __init__(self, schema: strawberry.Schema, *, hide_suggestions: bool) -> None:
        self.strawberry = schema
        self.schema: GraphQLSchema = schema._schema  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001
        self.hide_suggestions = hide_suggestions
        self._found: dict[tuple[str, str], Source] = {}

    def of(self, parent: GraphQLObjectType, name: str) -> Source:
        """Of one field."""
        found = self._found.get((parent.name, name))
        if found is None:
            definition = parent.fields.get(name)
            if definition is None:
                raise NotCompiled(name)
            found = self._found[parent.name, name] = source_of(name, definition)
        return found
