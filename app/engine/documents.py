"""Documents, parsed and validated once."""

from dataclasses import dataclass, field
from typing import Any, Final

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    parse,
    validate,
)

from app.engine.request import Refused, Request, refusal

CAPACITY: Final = 512


@dataclass(eq=False, slots=True)
class Operation:
    """One operation of a valid document."""

    document: "Document"
    definition: OperationDefinitionNode
    plans: dict[Any, Any] = field(default_factory=dict[Any, Any])
    """What the compiler made of it, by the values of the variables in its conditions."""

    @property
    def type(self) -> OperationType:
        """Query, mutation or subscription."""
        return self.definition.operation


@dataclass(eq=False, slots=True)
class Document:
    """A document that was looked at once. errors: why it cannot run, in the order in which they were found."""

    text: str
    ast: DocumentNode | None
    errors: tuple[GraphQLError, ...]
    operations: dict[str | None, Operation] = field(default_factory=dict[str | None, Operation])
    fragments: dict[str, FragmentDefinitionNode] = field(default_factory=dict[str, FragmentDefinitionNode])

    def operation(self, name: str | None) -> Operation:
        """The chosen operation. Raises Refused when the choice is none."""
        if name is None and len(self.operations) == 1:
            return next(iter(self.operations.values()))
        if name is None:
            message = "The document has no operation, or several and none was chosen by `operationName`."
            raise refusal(message, "OPERATION_RESOLUTION_FAILURE")
        found = self.operations.get(name)
        if found is None:
            raise refusal(f"The document has no operation {name[:80]!r}.", "OPERATION_RESOLUTION_FAILURE")
        return found


class DocumentStore:
    """Keeps what was parsed and validated."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._by_text: dict[str, Document] = {}

    def find(self, request: Request) -> Document:
        """The valid document that the request names or brings. Raises Refused."""
        if not request.query:
            raise refusal("The request has no `query`.", "BAD_REQUEST", is_document_fault=False)
        found = self._by_text.get(request.query)
        if found is None:
            found = self._by_text[request.query] = self._read(request.query)
        if found.errors:
            raise Refused(list(found.errors))
        return found

    def _read(self, text: str) -> Document:
        try:
            ast = parse(text)
        except GraphQLError as error:
            return Document(text, None, (error,))
        document = Document(text, ast, tuple(validate(self._schema, ast)))
        for definition in ast.definitions:
            if isinstance(definition, OperationDefinitionNode):
                name = definition.name.value if definition.name else None
                document.operations[name] = Operation(document, definition)
            elif isinstance(definition, FragmentDefinitionNode):
                document.fragments[definition.name.value] = definition
        return document
