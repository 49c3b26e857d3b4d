"""The fields of a schema, each looked at once."""

import strawberry
from graphql import FieldNode, GraphQLObjectType, GraphQLSchema, NameNode

from app.engine.arguments import ArgumentReader
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
        self._defaults: dict[Source, ArgumentReader] = {}

    def of(self, parent: GraphQLObjectType, name: str) -> Source:
        """Of one field."""
        found = self._found.get((parent.name, name))
        if found is None:
            definition = parent.fields.get(name)
            if definition is None:
                raise NotCompiled(name)
            found = self._found[parent.name, name] = source_of(name, definition)
        return found

    def arguments(self, source: Source, node: FieldNode) -> ArgumentReader:
        """Of one field of a document. Where none are given, they are the same in all documents."""
        if node.arguments:
            return self._reader(source, node)
        found = self._defaults.get(source)
        if found is None:
            # Not the document's own node, which would be kept as long as the schema.
            bare = FieldNode(name=NameNode(value=node.name.value), arguments=(), directives=())
            found = self._defaults[source] = self._reader(source, bare)
        return found

    def _reader(self, source: Source, node: FieldNode) -> ArgumentReader:
        return ArgumentReader(
            source.definition, node, source.arguments, self.strawberry, hide_suggestions=self.hide_suggestions
        )
