"""A strawberry schema that runs on the engine."""

from collections.abc import AsyncGenerator, AsyncIterable, Iterable
from functools import cached_property
from typing import Any

import strawberry
from graphql import GraphQLError, OperationType
from strawberry.types import ExecutionContext, ExecutionResult
from strawberry.types.execution import PreExecutionError

from app.api.masking import public_error
from app.engine.documents import DocumentStore
from app.engine.engine import Engine
from app.engine.prepared import Prepared
from app.engine.request import Refused, Request


class Schema(strawberry.Schema):
    """Operations run on the engine, also where they come in process.

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

    async def subscribe(  # type: ignore[override]  # noqa: PLR0917  # as above
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any = None,
        root_value: Any = None,  # noqa: ARG002
        operation_name: str | None = None,
        operation_extensions: dict[str, Any] | None = None,  # noqa: ARG002
    ) -> AsyncGenerator[ExecutionResult, None] | PreExecutionError:
        """Listen in process, past the hub: one answer for each event, and a last one if the source fails."""
        try:
            prepared = self.engine.prepare(
                Request(query, variable_values, operation_name), kinds={OperationType.SUBSCRIPTION}
            )
            events = await self.engine.source(prepared, context_value)
        except Refused as refused:
            return PreExecutionError(data=None, errors=refused.errors)
        return self._answers(prepared, context_value, events)

    async def _answers(
        self, prepared: Prepared, context: Any, events: AsyncIterable[Any]
    ) -> AsyncGenerator[ExecutionResult, None]:
        iterator: Any = aiter(events)
        try:
            async for event in iterator:
                [result] = await self.engine.run_events(prepared, context, [event])
                yield ExecutionResult(data=result.data, errors=result.errors or None)
        except Exception as error:  # noqa: BLE001  # whatever it was, the listener hears of it
            yield ExecutionResult(data=None, errors=[self.engine.public(error, prepared)])
        finally:
            if hasattr(iterator, "aclose"):
                await iterator.aclose()

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Nothing more to do."""
