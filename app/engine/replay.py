"""The reference executor over what a run has loaded already: the exact answer where something did not fit.

It resolves nothing a second time that the run resolved, so that it may follow a mutation, and it asks the database
only for what the run could not know of.
"""

import copy
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    GraphQLSchema,
    OperationDefinitionNode,
    SelectionSetNode,
    execute,
)

from app.engine.documents import Operation
from app.engine.memory import Awaited, CallKey, Failure, Memory
from app.engine.relations import Batch, BatchFunction, make_loader

_UNKNOWN = object()


@dataclass(frozen=True, slots=True)
class Replay:
    """What the reference executor needs to answer one operation."""

    schema: GraphQLSchema
    operation: Operation
    given: dict[str, Any]
    hide_suggestions: bool = False

    async def whole(self, context: Any, root: Any, memory: Memory | None) -> ExecutionResult:
        """The operation as it stands."""
        document: Any = self.operation.document.ast
        name = self.operation.definition.name
        return await self._execute(document, name.value if name else None, context, root, memory)

    async def some_fields(self, nodes: list[FieldNode], context: Any, memory: Memory) -> ExecutionResult:
        """The operation with these fields of its root only."""
        definition = replace(self.operation.definition, selection_set=SelectionSetNode(selections=tuple(nodes)))
        kept = [
            other
            for other in getattr(self.operation.document.ast, "definitions", ())
            if not isinstance(other, OperationDefinitionNode)
        ]
        return await self._execute(DocumentNode(definitions=(definition, *kept)), None, context, None, memory)

    async def _execute(
        self, document: DocumentNode, name: str | None, context: Any, root: Any, memory: Memory | None
    ) -> ExecutionResult:
        if memory is not None:
            context = _remembering(context, memory)
        found: ExecutionResult | Awaitable[ExecutionResult] = execute(
            self.schema,
            document,
            root,
            context,
            self.given,
            name,
            middleware=None if memory is None else [_recalling(memory)],
            hide_suggestions=self.hide_suggestions,
        )
        return found if isinstance(found, ExecutionResult) else await found


def _recalling(memory: Memory) -> Callable[..., Any]:
    """A middleware that gives back what root fields and awaited resolvers gave before."""

    def resolve(next_: Callable[..., Any], source: Any, info: Any, **arguments: Any) -> Any:
        if info.path.prev is None:
            value = memory.roots.get(info.path.key, _UNKNOWN)
        else:
            value = memory.awaited.get((id(source), id(info.field_nodes[0])), _UNKNOWN)
        if value is _UNKNOWN:
            return next_(source, info, **arguments)
        if isinstance(value, Awaited):
            return _later(value.value)
        return _now(value)

    return resolve


def _now(value: Any) -> Any:
    if isinstance(value, Failure):
        raise value.error
    return value


async def _later(value: Any) -> Any:
    return _now(value)


def _remembering(context: Any, memory: Memory) -> Any:
    """The context with loaders that look into the memory first, and that wait as the real ones would."""
    if not hasattr(context, "loader"):
        return context
    loaders: dict[CallKey, Any] = {}

    def loader(batch: Batch, arguments: tuple[tuple[str, Any], ...]) -> Any:
        call = (id(batch), arguments)
        if call not in loaders:
            known = memory.recall(call)
            loaders[call] = make_loader(context, replace(batch, load=_from_memory(batch, known)), arguments)
        return loaders[call]

    clone = copy.copy(context)
    clone.loader = loader
    return clone


def _from_memory(batch: Batch, known: dict[Any, Any]) -> BatchFunction:
    """The batch function, asked only for keys that are not known."""

    async def load(context: Any, keys: list[Any], columns: Any, **arguments: Any) -> dict[Any, Any]:
        found = {key: known[key] for key in keys if key in known}
        unknown = [key for key in keys if key not in known]
        if unknown:
            try:
                found |= await batch.load(context, unknown, columns, **arguments)
            except Exception as error:
                found |= dict.fromkeys(unknown, error)
        return {key: value.error if isinstance(value, Failure) else value for key, value in found.items()}

    return load
