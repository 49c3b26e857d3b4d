"""What a compiled operation consists of: one selection per object type and place, its fields, its steps."""

from functools import cached_property
from typing import Any, Final

from graphql import (
    FieldNode,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    SelectionSetNode,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
)
from graphql.pyutils import Path, is_awaitable

from app.engine.collect import Conditions, collect
from app.engine.columns import columns_read
from app.engine.documents import Operation
from app.engine.fields import Kind
from app.engine.relations import Entity
from app.engine.sources import NotCompiled, Sources

TYPENAME: Final = "__typename"
Columns = frozenset[str] | None


class Plan:
    """An operation for given values of its conditions. Selections of abstract types are added when they are met."""

    def __init__(self, sources: Sources, operation: Operation, conditions: Conditions) -> None:
        self.sources = sources
        self.operation = operation
        self.fragments = operation.document.fragments
        self.conditions = conditions
        self.fields = 0
        """How many it plans: its memory grows with them."""
        self.counted = 0
        """How many of them the store of documents knows of."""
        self.template: list[Any] = []
        """The places that a run keeps loaded rows, arguments and infos in, with what is the same in every run."""
        self.to_prepare: list[PlannedField] = []
        """Fields whose arguments or info a run reads before anything else."""
        self._relations: dict[int, list[PlannedField]] = {}
        self._row_columns: dict[int, Columns] = {}
        root = sources.schema.get_root_type(operation.type)
        if root is None:
            raise NotCompiled(operation.type.value)
        self.root = Selection(self, root, [operation.definition.selection_set])

    def row_columns(self, field: "PlannedField") -> Columns:
        """The columns that rows of a field's relation need anywhere in the operation, so that no level loads anew what
        another one has loaded with fewer.
        """
        batch = id(field.source.batch)
        if batch not in self._row_columns:
            wanted: set[str] | None = set()
            for one in self._relations.get(batch, ()):
                columns = one.row_columns()
                wanted = None if columns is None or wanted is None else wanted | columns
            self._row_columns[batch] = None if wanted is None else frozenset(wanted)
        return self._row_columns[batch]

    def add_relation(self, field: "PlannedField") -> None:
        """Note a field that follows a relation."""
        batch = id(field.source.batch)
        self._relations.setdefault(batch, []).append(field)
        self._row_columns.pop(batch, None)

    def new_slot(self) -> int:
        """The number of a place that nobody else uses."""
        self.template.append(None)
        return len(self.template) - 1


class Selection:
    """The fields that are wanted of objects of one type at one place of the operation."""

    def __init__(self, plan: Plan, runtime_type: GraphQLObjectType, selection_sets: list[SelectionSetNode]) -> None:
        self.plan = plan
        self.type = runtime_type
        collected = collect(plan.sources.schema, plan.fragments, plan.conditions, runtime_type, selection_sets)
        self.fields = [PlannedField(self, key, nodes) for key, nodes in collected.items()]
        self.steps = [field for field in self.fields if field.is_step]
        # Objects that come without waiting and have steps below, or may have.
        self.ways_down = [field for field in self.fields if not field.is_step and field.leads_to_steps]
        self.builders: Any = None
        """Set by the generator: class of the object to the function that builds its answer."""
        self.functions: dict[tuple[bool, bool], Any] = {}
        self._columns_at: dict[tuple[str, ...], Columns] = {}

    @property
    def has_steps(self) -> bool:
        """Whether something has to be loaded for its objects, or below."""
        return bool(self.steps or self.ways_down)

    @cached_property
    def columns(self) -> Columns:
        """The attributes that are read of an object; None: unknown, all of them.

        Of an object that is an attribute itself, `x.y` says that its `y` is read, `x.*` that nobody knows what is.
        """
        wanted: set[str] = set()
        for field in self.fields:
            read = field.columns_read()
            if read is None:
                return None
            wanted |= read
            if field.child is not None and field.source.kind is Kind.ATTRIBUTE:
                below = field.child.columns if isinstance(field.child, Selection) else None
                wanted.update(f"{field.source.name}.{one}" for one in (("*",) if below is None else below))
        return frozenset(wanted)

    def columns_at(self, *path: str) -> Columns:
        """The attributes that are read of the objects at a path of field names below; empty when nobody asks."""
        if not path:
            return self.columns
        if path not in self._columns_at:
            self._columns_at[path] = self._find_columns(path)
        return self._columns_at[path]

    def _find_columns(self, path: tuple[str, ...]) -> Columns:
        wanted: set[str] = set()
        for field in self.fields:
            if field.name == path[0]:
                child = field.child
                below = child.columns_at(*path[1:]) if isinstance(child, Selection) else None
                if below is None:
                    return None
                wanted |= below
        return frozenset(wanted)


class Abstract:
    """A place where objects of several types may stand; each has a selection of its own, made when it is met."""

    def __init__(self, plan: Plan, named: Any, selection_sets: list[SelectionSetNode], field: "PlannedField") -> None:
        self.plan = plan
        self.type = named
        self.field = field
        possible = plan.sources.schema.get_possible_types(named)
        self.possible = frozenset(each.name for each in possible)
        self.entities = frozenset(each.name for each in possible if is_entity(each))
        """Possible types whose objects name theirs themselves."""
        self._selection_sets = selection_sets
        self._selections: dict[str, Selection] = {}
        self.builders: Any = None
        self.typenames: dict[type, str] = {}
        """Of classes whose objects are all of one type."""
        self.info = field.raw_info(None, None, None)

    def selection(self, typename: str) -> Selection:
        """For a possible type."""
        found = self._selections.get(typename)
        if found is None:
            runtime_type: Any = self.plan.sources.schema.get_type(typename)
            found = self._selections[typename] = Selection(self.plan, runtime_type, self._selection_sets)
        return found


class PlannedField:
    """One key of the answer."""

    def __init__(self, parent: Selection, key: str, nodes: list[FieldNode]) -> None:
        self.plan = parent.plan
        self.plan.fields += 1
        self.parent_type = parent.type
        self.key = key
        self.nodes = nodes
        self.name = nodes[0].name.value
        self.child: Selection | Abstract | None = None
        self.is_step = False
        self.slot = -1
        self.arguments_slot = -1
        self.info_slot = -1
        self.leaf_slot = -1
        self.complete: Any = None
        """Set by the generator for root fields: the function that completes the value."""
        if self.name == TYPENAME:
            return
        self.source = self.plan.sources.of(parent.type, self.name)
        self.type: GraphQLOutputType = self.source.definition.type
        self.arguments = self.plan.sources.arguments(self.source, self.nodes[0])
        self._make_child()
        self._take_slots(is_root=parent.type is self.plan.sources.schema.get_root_type(self.plan.operation.type))

    def _make_child(self) -> None:
        named = get_named_type(self.type)
        if is_leaf_type(named):
            return
        selection_sets = [node.selection_set for node in self.nodes if node.selection_set is not None]
        if is_abstract_type(named):
            self.child = Abstract(self.plan, named, selection_sets, self)
        elif isinstance(named, GraphQLObjectType):
            self.child = Selection(self.plan, named, selection_sets)

    def _take_slots(self, *, is_root: bool) -> None:
        source = self.source
        plain = source.kind is Kind.ATTRIBUTE or (
            source.kind is Kind.FUNCTION and not source.is_async and not source.permissions
        )
        self.is_step = is_root or not plain
        if self.is_step or (self.leads_to_steps and source.kind is Kind.FUNCTION):
            self.slot = self.plan.new_slot()
        if not self.arguments.is_empty or source.kind is Kind.OTHER:
            self.arguments_slot = self.plan.new_slot()
        if source.leaf is not None and not self.is_step:
            self.leaf_slot = self.plan.new_slot()
        elif source.info_name is not None or source.permissions or source.kind is Kind.OTHER:
            self.info_slot = self.plan.new_slot()
        if source.kind is Kind.RELATION:
            self.plan.add_relation(self)
        if self._is_different_in_each_run():
            self.plan.to_prepare.append(self)

    def _is_different_in_each_run(self) -> bool:
        """Put what is the same in every run into the template; whether something else is left."""
        source, template, is_left = self.source, self.plan.template, self.info_slot >= 0
        if self.arguments_slot >= 0:
            constant = None if source.kind is Kind.OTHER else self.arguments.constant
            template[self.arguments_slot] = constant
            is_left = is_left or constant is None
        if self.leaf_slot >= 0 and source.leaf is not None:
            if source.leaf.is_constant:
                template[self.leaf_slot] = source.leaf.make(None)
            else:
                is_left = True
        return is_left

    @cached_property
    def is_built_with_its_level(self) -> bool:
        """Whether its slot holds answers that are built already: those of a relation to objects."""
        return self.source.kind is Kind.RELATION and self.child is not None

    @property
    def leads_to_steps(self) -> bool:
        """Whether something below has to be loaded, as far as that can be known before objects are seen."""
        return isinstance(self.child, Abstract) or (self.child is not None and self.child.has_steps)

    def columns_read(self) -> Columns:
        """The attributes of the parent object that it reads."""
        if self.name == TYPENAME:
            return frozenset()
        declared = self.source.declared
        return None if declared is None else columns_read(declared)

    def row_columns(self) -> Columns:
        """The attributes that are read of the rows it leads to."""
        return self.child.columns if isinstance(self.child, Selection) else None

    def raw_info(self, context: Any, root: Any, variables: Any) -> Any:
        """What graphql-core tells a resolver. The path names the field, not its place in lists."""
        operation = self.plan.operation
        return GraphQLResolveInfo(
            self.name,
            self.nodes,
            self.type,
            self.parent_type,
            Path(None, self.key, self.parent_type.name),
            self.plan.sources.schema,
            dict(self.plan.fragments),
            root,
            operation.definition,
            variables,
            context,
            is_awaitable,
            None,
            None,  # pyright: ignore[reportArgumentType]
        )


def is_entity(named: GraphQLObjectType) -> bool:
    """Whether the type believes what its objects say in `typename__`."""
    return getattr(named.is_type_of, "__func__", None) is Entity.is_type_of.__func__


def list_depth(declared: Any) -> int:
    """How many lists stand around the named type."""
    depth = 0
    while isinstance(declared, GraphQLNonNull | GraphQLList):
        depth += isinstance(declared, GraphQLList)
        declared = declared.of_type
    return depth
