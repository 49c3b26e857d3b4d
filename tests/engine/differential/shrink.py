"""Makes a scenario that fails smaller, as long as it still fails."""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from typing import Any, Final

from graphql import (
    REMOVE,
    ArgumentNode,
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    VariableDefinitionNode,
    VariableNode,
    Visitor,
    parse,
    print_ast,
    validate,
    visit,
)

from tests.engine.differential.cases import Case
from tests.engine.differential.faults import Plan

_REMOVABLE: Final = (FieldNode, InlineFragmentNode, FragmentSpreadNode, DirectiveNode, ArgumentNode)
Fails = Callable[[Any], Awaitable[bool]]


async def shrink(scenario: Any, fails: Fails) -> Any:
    """The smallest scenario that still fails, going by single steps."""
    found = True
    while found:
        found = False
        for smaller in _smaller(scenario):
            if await fails(smaller):
                scenario, found = smaller, True
                break
    return scenario


def _smaller(scenario: Any) -> Iterator[Any]:
    case, faults = scenario.case, scenario.plan.faults
    if len(case.runs) > 1:
        for number in range(len(case.runs)):
            yield replace(scenario, case=Case(case.text, (*case.runs[:number], *case.runs[number + 1 :])))
    for number in range(len(faults)):
        yield replace(scenario, plan=Plan((*faults[:number], *faults[number + 1 :])))
    document = parse(case.text)
    schema = scenario.subject().schema._schema
    for position in range(_Counting().count(document)):
        text = print_ast(_swept(visit(document, _Without(position))))
        if text != case.text and not validate(schema, parse(text)):
            yield replace(scenario, case=Case(text, case.runs))


class _Counting(Visitor):
    """How many nodes might be taken away."""

    def __init__(self) -> None:
        super().__init__()
        self._found = 0

    def count(self, document: DocumentNode) -> int:
        """In the whole document."""
        visit(document, self)
        return self._found

    def enter(self, node: Node, *_: Any) -> None:
        """Each of them once."""
        self._found += isinstance(node, _REMOVABLE)


class _Without(Visitor):
    """Takes one node away."""

    def __init__(self, position: int) -> None:
        super().__init__()
        self._left = position

    def enter(self, node: Node, *_: Any) -> Any:
        """Until it is its turn."""
        if isinstance(node, _REMOVABLE):
            self._left -= 1
            if self._left == -1:
                return REMOVE
        return None


class _Mentions(Visitor):
    """Which fragments and variables are used."""

    def __init__(self) -> None:
        super().__init__()
        self.fragments: set[str] = set()
        self.variables: set[str] = set()

    def enter_fragment_spread(self, node: FragmentSpreadNode, *_: Any) -> None:
        """Used."""
        self.fragments.add(node.name.value)

    def enter_variable(self, node: VariableNode, _key: Any, parent: Any, *_: Any) -> None:
        """Used, unless this is where it is declared."""
        if not isinstance(parent, VariableDefinitionNode):
            self.variables.add(node.name.value)


def _swept(document: DocumentNode) -> DocumentNode:
    """Without fragments and variables that nobody uses any more."""
    while True:
        seen = _Mentions()
        visit(document, seen)
        kept: list[Any] = []
        for definition in document.definitions:
            if isinstance(definition, FragmentDefinitionNode) and definition.name.value not in seen.fragments:
                continue
            if isinstance(definition, OperationDefinitionNode):
                variables = definition.variable_definitions or ()
                used = tuple(one for one in variables if one.variable.name.value in seen.variables)
                kept.append(replace(definition, variable_definitions=used))
            else:
                kept.append(definition)
        if len(kept) == len(document.definitions):
            return DocumentNode(definitions=tuple(kept))
        document = DocumentNode(definitions=tuple(kept))
