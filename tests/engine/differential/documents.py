"""Random documents: valid for the schema by construction, with every construct that an executor must know."""

from dataclasses import dataclass, field
from typing import Any, Final

from graphql import (
    GraphQLCompositeType,
    GraphQLField,
    GraphQLNonNull,
    GraphQLSchema,
    GraphQLUnionType,
    OperationType,
    Undefined,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    specified_scalar_types,
)

from tests.engine.differential.cases import Case, Fragment, Run, Size
from tests.engine.differential.choices import Choices
from tests.engine.differential.scopes import Scope, Slot, Use
from tests.engine.differential.values import ABSENT, Inputs, Usage, Vocabulary

# Also words that a careless compiler would use for itself.
ALIASES: Final = ("a", "b", "c", "id", "name", "class", "None", "self", "data", "_", "x1", "__typename_", "context")
BOOLEAN: Final = GraphQLNonNull(specified_scalar_types["Boolean"])
INTROSPECTION: Final = (
    '__type(name: "Query") { name kind fields { name } }',
    "__schema { queryType { name __typename } }",
    'type: __type(name: "Nothing") { name }',
)


@dataclass
class Writer:
    """Writes one document."""

    schema: GraphQLSchema
    choices: Choices
    vocabulary: Vocabulary = field(default_factory=Vocabulary)
    size: Size = field(default_factory=Size)
    kinds: tuple[OperationType, ...] = (OperationType.QUERY,)

    def __post_init__(self) -> None:
        self.inputs = Inputs(self.schema, self.choices, self.vocabulary)
        self.fragments: list[Fragment] = []
        self._unfinished = 0
        self._left = self.size.fields

    def case(self) -> Case:
        """The document, with runs of it."""
        texts: list[str] = []
        operations: list[tuple[str | None, OperationType, Usage]] = []
        # Mostly one operation; several have names.
        count = 1 if not self.choices.chance(12) else 2 + self.choices.below(2)
        is_named = count > 1 or self.choices.chance(30)
        for number in range(count):
            self._left = max(self._left, 5)
            name = f"Op{number}" if is_named else None
            kind = self.choices.pick(self.kinds)
            text, usage = self._operation(kind, name)
            texts.append(text)
            operations.append((name, kind, usage))
        used = set[str]().union(*(usage.fragments for _, _, usage in operations))
        texts.extend(fragment.text for fragment in self.fragments if fragment.name in used)
        if self.choices.chance(30):
            texts.reverse()
        runs = [self._run(*self.choices.pick(operations)) for _ in range(1 + self.choices.below(3))]
        return Case("\n".join(texts), tuple(runs))

    def _run(self, name: str | None, kind: OperationType, usage: Usage) -> Run:
        sent = {variable: self.inputs.sent(self.inputs.declared[variable]) for variable in sorted(usage.variables)}
        given = {variable: value for variable, value in sent.items() if value is not ABSENT}
        return Run(name, kind, {**given, "unknown": [1]} if self.choices.chance(3) else given)

    def _operation(self, kind: OperationType, name: str | None) -> tuple[str, Usage]:
        root = self.schema.get_root_type(kind)
        assert root is not None
        usage, scope = Usage(), Scope()
        if kind is OperationType.SUBSCRIPTION:
            body = self._one_root_field(root, scope, usage)
        else:
            body = self._selections(root, scope, self.size.depth, usage)
            if kind is OperationType.QUERY and self.choices.chance(2):
                body = f"{body} {self.choices.pick(INTROSPECTION)}"
        declarations: list[str] = []
        for variable in sorted(usage.variables):
            declared = self.inputs.declared[variable]
            default = "" if declared.default is ABSENT else f" = {self.inputs.text(declared.default, declared.type)}"
            declarations.append(f"${variable}: {declared.type}{default}")
        variables = f"({', '.join(declarations)})" if declarations else ""
        is_short = kind is OperationType.QUERY and name is None and not variables and self.choices.chance(50)
        return ("" if is_short else f"{kind.value} {name or ''}{variables} ") + f"{{ {body} }}", usage

    # ── selections ───────────────────────────────────────────────────────────────────────────────────────────────

    def _selections(self, parent: GraphQLCompositeType, scope: Scope, depth: int, usage: Usage) -> str:
        written: list[str] = []
        for _ in range(1 + self.choices.below(5)):
            if self._left <= 0:
                break
            self._left -= 1
            text = self._selection(parent, scope, depth, usage)
            if text:
                written.append(text)
        return " ".join(written) or self._plain(parent, scope, usage)

    def _plain(self, parent: GraphQLCompositeType, scope: Scope, usage: Usage) -> str:
        """The shortest thing that can always be selected."""
        text = self._field(parent, scope, 1, usage) if self.choices.chance(70) else None
        key = "__typename"
        if text is None:
            scope.add(key, parent, None, Use(key, ()))
        return text or key

    def _selection(self, parent: GraphQLCompositeType, scope: Scope, depth: int, usage: Usage) -> str | None:
        kind = self.choices.weighted(field=60, again=10, inline=12, spread=8, known=6, typename=4)
        if kind == "field":
            return self._field(parent, scope, depth, usage)
        if kind == "again":
            return self._again(parent, scope, depth, usage)
        if kind == "inline":
            return self._inline(parent, scope, depth, usage)
        if kind == "typename":
            return self._typename(parent, scope, usage)
        if kind == "spread" and len(self.fragments) + self._unfinished < self.size.fragments:
            return self._new_fragment(parent, scope, depth, usage)
        return self._known_fragment(parent, scope, depth, usage)

    def _typename(self, parent: GraphQLCompositeType, scope: Scope, usage: Usage) -> str | None:
        key = self._key("__typename")
        if scope.add(key, parent, None, Use("__typename", ())) is None:
            return None
        return f"{_aliased(key, '__typename')}{self._directives(usage)}"

    def _field(self, parent: GraphQLCompositeType, scope: Scope, depth: int, usage: Usage) -> str | None:
        if isinstance(parent, GraphQLUnionType):
            return None
        leaves, others = [], []
        for name, declared in parent.fields.items():
            if f"{parent.name}.{name}" not in self.vocabulary.left_out:
                is_leaf = not is_composite_type(get_named_type(declared.type))
                (leaves if is_leaf else others).append((name, declared))
        goes_down = depth > 1 and bool(others) and (not leaves or self.choices.chance(55))
        candidates = others if goes_down else leaves
        if not candidates:
            return None
        name, declared = self.choices.pick(candidates)
        arguments, variables = self._arguments(name, declared)
        use = Use(name, arguments, frozenset(variables))
        for _ in range(3):
            key = self._key(name)
            slot = scope.add(key, parent, declared, use)
            if slot is not None:
                return self._written(key, declared, use, slot, depth, usage)
        return None

    def _again(self, parent: GraphQLCompositeType, scope: Scope, depth: int, usage: Usage) -> str | None:
        """A field that is selected at this place already, once more: the two are merged."""
        known = [key for key, slot in scope.slots.items() if parent.name in slot.uses]
        if not known or isinstance(parent, GraphQLUnionType):
            return None
        key = self.choices.pick(known)
        slot = scope.slots[key]
        use, _ = slot.uses[parent.name]
        if use.field == "__typename":
            return f"{_aliased(key, '__typename')}{self._directives(usage)}"
        return self._written(key, parent.fields[use.field], use, slot, depth, usage)

    def _written(  # noqa: PLR0917  # all that a field has
        self, key: str, declared: GraphQLField, use: Use, slot: Slot, depth: int, usage: Usage
    ) -> str:
        usage.variables |= use.variables
        given = list(use.arguments)
        if len(given) > 1 and self.choices.chance(30):
            given.reverse()
        arguments = f"({', '.join(f'{name}: {text}' for name, text in given)})" if given else ""
        head = f"{_aliased(key, use.field)}{arguments}{self._directives(usage)}"
        if slot.children is None:
            return head
        inner: Any = get_named_type(declared.type)
        return f"{head} {{ {self._selections(inner, slot.children, depth - 1, usage)} }}"

    def _arguments(self, field_name: str, declared: GraphQLField) -> tuple[tuple[tuple[str, str], ...], set[str]]:
        usage, given = Usage(), {}
        for name, argument in declared.args.items():
            has_default = argument.default_value is not Undefined
            is_required = isinstance(argument.type, GraphQLNonNull) and not has_default
            hint = f"{field_name}.{name}"
            if hint not in self.vocabulary.arguments and hint not in self.vocabulary.seldom:
                hint = name
            if is_required or self.choices.chance(self.vocabulary.likelihood(hint)):
                value = self.inputs.literal(argument.type, hint, usage, has_default=has_default)
                given[name] = self.inputs.text(value, argument.type)
        return tuple(sorted(given.items())), usage.variables

    def _key(self, name: str) -> str:
        return self.choices.pick(ALIASES) if self.choices.chance(25) else name

    def _directives(self, usage: Usage) -> str:
        kind = self.choices.weighted(none=84, skip=6, include=7, both=3)
        wanted = ["skip", "include"] if kind == "both" else [kind]
        if kind == "both" and self.choices.chance(50):
            wanted.reverse()
        return "" if kind == "none" else "".join(f" @{name}(if: {self._condition(usage)})" for name in wanted)

    def _condition(self, usage: Usage) -> str:
        if self.choices.chance(50):
            return f"${self.inputs.variable(BOOLEAN, 'if', usage)}"
        return self.choices.pick(["true", "false"])

    # ── fragments ────────────────────────────────────────────────────────────────────────────────────────────────

    def _overlapping(self, parent: GraphQLCompositeType) -> list[GraphQLCompositeType]:
        """Types that a fragment may be on where `parent` is: at least one object is of both."""
        mine = self._possible(parent)
        found = {
            type_.name: type_
            for type_ in self.schema.type_map.values()
            if is_composite_type(type_) and not type_.name.startswith("__") and self._possible(type_) & mine
        }
        return [parent, *(type_ for name, type_ in found.items() if name != parent.name)]

    def _possible(self, type_: Any) -> set[str]:
        if is_abstract_type(type_):
            return {possible.name for possible in self.schema.get_possible_types(type_)}
        return {type_.name}

    def _inline(self, parent: GraphQLCompositeType, scope: Scope, depth: int, usage: Usage) -> str:
        if self.choices.chance(25):
            return f"...{self._directives(usage)} {{ {self._selections(parent, scope, depth, usage)} }}"
        on = self.choices.pick(self._overlapping(parent))
        return f"... on {on.name}{self._directives(usage)} {{ {self._selections(on, scope, depth, usage)} }}"

    def _new_fragment(self, parent: GraphQLCompositeType, scope: Scope, depth: int, usage: Usage) -> str | None:
        on = self.choices.pick(self._overlapping(parent))
        own, inside = Scope(), Usage()
        self._unfinished += 1
        text = self._selections(on, own, depth, inside)
        self._unfinished -= 1
        name = f"F{len(self.fragments)}"
        inside.fragments.add(name)
        fragment = Fragment(name, on, f"fragment {name} on {on.name} {{ {text} }}", own, inside)
        self.fragments.append(fragment)
        return self._spread(fragment, scope, usage)

    def _known_fragment(self, parent: GraphQLCompositeType, scope: Scope, depth: int, usage: Usage) -> str | None:
        names = {type_.name for type_ in self._overlapping(parent)}
        known = [each for each in self.fragments if each.on.name in names and each.scope.height() <= depth]
        return self._spread(self.choices.pick(known), scope, usage) if known else None

    def _spread(self, fragment: Fragment, scope: Scope, usage: Usage) -> str | None:
        if not scope.fits(fragment.scope):
            return None
        scope.merge(fragment.scope)
        usage.add(fragment.usage)
        return f"...{fragment.name}{self._directives(usage)}"

    # ── subscriptions ────────────────────────────────────────────────────────────────────────────────────────────

    def _one_root_field(self, root: GraphQLCompositeType, scope: Scope, usage: Usage) -> str:
        """One field, perhaps in several pieces, none of them under a condition."""
        assert not isinstance(root, GraphQLUnionType)
        name = self.choices.pick(list(root.fields))
        declared = root.fields[name]
        arguments, variables = self._arguments(name, declared)
        usage.variables |= variables
        key = self._key(name)
        use = Use(name, arguments)
        slot = scope.add(key, root, declared, use)
        assert slot is not None
        given = f"({', '.join(f'{argument}: {text}' for argument, text in arguments)})" if arguments else ""
        pieces: list[str] = []
        for _ in range(1 + self.choices.below(2)):
            inside = ""
            if slot.children is not None:
                inner: Any = get_named_type(declared.type)
                inside = f" {{ {self._selections(inner, slot.children, self.size.depth - 1, usage)} }}"
            text = f"{_aliased(key, name)}{given}{inside}"
            pieces.append(text if self.choices.chance(70) else f"... on {root.name} {{ {text} }}")
        return " ".join(pieces)


def _aliased(key: str, name: str) -> str:
    return name if key == name else f"{key}: {name}"
