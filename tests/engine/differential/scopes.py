"""What is selected at one place of an answer, so that two fields under one key never contradict each other."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from graphql import GraphQLCompositeType, GraphQLField, get_named_type, is_composite_type, is_object_type

Arguments = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Use:
    """A field with its arguments, as text in the order of their names, and the variables in them."""

    field: str
    arguments: Arguments
    variables: frozenset[str] = frozenset()


@dataclass
class Slot:
    """All that shares one key. uses: by the name of the parent's type; children: None for leaves."""

    shape: str
    uses: dict[str, tuple[Use, bool]] = field(default_factory=dict[str, tuple[Use, bool]])
    children: "Scope | None" = None

    def takes(self, parent: str, use: Use, *, is_object: bool) -> bool:
        """Whether this field may stand here as well: equal fields, or parents that no object has both."""
        return all(
            (other.field, other.arguments) == (use.field, use.arguments)
            or (parent != other_parent and is_object and other_is_object)
            for other_parent, (other, other_is_object) in self.uses.items()
        )

    def copy(self) -> "Slot":
        """Independent of this one."""
        return Slot(self.shape, dict(self.uses), None if self.children is None else self.children.copy())


class Scope:
    """Slots by key."""

    def __init__(self, slots: Mapping[str, Slot] | None = None) -> None:
        self.slots: dict[str, Slot] = dict(slots or {})

    def copy(self) -> "Scope":
        """Independent of this one."""
        return Scope({key: slot.copy() for key, slot in self.slots.items()})

    def add(self, key: str, parent: GraphQLCompositeType, declared: GraphQLField | None, use: Use) -> Slot | None:
        """The slot with this field in it; None when the key is taken by another one. declared None: __typename."""
        shape = shape_of(declared)
        slot = self.slots.get(key)
        is_object = is_object_type(parent)
        if slot is None:
            has_children = declared is not None and is_composite_type(get_named_type(declared.type))
            slot = self.slots[key] = Slot(shape, {}, Scope() if has_children else None)
        elif slot.shape != shape or not slot.takes(parent.name, use, is_object=is_object):
            return None
        slot.uses.setdefault(parent.name, (use, is_object))
        return slot

    def fits(self, other: "Scope") -> bool:
        """Whether all of the other can stand here too."""
        return all(key not in self.slots or _fit(self.slots[key], slot) for key, slot in other.slots.items())

    def merge(self, other: "Scope") -> None:
        """Take the other in; it must fit."""
        for key, slot in other.slots.items():
            mine = self.slots.get(key)
            if mine is None:
                self.slots[key] = slot.copy()
                continue
            mine.uses.update({parent: use for parent, use in slot.uses.items() if parent not in mine.uses})
            if mine.children is not None and slot.children is not None:
                mine.children.merge(slot.children)

    def height(self) -> int:
        """Levels of the answer below here."""
        below = (slot.children.height() for slot in self.slots.values() if slot.children is not None)
        return 1 + max(below, default=0)


def _fit(mine: Slot, other: Slot) -> bool:
    if mine.shape != other.shape:
        return False
    if not all(mine.takes(parent, use, is_object=is_object) for parent, (use, is_object) in other.uses.items()):
        return False
    return mine.children is None or other.children is None or mine.children.fits(other.children)


def shape_of(declared: GraphQLField | None) -> str:
    """Lists and nulls of a type, and its name when it is a leaf: what must agree under one key."""
    if declared is None:
        return "String!"
    named = get_named_type(declared.type)
    return str(declared.type).replace(named.name, "*") if is_composite_type(named) else str(declared.type)
