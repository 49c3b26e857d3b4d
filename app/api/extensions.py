"""What every operation passes through."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any, Final

import strawberry
from graphql import GraphQLError
from strawberry.types import ExecutionContext, ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType

from app.api.masking import OperationContext, PublicErrors, public_error
from app.engine.documents import DocumentStore
from app.engine.engine import Engine
from app.engine.request import Refused, Request


class Schema(strawberry.Schema):
    """Queries and mutations run on the engine, also where they come in process.

    Errors are logged where they are masked; strawberry would log every refused document as well.
    """

    @cached_property
    def engine(self) -> Engine:
        """The engine with the default limits: a server has one with its own settings."""
        return Engine(self, store=DocumentStore(self._schema), publish=public_error)

    async def execute(  # type: ignore[override]  # noqa: PLR0917  # as strawberry declares it, but for its transports
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any = None,
        root_value: Any = None,  # noqa: ARG002
        operation_name: str | None = None,
        allowed_operation_types: Iterable[OperationType] | None = None,  # noqa: ARG002
        operation_extensions: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> ExecutionResult:
        """Run one query or mutation; the answer as strawberry shapes it."""
        try:
            prepared = self.engine.prepare(Request(query, variable_values, operation_name))
        except Refused as refused:
            return PreExecutionError(data=None, errors=refused.errors)
        result = await self.engine.execute(prepared, context_value)
        return ExecutionResult(data=result.data, errors=result.errors or None)

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Nothing more to do."""


# For those who subscribe in process, past the transports: strawberry runs these itself.
EXTENSIONS: Final = (PublicErrors, OperationContext)
