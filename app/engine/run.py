"""One run of a compiled operation: root fields, then level by level, then the answer.

What was loaded is kept in slots, which the generated functions read, and in a memory, which the reference executor
reads when they find something that does not fit.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any, Final

from strawberry.exceptions import StrawberryGraphQLError
from strawberry.types import Info

from app.engine.abstract import typename_of
from app.engine.fields import Kind, Source
from app.engine.plan import Abstract, Plan, PlannedField, Selection, list_depth
from app.engine.relations import Batch, hashable_arguments
from app.engine.variables import Variables

Frame = tuple[Selection, list[Any]]
RowKey = tuple[int, Any]


class Failure(Exception):
    """Stands for an exception that was raised where a value was wanted. Itself an exception, it fits nowhere."""

    def __init__(self, error: Exception) -> None:
        super().__init__(error)
        self.error = error


class Memory:
    """What was resolved and loaded: nothing of it is asked for again."""

    __slots__ = ("awaited", "roots", "rows")

    def __init__(self) -> None:
        self.roots: dict[str, Any] = {}
        self.rows: dict[RowKey, dict[Any, Any]] = {}
        self.awaited: dict[tuple[int, int], Any] = {}


class PlannedInfo(Info[Any, Any]):
    """What a resolver is told. `columns(*path)`: the attributes that the operation reads of the objects at a path of
    field names below the field; None: any."""

    def __init__(self, field: PlannedField, raw: Any) -> None:
        super().__init__(_raw_info=raw, _field=field.source.declared)  # pyright: ignore[reportArgumentType]
        self.planned = field

    @property
    def variable_values(self) -> dict[str, Any]:
        """The coerced variables."""
        return self._raw_info.variable_values.coerced

    def columns(self, *path: str) -> frozenset[str] | None:
        """Empty when the operation asks for nothing there."""
        child = self.planned.child
        return child.columns_at(*path) if isinstance(child, Selection) else None


class _Call:
    """One call of a batch function for a level."""

    __slots__ = ("arguments", "batch", "columns", "keys", "key", "users")

    def __init__(self, key: RowKey, batch: Batch, arguments: dict[str, Any]) -> None:
        self.key = key
        self.batch = batch
        self.arguments = arguments
        self.keys: dict[Any, None] = {}
        self.columns: set[str] | None = set()
        self.users: list[tuple[PlannedField, list[Any]]] = []


class Run:
    """One run. `load` may be called several times: after each root field of a mutation, or for many events at once."""

    __slots__ = ("_awaiting", "_calls", "_prepared", "context", "memory", "plan", "root", "slots", "variables")

    def __init__(self, plan: Plan, variables: Variables, context: Any, root: Any = None) -> None:
        self.plan = plan
        self.variables = variables
        self.context = context
        self.root = root
        self.slots: list[Any] = []
        self.memory = Memory()
        self._prepared = 0
        self._calls: dict[RowKey, _Call] = {}
        self._awaiting: list[tuple[PlannedField, list[Any]]] = []
        self.prepare()

    def prepare(self) -> None:
        """Read the arguments of fields that were not met before."""
        plan, slots = self.plan, self.slots
        if len(slots) < plan.slots:
            slots += [None] * (plan.slots - len(slots))
        while self._prepared < len(plan.to_prepare):
            field = plan.to_prepare[self._prepared]
            self._prepared += 1
            if field.info_slot >= 0:
                raw = field.raw_info(self.context, self.root, self.variables)
                if field.source.kind is Kind.OTHER:
                    raw = raw._replace(variable_values=self.variables.full())
                slots[field.info_slot] = PlannedInfo(field, raw) if field.source.declared else raw
            if field.arguments_slot >= 0:
                try:
                    is_other = field.source.kind is Kind.OTHER
                    read = field.arguments.raw if is_other else field.arguments.read
                    slots[field.arguments_slot] = read(self.variables)
                except Exception as error:
                    slots[field.arguments_slot] = Failure(error)

    def reading(self) -> AbstractAsyncContextManager[Any]:
        """One connection for what is loaded inside, where the context has such a thing."""
        reading: Callable[[], Any] | None = getattr(self.context, "reading", None)
        return nullcontext() if reading is None else reading()

    async def resolve(self, field: PlannedField, source: Any) -> Any:
        """The value of a field whose resolver may have to be awaited. Raises what the resolver raises."""
        arguments = {} if field.arguments_slot < 0 else self.slots[field.arguments_slot]
        if isinstance(arguments, Failure):
            raise arguments.error
        info = None if field.info_slot < 0 else self.slots[field.info_slot]
        declared = field.source
        if declared.kind is Kind.OTHER:
            raw = getattr(info, "_raw_info", info)
            resolver: Any = declared.definition.resolve
            value = resolver(source, raw, **arguments) if resolver else getattr(source, declared.name)
        elif declared.kind is Kind.FUNCTION:
            if declared.permissions:
                await _check_permissions(declared, source, info, arguments)
            value = declared.call(source, info, dict(arguments))
        else:
            value = getattr(source, declared.name)
        if hasattr(value, "__await__"):
            value = await value
        return value

    async def resolve_root(self, field: PlannedField) -> None:
        """Run one root field and keep what it returned or raised."""
        try:
            value = await self.resolve(field, self.root)
        except Exception as error:
            value = Failure(error)
        self.memory.roots[field.key] = value
        self.slots[field.slot] = value

    async def load(self, starts: Iterable[tuple[PlannedField, list[Any]]]) -> None:
        """Load everything below these values, each relation once per level."""
        for field, values in starts:
            self._descend(field, values)
        while self._calls or self._awaiting:
            calls, awaiting = self._calls, self._awaiting
            self._calls, self._awaiting = {}, []
            for call in calls.values():
                await self._run_call(call)
            for field, parents in awaiting:
                await self._await_each(field, parents)

    def _descend(self, field: PlannedField, values: list[Any]) -> None:
        """Look at the objects below a field for what they need."""
        child = field.child
        if child is None:
            return
        for _ in range(list_depth(field.type)):
            values = [item for one in values if isinstance(one, list | tuple | set | frozenset) for item in one]
        values = [one for one in values if one is not None and not isinstance(one, BaseException)]
        if not values:
            return
        if isinstance(child, Abstract):
            for selection, some in self._by_type(child, values):
                self._expand(selection, some)
        elif child.has_steps:
            self._expand(child, values)

    def _by_type(self, abstract: Abstract, values: list[Any]) -> Iterable[Frame]:
        groups: dict[str, list[Any]] = {}
        for value in values:
            try:
                groups.setdefault(typename_of(abstract, value), []).append(value)
            except Exception:  # noqa: BLE001, S112  # the reference executor will meet and report it
                continue
        frames = [(abstract.selection(typename), some) for typename, some in groups.items()]
        self.prepare()
        return frames

    def _expand(self, selection: Selection, parents: list[Any]) -> None:
        for field in selection.steps:
            if field.source.kind is Kind.RELATION:
                self._want(field, parents)
            else:
                self._awaiting.append((field, parents))
        for field in selection.ways_down:
            self._descend(field, self._values(field, parents))

    def _values(self, field: PlannedField, parents: list[Any]) -> list[Any]:
        """The values of a field that needs no waiting; those of functions are kept, to be made once."""
        values: list[Any] = []
        kept: dict[int, Any] = {}
        for parent in parents:
            try:
                if field.source.kind is Kind.FUNCTION:
                    value = kept[id(parent)] = self._call(field, parent)
                else:
                    value = getattr(parent, field.source.name)
            except Exception:  # noqa: BLE001, S112  # the reference executor will meet and report it
                continue
            values.append(value)
        if field.slot >= 0:
            self.slots[field.slot] = kept
        return values

    def _call(self, field: PlannedField, parent: Any) -> Any:
        arguments = {} if field.arguments_slot < 0 else self.slots[field.arguments_slot]
        if isinstance(arguments, Failure):
            raise arguments.error
        info = None if field.info_slot < 0 else self.slots[field.info_slot]
        return field.source.call(parent, info, dict(arguments))

    def _want(self, field: PlannedField, parents: list[Any]) -> None:
        batch: Any = field.source.batch
        arguments = {} if field.arguments_slot < 0 else self.slots[field.arguments_slot]
        if isinstance(arguments, Failure):
            self.slots[field.slot] = arguments
            return
        key = (id(batch), hashable_arguments(arguments))
        try:
            call = self._calls.get(key)
        except TypeError:  # an argument that cannot be a key: loaded for this field alone
            key, call = (id(batch), id(field)), None
        if call is None:
            call = self._calls[key] = _Call(key, batch, arguments)
        keys = _keys(batch, parents)
        call.keys.update(dict.fromkeys(keys))
        call.users.append((field, keys))
        columns = field.row_columns()
        if columns is None:
            call.columns = None
        elif call.columns is not None:
            call.columns |= columns

    async def _run_call(self, call: _Call) -> None:
        keys = list(call.keys)
        memory = self.memory.rows.setdefault(call.key, {})
        found: Any = {}
        try:
            if keys:
                columns = None if call.columns is None else frozenset(call.columns)
                found = await call.batch.load(self.context, keys, columns, **call.arguments)
            memory.update((key, found.get(key)) for key in keys)
        except Exception as error:
            failure: Any = Failure(error)
            memory.update(dict.fromkeys(keys, failure))
            for field, _ in call.users:
                self.slots[field.slot] = failure
            return
        for field, wanted in call.users:
            self.slots[field.slot] = found
            if field.child is not None:
                self._descend(field, [found[key] for key in dict.fromkeys(wanted) if key in found])

    async def _await_each(self, field: PlannedField, parents: Sequence[Any]) -> None:
        kept: dict[int, Any] = {}
        for parent in parents:
            if id(parent) in kept:
                continue
            try:
                kept[id(parent)] = await self.resolve(field, parent)
            except Exception as error:
                kept[id(parent)] = Failure(error)
            self.memory.awaited[id(parent), id(field.nodes[0])] = kept[id(parent)]
        self.slots[field.slot] = kept
        self._descend(field, list(kept.values()))


def _keys(batch: Batch, parents: list[Any]) -> list[Any]:
    """The keys of the parents that have one."""
    try:
        keys = list(map(batch.key, parents))
    except Exception:  # one of them has none; the reference executor will meet and report it
        keys = []
        for parent in parents:
            try:
                keys.append(batch.key(parent))
            except Exception:  # noqa: BLE001, S112
                continue
    return [key for key in keys if key is not None] if None in keys else keys


async def _check_permissions(declared: Source, source: Any, info: Any, arguments: dict[str, Any]) -> None:
    for permission in declared.permissions:
        allowed = permission.has_permission(source, info, **arguments)
        if hasattr(allowed, "__await__"):
            allowed = await allowed
        if allowed is not True:
            permission.on_unauthorized()
            raise StrawberryGraphQLError(message=permission.message or "Not allowed.")
