"""Is a document right for the schema? graphql-core's rules, within bounds of time and of words."""

import re
from bisect import bisect_right
from collections.abc import Callable, Collection
from typing import Any, Final

from graphql import (
    ASTValidationRule,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    NoSchemaIntrospectionCustomRule,
    OverlappingFieldsCanBeMergedRule,
    Source,
    SourceLocation,
    ValidationContext,
    specified_rules,
    validate,
)

from app.engine.limits import TOO_LARGE, Limits
from app.engine.written import Written

_ABORTED: Final = "Validation aborted."
# No sentence of ours has such words.
_LONG_WORD: Final = re.compile(r"\S{81,}")
_NEWLINE: Final = re.compile(r"\r\n|[\n\r]")
_KEPT: Final = 60
# A fault in a literal quotes the whole of it, so a document full of them is told fewer.
_MANY_VALUES: Final = 100
_FEW_ERRORS: Final = 2


# Without these in a document, a rule finds no fault in it. Rules that are not named look at every document.
_CONCERN: Final[dict[str, Callable[[Written], int]]] = {
    "UniqueOperationNamesRule": lambda written: written.operations > 1,
    "LoneAnonymousOperationRule": lambda written: written.operations > 1,
    "SingleFieldSubscriptionsRule": lambda written: written.subscriptions,
    "KnownTypeNamesRule": lambda written: written.spreads + written.fragments + written.variables,
    "FragmentsOnCompositeTypesRule": lambda written: written.spreads + written.fragments,
    "VariablesAreInputTypesRule": lambda written: written.variables,
    "UniqueFragmentNamesRule": lambda written: written.fragments > 1,
    "KnownFragmentNamesRule": lambda written: written.spreads,
    "NoUnusedFragmentsRule": lambda written: written.fragments,
    "PossibleFragmentSpreadsRule": lambda written: written.spreads,
    "NoFragmentCyclesRule": lambda written: written.fragments,
    "UniqueVariableNamesRule": lambda written: written.variables > 1,
    "NoUndefinedVariablesRule": lambda written: written.uses,
    "NoUnusedVariablesRule": lambda written: written.variables,
    "VariablesInAllowedPositionRule": lambda written: written.variables,
    "KnownDirectivesRule": lambda written: written.directives,
    "UniqueDirectivesPerLocationRule": lambda written: written.directives > 1,
    "DeferStreamDirectiveOnRootField": lambda written: written.directives,
    "DeferStreamDirectiveOnValidOperationsRule": lambda written: written.directives,
    "DeferStreamDirectiveLabel": lambda written: written.directives,
    "StreamDirectiveOnListField": lambda written: written.directives,
    "KnownArgumentNamesRule": lambda written: written.arguments,
    "UniqueArgumentNamesRule": lambda written: written.arguments > 1,
    "ValuesOfCorrectTypeRule": lambda written: written.values,
    "UniqueInputFieldNamesRule": lambda written: written.values > 1,
    "OverlappingFieldsCanBeMergedRule": lambda written: written.repeated + written.spreads,
    "MaxIntrospectionDepthRule": lambda written: written.introspected,
    "NoSchemaIntrospectionCustomRule": lambda written: written.introspected,
}


class Text(Source):
    """A document's text that knows where its lines begin: looked for once, not once for each error."""

    def get_location(self, position: int) -> SourceLocation:
        """Line and column, from 1."""
        starts: list[int] | None = self.__dict__.get("starts")
        if starts is None:
            starts = self.__dict__["starts"] = [0, *(match.end() for match in _NEWLINE.finditer(self.body))]
        line = bisect_right(starts, position)
        return SourceLocation(line, position - starts[line - 1] + 1)


def make_rules(limits: Limits, *, introspection: bool) -> tuple[type[ASTValidationRule], ...]:
    """The rules of the specification; comparing fields that share a name may take `limits.merging` steps."""

    class MergingWithinLimits(OverlappingFieldsCanBeMergedRule):
        def __init__(self, context: ValidationContext) -> None:
            super().__init__(context)
            self.rule_context.remaining_complexity_budget = limits.merging

    MergingWithinLimits.__name__ = OverlappingFieldsCanBeMergedRule.__name__
    replaced = tuple(
        MergingWithinLimits if rule is OverlappingFieldsCanBeMergedRule else rule for rule in specified_rules
    )
    return replaced if introspection else (NoSchemaIntrospectionCustomRule, *replaced)


def concerned(rules: Collection[type[ASTValidationRule]], written: Written) -> list[type[ASTValidationRule]]:
    """Those that may find a fault in a document with this in it. Most documents are plain, and each rule costs time."""
    if written.operations + written.fragments < written.definitions:  # what else there is was not counted
        return list(rules)
    return [rule for rule in rules if (concern := _CONCERN.get(rule.__name__)) is None or concern(written)]


def faults(
    schema: GraphQLSchema,
    document: DocumentNode,
    rules: Collection[type[ASTValidationRule]],
    limits: Limits,
    *,
    written: Written,
    hide_suggestions: bool,
) -> list[GraphQLError]:
    """Why the document cannot run; empty when it can. written: what stands in it."""
    most = limits.errors if written.values <= _MANY_VALUES else _FEW_ERRORS
    rules = concerned(rules, written)
    found = validate(schema, document, rules, max_errors=most, hide_suggestions=hide_suggestions)
    return [_too_entangled() if error.message == _ABORTED else error for error in found]


def _too_entangled() -> GraphQLError:
    message = "Too many fields or fragments of the document share a name at one place: ask for each once."
    return GraphQLError(message, extensions={"code": TOO_LARGE})


def shorten(message: str, characters: int) -> str:
    """A message without the long values that it quotes from a caller."""
    if len(message) <= _KEPT:
        return message
    # What follows is scanned, so it must have an end.
    message = _LONG_WORD.sub(_cut, message[: characters * 20])
    return message if len(message) <= characters else message[: characters - 1] + "…"


def bounded(
    publish: Callable[[GraphQLError, str], GraphQLError], characters: int
) -> Callable[[GraphQLError, str], GraphQLError]:
    """The same, with messages that do not echo what a caller sent at length."""

    def publish_bounded(error: GraphQLError, code: str) -> GraphQLError:
        published = publish(error, code)
        published.message = shorten(published.message, characters)
        return published

    return publish_bounded


def _cut(match: re.Match[str]) -> str:
    word = match[0]
    end = word[len(word.rstrip("'\".,:;)]}")) :]
    return f"{word[:_KEPT]}…{end[-3:]}"


def detached(error: GraphQLError, code: str, characters: int) -> GraphQLError:
    """The error with its code and its places in the text, without the tree, which would be kept as long as it is."""
    extensions: dict[str, Any] = {"code": code, **(error.extensions or {})}
    message = shorten(error.message, characters)
    return GraphQLError(message, None, error.source, error.positions, extensions=extensions)
