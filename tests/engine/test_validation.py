"""What is said of documents that do not fit: short, and in production nothing about the schema."""

import pytest
from graphql import build_schema, get_introspection_query

from app.engine.documents import DocumentStore
from app.engine.limits import Limits
from app.engine.request import Refused, Request
from app.engine.validation import shorten

SCHEMA = build_schema("""
    type Query { one(of: Int, input: Input): Int thing: Thing node: Node }
    interface Node { id: ID }
    type Thing implements Node { id: ID }
    type Other implements Node { id: ID other: Int }
    input Input { name: String }
""")
LIMITS = Limits()


def errors_of(text: str, **options: bool) -> list[tuple[str, str]]:
    try:
        DocumentStore(SCHEMA, **options).find(Request(text))
    except Refused as refused:
        return [(str((error.extensions or {})["code"]), error.message) for error in refused.errors]
    return []


# ── what is quoted ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "text",
    [
        '{ one(of: "SECRET' + "x" * 40_000 + '") }',
        "{ one(of: " + "9" * 40_000 + ") }",
        "{ one(of: 1." + "9" * 40_000 + ") }",
        "{ SECRET" + "x" * 40_000 + " }",
        "{ " + "x" * 40_000 + ": one " + "x" * 40_000 + ": thing { id } }",
        "{ one(input: {SECRET" + "x" * 40_000 + ": 1}) }",
        "{ one @SECRET" + "x" * 40_000 + " }",
        "query ($a: SECRET" + "x" * 40_000 + ") { one }",
        '{ "' + "x" * 40_000 + '" }',
        '{ one(of: """' + "x" * 40_000 + '""") }',
        "{ one(of: [" + '"x" ' * 900 + "]) }",
    ],
)
def test_large_values_are_not_echoed(text: str) -> None:
    for _, message in errors_of(text):
        assert len(message) <= LIMITS.message_characters
        assert message.count("x") <= 200


def test_names_of_usual_length_are_quoted_whole() -> None:
    name = "anUnknownFieldWithALongNameThatSomebodyMayWell" + "x" * 30
    [(_, message)] = errors_of(f"{{ {name} }}")
    assert message == f"Cannot query field '{name}' on type 'Query'."


# ── production ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "text",
    [
        "{ thingz { id } }",
        "{ thing { idd } }",
        "{ thing { other } }",
        "{ node { other } }",
        "{ one(off: 1) }",
        "{ one @skipp(if: true) }",
        "{ ... on Thingg { id } }",
        "query ($a: Inn) { one }",
        "{ one(input: {nam: 1}) }",
        "{ ...Frag } fragment Fragg on Query { one }",
    ],
)
def test_production_suggests_nothing(text: str) -> None:
    helpful = errors_of(text)
    terse = errors_of(text, introspection=False)
    assert len(terse) == len(helpful)
    assert not any("Did you mean" in message or "perhaps" in message.lower() for _, message in terse)


def test_production_has_no_introspection() -> None:
    question = get_introspection_query(descriptions=True, specified_by_url=True, input_value_deprecation=True)
    assert errors_of(question) == []
    for text in (
        question,
        '{ __type(name: "Query") { name } }',
        "{ ...F } fragment F on Query { __schema { types { name } } }",
    ):
        found = errors_of(text, introspection=False)
        assert found
        assert {code for code, _ in found} == {"GRAPHQL_VALIDATION_FAILED"}
    assert errors_of("{ __typename thing { __typename } }", introspection=False) == []


def test_our_own_sentences_are_left_alone() -> None:
    for sentence in (
        "'Channel' is no entity of this subgraph; these are: " + "Product, Variant, Location, " * 9,
        "The member's key can't be used here, because the shop's owner revoked it " + "and then some, " * 9,
    ):
        assert shorten(sentence, 500) == sentence
    assert shorten("a " * 300, 500) == ("a " * 250)[:499] + "…"
