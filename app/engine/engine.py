"""The engine: from a request to a prepared operation, from that to its answer."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from inspect import isawaitable
from typing import Any, Final

import strawberry
from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    OperationType,
    create_source_event_stream,
    execute,
    get_variable_values,
)

from app.engine.documents import DocumentStore, Operation
from app.engine.request import Refused, Request, Result, refusal

EVERY_KIND: Final = frozenset(OperationType)
PublishError = Callable[[GraphQLError, str], GraphQLError]


@dataclass(slots=True)
class Prepared:
    """An operation that can run: valid, chosen, its variables coerced."""

    operation: Operation
    variables: Any
    given: dict[str, Any]
    """The variables as they were sent."""


class Engine:
    """A schema that can be executed.

    publish: makes of every error what a caller may see, and logs what nobody foresaw; its second argument is the
    code of errors that have none.
    """

    def __init__(self, schema: strawberry.Schema, *, store: DocumentStore, publish: PublishError) -> None:
        self.schema: GraphQLSchema = schema._schema  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001
        self.store = store
        self._publish = publish

    def prepare(self, request: Request, *, kinds: Collection[OperationType] = EVERY_KIND) -> Prepared:
        """Find or read the document, choose the operation, coerce the variables.

        Raises Refused, with errors as the caller may see them. An operation of another kind than `kinds` is refused
        with the code OPERATION_KIND_NOT_ALLOWED, status 405 and `operationKind` among its extensions.
        """
        try:
            document = self.store.find(request)
            operation = document.operation(request.operation_name)
            if operation.type not in kinds:
                message = f"A {operation.type.value} cannot be sent this way."
                raise refusal(
                    message, "OPERATION_KIND_NOT_ALLOWED", status=405, operationKind=operation.type.value
                )
            given = request.variables or {}
            variables = get_variable_values(
                self.schema, operation.definition.variable_definitions or (), given, max_errors=50
            )
            if isinstance(variables, list):
                raise Refused([self._publish(error, "BAD_USER_INPUT") for error in variables])
        except Refused as refused:
            refused.errors = [self._publish(error, "GRAPHQL_VALIDATION_FAILED") for error in refused.errors]
            raise
        return Prepared(operation, variables, given)

    async def execute(self, prepared: Prepared, context: Any) -> Result:
        """Run a query or a mutation. Errors are in the result, as the caller may see them."""
        return await self._reference(prepared, context, None)

    async def source(self, prepared: Prepared, context: Any) -> AsyncIterator[Any]:
        """The events of a subscription, as its root field yields them. Raises Refused when it does not begin."""
        document = prepared.operation.document.ast
        assert document is not None
        found: Any = create_source_event_stream(
            self.schema,
            document,
            None,
            context,
            prepared.given,
            prepared.operation.definition.name.value if prepared.operation.definition.name else None,
        )
        if isawaitable(found):
            found = await found
        if isinstance(found, ExecutionResult):
            errors = [self._publish(error, "BAD_USER_INPUT") for error in found.errors or ()]
            raise Refused(errors)
        return found

    async def run_events(self, prepared: Prepared, context: Any, events: Sequence[Any]) -> list[Result]:
        """The answers to some events of one subscription; relations are loaded for all of them together."""
        return [await self._reference(prepared, context, event) for event in events]

    async def _reference(self, prepared: Prepared, context: Any, root: Any) -> Result:
        document = prepared.operation.document.ast
        assert document is not None
        name = prepared.operation.definition.name
        found: ExecutionResult | Awaitable[ExecutionResult] = execute(
            self.schema, document, root, context, prepared.given, name.value if name else None
        )
        result = await found if isawaitable(found) else found
        errors = [self._publish(error, "BAD_USER_INPUT") for error in result.errors or ()]
        return Result(result.data, errors)
