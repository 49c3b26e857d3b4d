"""Rules that have nothing to look at in a document are left out, and no fault is missed by that."""

import random
from typing import Final

import pytest
from graphql import GraphQLError, GraphQLSchema, Lexer, Source, TokenKind, parse, validate

from app.api.schema import schema as real_schema
from app.engine.limits import Limits
from app.engine.measure import measure
from app.engine.validation import concerned, make_rules
from tests.engine.differential.cases import Size
from tests.engine.differential.choices import Seeded
from tests.engine.differential.documents import Writer
from tests.engine.differential.synthetic_roots import KINDS, SCHEMA, VOCABULARY

LIMITS: Final = Limits()
RULES: Final = {rule.__name__: rule for rule in make_rules(LIMITS, introspection=False)}
REAL: Final = real_schema._schema

# The smallest documents in which each rule finds a fault.
FAULTS: Final = {
    "ExecutableDefinitionsRule": "{ node(id: 1) { id } } type T { a: Int }",
    "KnownOperationTypesRule": "mutation { a }",
    "UniqueOperationNamesRule": "query A { locations { nodes { id } } } query A { locations { nodes { id } } }",
    "LoneAnonymousOperationRule": "{ locations { nodes { id } } } query A { locations { nodes { id } } }",
    "SingleFieldSubscriptionsRule": 'subscription { stockChanged(skus: ["a"]) { version } partnerJobs { version } }',
    "KnownTypeNamesRule": "{ ... on Nothing { id } }",
    "FragmentsOnCompositeTypesRule": "{ ... on Int { id } }",
    "VariablesAreInputTypesRule": "query ($a: Query) { locations { nodes { id } } }",
    "ScalarLeafsRule": "{ locations }",
    "FieldsOnCorrectTypeRule": "{ nothing }",
    "UniqueFragmentNamesRule": "{ ...F } fragment F on Query { __typename } fragment F on Query { __typename }",
    "KnownFragmentNamesRule": "{ ...F }",
    "NoUnusedFragmentsRule": "{ __typename } fragment F on Query { __typename }",
    "PossibleFragmentSpreadsRule": "{ ... on Mutation { __typename } }",
    "NoFragmentCyclesRule": "{ ...F } fragment F on Query { __typename ...F }",
    "UniqueVariableNamesRule": "query ($a: ID!, $a: ID!) { node(id: $a) { id } }",
    "NoUndefinedVariablesRule": "{ node(id: $a) { id } }",
    "NoUnusedVariablesRule": "query ($a: ID!) { __typename }",
    "VariablesInAllowedPositionRule": "query ($a: Int!) { node(id: $a) { id } }",
    "KnownDirectivesRule": "{ __typename @nothing }",
    "UniqueDirectivesPerLocationRule": "{ __typename @skip(if: true) @skip(if: true) }",
    "DeferStreamDirectiveOnRootField": "mutation { ... @defer { __typename } }",
    "DeferStreamDirectiveOnValidOperationsRule": "subscription { partnerJobs { ... @defer { version } } }",
    "DeferStreamDirectiveLabel": 'query { ... @defer(label: "a") { id } ... @defer(label: "a") { id } }',
    "StreamDirectiveOnListField": "{ __typename @stream }",
    "KnownArgumentNamesRule": "{ __typename(a: 1) }",
    "UniqueArgumentNamesRule": "{ node(id: 1, id: 1) { id } }",
    "ValuesOfCorrectTypeRule": "{ node(id: 1.5) { id } }",
    "ProvidedRequiredArgumentsRule": "{ node { id } }",
    "OverlappingFieldsCanBeMergedRule": "{ a: __typename a: locations { nodes { id } } }",
    "UniqueInputFieldNamesRule": "{ products(filter: {search: null, search: null}) { nodes { id } } }",
    "MaxIntrospectionDepthRule": "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }",
    "NoSchemaIntrospectionCustomRule": "{ __schema { queryType { name } } }",
}
# What careless hands may leave in a document.
LITTER: Final = (
    "a", "id", "__typename", "__schema", "$a", "...", "@skip(if: true)", "@defer", "on", "{ a }", "(a: 1)", "(id: $a)",
    "[1]", "{a: 1}", "1.5", '"x"', "null", ":", "!", "... on Query { __typename }", "...F0", "query Op0 { a }",
    "fragment F0 on Query { __typename }", "type T { a: Int }", "{ __typename }", "a: b", "mutation", "subscription",
)  # fmt: skip


def _faults(schema: GraphQLSchema, text: str) -> tuple[list[GraphQLError], list[GraphQLError]]:
    """By all rules, and by those that the document concerns."""
    document = parse(text)
    rules = list(RULES.values())
    few = concerned(rules, measure(document, LIMITS).written)
    return validate(schema, document, rules, max_errors=50), validate(schema, document, few, max_errors=50)


@pytest.mark.parametrize("name", RULES)
def test_each_rule_looks_where_it_may_find_a_fault(name: str) -> None:
    document, rule = parse(FAULTS[name]), RULES[name]
    schema = GraphQLSchema(query=REAL.query_type) if name == "KnownOperationTypesRule" else REAL
    assert validate(schema, document, [rule]) != []
    assert rule in concerned([rule], measure(document, LIMITS).written)


def test_a_plain_document_concerns_few() -> None:
    text = "query A { locations(first: 3) { nodes { id name } } }"
    rules = concerned(RULES.values(), measure(parse(text), LIMITS).written)
    assert {rule.__name__ for rule in rules} == {
        "ExecutableDefinitionsRule", "KnownOperationTypesRule", "ScalarLeafsRule", "FieldsOnCorrectTypeRule",
        "KnownArgumentNamesRule", "ValuesOfCorrectTypeRule", "ProvidedRequiredArgumentsRule",
    }  # fmt: skip


def _spoiled(text: str, chance: random.Random) -> str:
    """One to three words less, more or elsewhere."""
    lexer, words = Lexer(Source(text)), list[str]()
    while (token := lexer.advance()).kind is not TokenKind.EOF:
        words.append(text[token.start : token.end])
    for _ in range(chance.randint(1, 3)):
        place = chance.randrange(len(words))
        match chance.randrange(4):
            case 0:
                del words[place]
            case 1:
                words.insert(place, chance.choice(LITTER))
            case 2:
                words.insert(place, chance.choice(words))
            case _:
                words[place] = chance.choice((*LITTER, *words))
        words = words or ["{"]
    return " ".join(words)


@pytest.mark.parametrize("part", range(4))
def test_spoiled_documents_are_told_the_same(part: int) -> None:
    chance, refused, schema = random.Random(part), 0, SCHEMA._schema
    for seed in range(400):
        text = Writer(schema, Seeded(part * 400 + seed), VOCABULARY, Size(fields=8), KINDS).case().text
        for _ in range(3):
            try:
                by_all, by_few = _faults(schema, _spoiled(text, chance))
            except GraphQLError:  # no longer GraphQL at all
                continue
            assert by_few == by_all, text
            refused += bool(by_all)
    assert refused > 100
