"""One run of a compiled operation: root fields, then level by level, then the answer.

What was loaded is kept in slots, which the generated functions read, and in a memory, which the reference executor
reads when they find something that does not fit.
"""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from itertools import chain
from typing import Any, Final

from app.engine.abstract import Unfit, typename_of
from app.engine.calls import Call, keys_of
from app.engine.fields import Kind, check_permissions
from app.engine.generate import builders_of
from app.engine.info import PlannedInfo
from app.engine.memory import Awaited, CallKey, Failure, Loaded, Memory
from app.engine.plan import Abstract, Plan, PlannedField, Selection, list_depth
from app.engine.relations import hashable_arguments
from app.engine.variables import Variables

_LISTS: Final = {list, tuple}
_COLLECTIONS: Final = {list, tuple, set, frozenset}
_NO_OBJECTS: Final = (type(None), BaseException)
Frame = tuple[Selection, list[Any]]


class Run:
    """One run. `load` may be called several times: after each root field of a mutation, or for many events at once."""

    __slots__ = (
        "_awaiting",
        "_calls",
        "_has_waited",
        "_loaded",
        "_prepared",
        "context",
        "memory",
        "plan",
        "root",
        "slots",
        "variables",
    )

    def __init__(self, plan: Plan, variables: Variables, context: Any, root: Any = None) -> None:
        self.plan = plan
        self.variables = variables
        self.context = context
        self.root = root
        self.slots = plan.template.copy()
        self.memory = Memory()
        self._prepared = 0
        self._has_waited = False
        self._calls: dict[CallKey, Call] = {}
        self._awaiting: list[tuple[PlannedField, list[Any]]] = []
        self._loaded: list[tuple[PlannedField, dict[Any, Any], list[Any]]] = []
        self.prepare()

    def prepare(self) -> None:
        """Read the arguments of fields that were not met before."""
        plan, slots = self.plan, self.slots
        if len(slots) < len(plan.template):
            slots += plan.template[len(slots) :]
        while self._prepared < len(plan.to_prepare):
            field = plan.to_prepare[self._prepared]
            self._prepared += 1
            if field.info_slot >= 0:
                slots[field.info_slot] = self._info(field)
            if field.arguments_slot >= 0 and slots[field.arguments_slot] is None:
                try:
                    is_other = field.source.kind is Kind.OTHER
                    read = field.arguments.raw if is_other else field.arguments.read
                    slots[field.arguments_slot] = read(self.variables)
                except Exception as error:
                    slots[field.arguments_slot] = Failure(error)
            if field.leaf_slot >= 0 and slots[field.leaf_slot] is None:
                slots[field.leaf_slot] = self._leaf(field)

    def _leaf(self, field: PlannedField) -> Any:
        """The function of the column's value; a Failure cannot be called, so that its field is found unfit."""
        arguments = {} if field.arguments_slot < 0 else self.slots[field.arguments_slot]
        try:
            return field.source.leaf.make(self.context, **arguments)  # pyright: ignore[reportOptionalMemberAccess]
        except Exception as error:
            return Failure(error)

    def _info(self, field: PlannedField) -> Any:
        if field.source.declared is None:
            return field.raw_info(self.context, self.root, self.variables.full())
        return PlannedInfo(field, self.context, self.root, self.variables)

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
                await check_permissions(declared, source, info, arguments)
            value = declared.call(source, info, dict(arguments))
        else:
            value = getattr(source, declared.name)
        if hasattr(value, "__await__"):
            self._has_waited = True
            value = await value
        return value

    async def resolve_root(self, field: PlannedField) -> None:
        """Run one root field and keep what it returned or raised."""
        value, remembered = await self._attempt(field, self.root)
        self.memory.roots[field.key] = remembered
        self.slots[field.slot] = value

    async def _attempt(self, field: PlannedField, source: Any) -> tuple[Any, Any]:
        """What a resolver returned or a Failure, and the same as the memory keeps it."""
        self._has_waited = field.source.is_async
        try:
            value = await self.resolve(field, source)
        except Exception as error:
            value = Failure(error)
        return value, Awaited(value) if self._has_waited else value

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

    def build(self) -> None:
        """Put answers into the place of the rows of relations, the deepest first. Raises where something is unfit."""
        slots = self.slots
        while self._loaded:
            field, groups, rows = self._loaded.pop()
            answers = builders_of(field.child).many(rows, slots)  # pyright: ignore[reportArgumentType]
            if field.source.batch.many:  # pyright: ignore[reportOptionalMemberAccess]
                built: dict[Any, Any] = {}
                start = 0
                for key, group in groups.items():
                    end = start + len(group)
                    built[key] = answers[start:end]
                    start = end
                slots[field.slot] = built
            else:
                slots[field.slot] = dict(zip(groups, answers, strict=True))

    def _descend(self, field: PlannedField, values: list[Any]) -> None:
        """Look at the objects below a field for what they need."""
        child = field.child
        if child is None:
            return
        for _ in range(list_depth(field.type)):
            values = list(chain.from_iterable(one for one in values if type(one) in _COLLECTIONS))
        if any(issubclass(cls, _NO_OBJECTS) for cls in set(map(type, values))):
            values = [one for one in values if not isinstance(one, _NO_OBJECTS)]
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
            except Exception:  # noqa: S112  # the reference executor will meet and report it
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
            except Exception:  # noqa: S112  # the reference executor will meet and report it
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
            call = self._calls[key] = Call(key, batch, arguments)
        keys = dict.fromkeys(keys_of(batch, parents))
        call.keys = {**call.keys, **keys} if call.keys else keys
        call.users.append((field, keys))
        columns = self.plan.row_columns(field)
        if columns is None:
            call.columns = None
        elif call.columns is not None:
            call.columns |= columns

    async def _run_call(self, call: Call) -> None:
        columns = None if call.columns is None else frozenset(call.columns)
        known = self.memory.known(call.key, call.keys, columns) if call.key in self.memory.rows else {}
        keys = [key for key in call.keys if key not in known]
        try:
            found: Any = await call.batch.load(self.context, keys, columns, **call.arguments) if keys else {}
            get = found.get
        except Exception as error:
            found = Failure(error)
            self.memory.remember(call.key, Loaded(keys, columns, found))
            for field, _ in call.users:
                self.slots[field.slot] = found
            return
        self.memory.remember(call.key, Loaded(keys, columns, found))
        if known:
            found = {**{key: get(key) for key in keys}, **known}
            get = found.get
        for field, wanted in call.users:
            self.slots[field.slot] = found
            if field.child is not None:
                self._follow(field, get, wanted)

    def _follow(self, field: PlannedField, get: Callable[[Any], Any], wanted: Iterable[Any]) -> None:
        """The rows of a relation: what they need in turn, and that answers have to be built of them."""
        groups = {key: rows for key in wanted if (rows := get(key)) is not None}
        batch: Any = field.source.batch
        rows: Any = groups.values()
        if batch.many:
            if not set(map(type, rows)) <= _LISTS:
                self.slots[field.slot] = Failure(Unfit())
                return
            rows = chain.from_iterable(rows)
        rows = list(rows)
        self._loaded.append((field, groups, rows))
        child = field.child
        if not rows or child is None:
            return
        if isinstance(child, Abstract):
            for selection, some in self._by_type(child, rows):
                self._expand(selection, some)
        elif child.has_steps:
            self._expand(child, rows)

    async def _await_each(self, field: PlannedField, parents: Sequence[Any]) -> None:
        kept: dict[int, Any] = {}
        for parent in parents:
            if id(parent) in kept:
                continue
            kept[id(parent)], remembered = await self._attempt(field, parent)
            self.memory.awaited[id(parent), id(field.nodes[0])] = remembered
        self.slots[field.slot] = kept
        self._descend(field, list(kept.values()))
