"""The engine: from a request to a prepared operation, from that to its answer."""

from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import nullcontext
from typing import Any, Final

import strawberry
from graphql import ExecutionResult, GraphQLError, GraphQLSchema, OperationType

from app.engine.abstract import Unfit
from app.engine.collect import condition_variables, is_introspection
from app.engine.cost import cost_of
from app.engine.deadlines import Deadlines, TookTooLong
from app.engine.documents import DocumentStore, Operation
from app.engine.generate import completion
from app.engine.memory import Failure
from app.engine.plan import TYPENAME, Plan, PlannedField
from app.engine.prepared import Prepared
from app.engine.replay import Replay
from app.engine.request import Refused, Request, Result, refusal
from app.engine.run import Run
from app.engine.sources import NotCompiled, Sources
from app.engine.turns import Turns
from app.engine.validation import bounded
from app.engine.variables import VariableReader, Variables

EVERY_KIND: Final = frozenset(OperationType)
# Plans that are kept per operation: one for each combination of its conditions, as far as they come.
MAX_PLANS: Final = 64
# A planned field and its share of the generated functions take about this much memory, measured.
_FIELD_BYTES: Final = 1_300
# The same for a byte of an answer about the schema, which is kept as it is before it is encoded.
_INTROSPECTED_BYTES: Final = 3
# Answers to different variables of one introspecting operation.
MAX_INTROSPECTED: Final = 8
# From this cost on, an operation that has to be run by graphql-core waits for its turn.
HEAVY: Final = 5_000
PublishError = Callable[[GraphQLError, str], GraphQLError]


class Engine:
    """A schema that can be executed.

    publish: makes of every error what a caller may see, and logs what nobody foresaw; its second argument is the
    code of errors that have none. timeout_s: how long one query or mutation may take, and
    a subscription to begin.
    """

    def __init__(
        self, schema: strawberry.Schema, *, store: DocumentStore, publish: PublishError, timeout_s: float | None = None
    ) -> None:
        self.schema: GraphQLSchema = schema._schema  # pyright: ignore[reportPrivateUsage]  # noqa: SLF001
        self.store = store
        self.counts: Counter[str] = Counter()
        """How often operations were `compiled`, `replayed` because something did not fit, or run by `reference`; and
        how often a question about the schema was answered from memory, `introspection_again`."""
        self._publish = bounded(publish, store.limits.message_characters)
        self._deadlines = Deadlines(timeout_s)
        self._turns = Turns()
        self._hide_suggestions = not store.introspection
        self._sources = Sources(schema, hide_suggestions=self._hide_suggestions)

    def prepare(self, request: Request, *, kinds: Collection[OperationType] = EVERY_KIND) -> Prepared:
        """Find or read the document, choose the operation, coerce the variables.

        Raises Refused, with errors as the caller may see them. An operation of another kind than `kinds` is refused
        with the code OPERATION_KIND_NOT_ALLOWED, status 405 and `operationKind` among its extensions; one that may
        cost more than the limit with the code OPERATION_TOO_COSTLY and the facts `cost` and `maxCost`.
        """
        try:
            operation = self.store.find(request).operation(request.operation_name)
        except Refused as refused:
            raise self._published(refused, "GRAPHQL_VALIDATION_FAILED") from None
        if operation.type not in kinds:
            kind = operation.type.value
            message = f"A {kind} cannot be sent this way."
            code = "OPERATION_KIND_NOT_ALLOWED"
            raise refusal(message, code, status=405, is_document_fault=False, operationKind=kind)
        given = request.variables or {}
        if operation.reader is None:
            definitions = tuple(operation.definition.variable_definitions or ())
            operation.reader = VariableReader(self.schema, definitions, hide_suggestions=self._hide_suggestions)
        names: frozenset[str] = operation.reader.names
        if not given.keys() <= names:
            # What nobody asks for would be kept as long as a subscription runs, and tell equal ones apart.
            given = {name: value for name, value in given.items() if name in names}
        variables = operation.reader.read(given)
        if isinstance(variables, list):
            raise self._published(Refused(variables), "BAD_USER_INPUT")
        if operation.cost is None:
            operation.cost = cost_of(self.schema, operation.definition, operation.document.fragments)
        cost = operation.cost.check(variables.coerced, self.store.limits)
        tells_cost = request.extensions.get("cost") is True
        return Prepared(operation, variables, given, self._plan(operation, variables), cost, tells_cost)

    def public(self, error: BaseException, prepared: Prepared) -> GraphQLError:
        """An error of the source of a subscription, as a caller may see it."""
        return self._publish(prepared.located(error), "BAD_USER_INPUT")

    def _published(self, refused: Refused, code: str) -> Refused:
        refused.errors = [self._publish(error, code) for error in refused.errors]
        return refused

    def _plan(self, operation: Operation, variables: Variables) -> Plan | None:
        if operation.conditions is None:
            names = condition_variables(operation.definition, operation.document.fragments)
            # Directives of the operation itself, and conditions that are no Booleans, are rare.
            operation.conditions = None if operation.definition.directives else names
            if operation.conditions is None:
                operation.conditions, operation.plans[()] = (), None
        values: tuple[Any, ...] = tuple(variables.coerced.get(name) for name in operation.conditions)
        if values not in operation.plans:
            if any(type(value) is not bool for value in values):
                return None
            self._keep_plan(operation, values)
        plan: Plan | None = operation.plans[values]
        if plan is not None and plan.fields != plan.counted:
            # It is new, or has met objects of other types since.
            self.store.grow(operation.document, _FIELD_BYTES * (plan.fields - plan.counted))
            plan.counted = plan.fields
        return plan

    def _keep_plan(self, operation: Operation, values: tuple[Any, ...]) -> None:
        try:
            plan = Plan(self._sources, operation, dict(zip(operation.conditions or (), values, strict=True)))
        except NotCompiled:
            plan = None
        if len(operation.plans) >= MAX_PLANS:
            gone = operation.plans.pop(next(iter(operation.plans)))
            self.store.grow(operation.document, -_FIELD_BYTES * (gone.counted if gone else 0))
        operation.plans[values] = plan

    async def execute(self, prepared: Prepared, context: Any) -> Result:
        """Run a query or a mutation. Errors are in the result, as the caller may see them."""
        try:
            with self._deadlines.start():
                if prepared.plan is None:
                    result = await self._uncompiled(prepared, context)
                elif prepared.operation.type is OperationType.MUTATION:
                    result = await self._mutate(prepared, prepared.plan, context)
                else:
                    result = await self._query(prepared, prepared.plan, context)
        except TookTooLong:
            result = Result(None, [self._deadlines.error(prepared.operation.type)])
        if prepared.tells_cost:
            result.extensions["cost"] = {"requested": prepared.cost, "maximum": self.store.limits.max_cost}
        return result

    async def _uncompiled(self, prepared: Prepared, context: Any) -> Result:
        """By graphql-core; what a document asks of the schema alone is answered once, for the schema stands."""
        operation = prepared.operation
        if operation.type is not OperationType.QUERY or not is_introspection(operation):
            return await self.reference(prepared, context)
        key = repr(sorted(prepared.variables.coerced.items()))
        known = operation.introspected.get(key)
        if known is None:
            known = await self.reference(prepared, context)
            if len(operation.introspected) < MAX_INTROSPECTED:
                operation.introspected[key] = known
                size = len(key) + _INTROSPECTED_BYTES * len(known.encode())
                self.store.grow(operation.document, size)
        else:
            self.counts["introspection_again"] += 1
        return Result(known.data, known.errors)

    async def reference(self, prepared: Prepared, context: Any, root: Any = None) -> Result:
        """The same by graphql-core alone: for introspection, and as the yardstick."""
        self.counts["reference"] += 1
        return self._result(await self._replay(prepared).whole(context, root, None))

    def _replay(self, prepared: Prepared) -> Replay:
        return Replay(self.schema, prepared.operation, prepared.given, self._hide_suggestions)

    def _result(self, found: ExecutionResult) -> Result:
        return Result(found.data, [self._publish(error, "BAD_USER_INPUT") for error in found.errors or ()])

    async def _query(self, prepared: Prepared, plan: Plan, context: Any) -> Result:
        run = Run(plan, prepared.variables, context)
        fields = [field for field in plan.root.fields if field.name != TYPENAME]
        data: dict[str, Any] | None = None
        async with run.reading():
            for field in fields:
                await run.resolve_root(field)
            failed = {field.key for field in fields if isinstance(run.slots[field.slot], Failure)}
            try:
                await run.load((field, [run.slots[field.slot]]) for field in fields if field.key not in failed)
                run.build()
                data = {field.key: None if field.key in failed else _answer(field, run) for field in plan.root.fields}
            except Exception:  # whatever it is, graphql-core will find it and say it as it says such things
                failed.clear()
        if data is None:
            return await self._again(prepared, lambda replay: replay.whole(context, None, run.memory))
        if failed:
            return await self._with_failed(prepared, context, run, data, failed)
        self.counts["compiled"] += 1
        return Result(data)

    async def _with_failed(
        self, prepared: Prepared, context: Any, run: Run, data: dict[str, Any], failed: set[str]
    ) -> Result:
        """The answers of the other root fields stand; those that raised get their errors."""
        self.counts["replayed"] += 1
        nodes = [node for field in run.plan.root.fields if field.key in failed for node in field.nodes]
        found = await self._replay(prepared).some_fields(nodes, context, run.memory)
        return self._result(ExecutionResult(None if found.data is None else {**data, **found.data}, found.errors))

    async def _again(self, prepared: Prepared, run: Callable[[Replay], Awaitable[ExecutionResult]]) -> Result:
        """By graphql-core, over what was loaded. It takes many times as long, in one piece: the heavy ones take turns,
        and leave most of the time to everybody else.
        """
        self.counts["replayed"] += 1
        async with self._turns if prepared.cost > HEAVY else nullcontext():
            return self._result(await run(self._replay(prepared)))

    async def _mutate(self, prepared: Prepared, plan: Plan, context: Any) -> Result:
        """One root field after the other, each with what it answers read before the next begins."""
        data: dict[str, Any] = {}
        errors: list[GraphQLError] = []
        for field in plan.root.fields:
            run = Run(plan, prepared.variables, context)
            if field.name != TYPENAME:
                await run.resolve_root(field)
            try:
                if field.name != TYPENAME:
                    async with run.reading():
                        await run.load([(field, [run.slots[field.slot]])])
                run.build()
                data[field.key] = _answer(field, run)
            except Exception:
                self.counts["replayed"] += 1
                found = await self._replay(prepared).some_fields(field.nodes, context, run.memory)
                errors += found.errors or ()
                if found.data is None:
                    return self._result(ExecutionResult(None, errors))
                data |= found.data
        self.counts["compiled"] += 1
        return self._result(ExecutionResult(data, errors))

    async def source(self, prepared: Prepared, context: Any) -> AsyncIterator[Any]:
        """What the root field of a subscription gives: its events. Raises Refused when it does not begin, or not in
        time.
        """
        plan = prepared.plan
        if plan is None or len(plan.root.fields) != 1:
            message = "A subscription has exactly one root field."
            raise self._published(refusal(message, "GRAPHQL_VALIDATION_FAILED"), "GRAPHQL_VALIDATION_FAILED")
        field = plan.root.fields[0]
        run = Run(plan, prepared.variables, context)
        try:
            with self._deadlines.start():
                found = await run.resolve(field, None)
        except TookTooLong:
            raise Refused([self._deadlines.error(prepared.operation.type)]) from None
        except Exception as error:
            raise Refused([self.public(error, prepared)]) from None
        if not hasattr(found, "__aiter__"):
            message = f"The subscription {field.name} gave no stream of events."
            raise TypeError(message)
        return found

    async def run_events(self, prepared: Prepared, context: Any, events: Sequence[Any]) -> list[Result]:
        """The answers to some events of one subscription; relations are loaded for all of them together."""
        plan = prepared.plan
        if plan is None:
            return [await self.reference(prepared, context, event) for event in events]
        field = plan.root.fields[0]
        run = Run(plan, prepared.variables, context)
        try:
            async with run.reading():
                await run.load([(field, list(events))])
            run.build()
            complete = completion(field)
        except Exception:
            complete = _fail
        results: list[Result] = []
        for event in events:
            try:
                results.append(Result({field.key: complete(event, run.slots)}))
                self.counts["compiled"] += 1
            except Exception:
                self.counts["replayed"] += 1
                run.memory.roots[field.key] = event
                results.append(self._result(await self._replay(prepared).whole(context, event, run.memory)))
        return results


def _fail(_event: Any, _slots: Any) -> Any:
    raise Unfit


def _answer(field: PlannedField, run: Run) -> Any:
    if field.name == TYPENAME:
        return field.parent_type.name
    value = run.slots[field.slot]
    if isinstance(value, Failure):
        raise value
    return completion(field)(value, run.slots)
