"""Hostile documents: refused before they are validated, and what is not refused is cheap to validate."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from graphql import build_schema, parse

from app.engine.documents import DocumentStore
from app.engine.limits import Limits
from app.engine.measure import measure
from app.engine.request import Refused, Request

SCHEMA = build_schema("""
    type Query {
        one(of: Int, list: [Int!], input: Input): Int any(of: Any): Int
        things(first: Int): [Thing!]! thing: Thing node: Node
    }
    interface Node { id: ID }
    type Thing implements Node { id: ID name(language: String): String inner: Thing things(first: Int): [Thing!]! }
    type Other implements Node { id: ID other: Int }
    input Input { list: [[Int]] input: Input name: String }
    scalar Any
""")
LIMITS = Limits()


def errors_of(text: str, **options: Any) -> list[tuple[str, str]]:
    try:
        DocumentStore(SCHEMA, **options).find(Request(text))
    except Refused as refused:
        return [(str((error.extensions or {})["code"]), error.message) for error in refused.errors]
    return []


def too_large(what: str, found: int, allowed: int, whose: str = "document") -> list[tuple[str, str]]:
    return [("OPERATION_TOO_LARGE", f"The {whose} has {found} {what}; at most {allowed} are allowed.")]


def spread_out(count: int, inside: str) -> str:
    """Fragments that each spread the next one several times."""
    fragments = " ".join(
        f"fragment F{number} on Thing {{ {inside.replace('NEXT', f'F{number + 1}')} }}" for number in range(count)
    )
    return f"{{ thing {{ ...F0 }} }} {fragments} fragment F{count} on Thing {{ id }}"


@contextmanager
def counted_calls() -> Iterator[Callable[[], int]]:
    """How many Python functions were called."""
    calls = 0

    def count(_frame: Any, event: str, _argument: Any) -> None:
        nonlocal calls
        calls += event == "call"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        yield lambda: calls
    finally:
        sys.setprofile(before)


@pytest.mark.parametrize(
    ("text", "what", "most"),
    [
        ("{ " + "one " * 1_501 + "}", ("fields", 1_501), LIMITS.fields),
        ("{ thing { " + "... { id } " * 401 + "} }", ("fragments spread", 401), LIMITS.spreads),
        ("{ one " + "@skip(if: true) " * 151 + "}", ("directives", 151), LIMITS.directives),
        ("{ thing { " + "name(language: 1) " * 501 + "} }", ("arguments", 501), LIMITS.arguments),
        ("{ one(list: [" + "1 " * 1_000 + "]) }", ("values", 1_001), LIMITS.values),
        ("query (" + " ".join(f"$a{n}: Int" for n in range(151)) + ") { one }", ("variables", 151), LIMITS.variables),
        (
            "query ($a: " + "[" * 25 + "Int" + "]" * 25 + ") { one }",
            ("lists and objects inside one another", 25),
            LIMITS.nesting,
        ),
        (
            "{ one(input: " + "{input: " * 25 + "1" + "}" * 25 + ") }",
            ("lists and objects inside one another", 25),
            LIMITS.nesting,
        ),
        (
            "query ($a: Int = " + "[" * 25 + "]" * 25 + ") { one }",
            ("lists and objects inside one another", 25),
            LIMITS.nesting,
        ),
        (" ".join(f"query Q{n} {{ one }}" for n in range(121)), ("definitions", 121), LIMITS.definitions),
        ("{ one(of: " + "9" * 5_000 + ") }", ("digits in one number", 5_000), LIMITS.digits),
        ("{ one(of: -" + "9" * 400 + ") }", ("digits in one number", 401), LIMITS.digits),
        ("{ __typename(of: " + "9" * 401 + ") }", ("digits in one number", 401), LIMITS.digits),
        ("{ __typename(of: [" + "1 " * 1_000 + "]) }", ("values", 1_001), LIMITS.values),
        ("{ any(of: {a: [1." + "0" * 5_000 + "]}) }", ("digits in one number", 5_002), LIMITS.digits),
        ("query ($a: Any = [" + "1" * 5_000 + "]) { any(of: $a) }", ("digits in one number", 5_000), LIMITS.digits),
    ],
)
def test_what_is_written_is_counted(text: str, what: tuple[str, int], most: int) -> None:
    assert errors_of(text) == too_large(*what, most)


@pytest.mark.parametrize(
    ("text", "what", "found", "most"),
    [
        ("{ " + "thing { " * 16 + "id" + " }" * 16 + " }", "nested levels", 17, LIMITS.depth),
        ("{ thing { " + " ".join(f"a{n}: id" for n in range(61)) + " } }", "aliases", 61, LIMITS.aliases),
        (
            spread_out(2, " ".join("inner { ...NEXT }" for _ in range(45))),
            "fields and fragments, written out",
            # 45 * 45 fields `id` with the spreads of them, and twice 45 of each level above
            2 + 2 * 45 + 2 * 45 * 45 + 45 * 45,
            LIMITS.fields,
        ),
        (
            "{ ...R } fragment R on Query { " + " ".join(f"a{n}: one" for n in range(21)) + " }",
            "root fields",
            21,
            LIMITS.root_fields,
        ),
        ("{ " + "... { " * 100 + "one" + " }" * 100 + " }", "nested levels, fragments included", 101, LIMITS.levels),
    ],
)
def test_what_fragments_make_of_it_is_counted(text: str, what: str, found: int, most: int) -> None:
    assert errors_of(text) == too_large(what, found, most, "operation")


def test_what_is_just_allowed_passes() -> None:
    for text in (
        "{ thing { " + "inner { " * 14 + "id" + " }" * 15 + " }",
        "{ thing { " + " ".join(f"a{number}: id" for number in range(60)) + " } }",
        "{ " + " ".join(f"a{number}: one" for number in range(20)) + " }",
        "{ ...R ...R } fragment R on Query { " + " ".join(f"a{number}: one" for number in range(20)) + " }",
        "{ one(list: [" + "1 " * 999 + "]) }",
        "{ " + "... { " * 99 + "one" + " }" * 99 + " }",
        "{ any(of: [" + "9" * 400 + ", 1." + "0" * 398 + "]) }",
    ):
        assert errors_of(text) == []


def test_length_and_tokens() -> None:
    assert errors_of("{ one " + " " * LIMITS.document_characters + "}") == [
        ("OPERATION_TOO_LARGE", "The document is longer than 50000 characters.")
    ]
    [(code, message)] = errors_of("{ " + "one " * LIMITS.tokens + "}")
    assert (code, "4000 tokens" in message) == ("GRAPHQL_PARSE_FAILED", True)


def test_thirty_fragments_that_each_spread_the_next_three_times() -> None:
    for inside in ("...NEXT ...NEXT ...NEXT", "inner { ...NEXT } a: inner { ...NEXT } b: inner { ...NEXT }"):
        text = spread_out(30, inside)
        assert {code for code, _ in errors_of(text)} == {"OPERATION_TOO_LARGE"}
        document = parse(text)
        with counted_calls() as calls:
            measure(document, LIMITS)
            assert calls() < 3_000


def test_measuring_is_linear_in_the_document() -> None:
    def steps(count: int) -> int:
        document = parse(
            "{ thing { "
            + " ".join(f"...F{number}" for number in range(count))
            + " } }"
            + " ".join(
                f"fragment F{number} on Thing {{ "
                + " ".join(f"...F{number + ahead}" for ahead in range(1, 4) if number + ahead < count)
                + " inner { id } }"
                for number in range(count)
            )
        )
        with counted_calls() as calls:
            measure(document, LIMITS)
            return calls()

    # The walk stops at the number of definitions, so fewer than that; twice the document, twice the steps.
    assert steps(100) < 2.2 * steps(50)


@pytest.mark.parametrize(
    "text",
    [
        "{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }",
        "{ ...A } fragment A on Query { ...A }",
        "{ ...Missing }",
        "{ ...A } fragment A on Query { one } fragment A on Query { thing { id } }",
        "fragment A on Query { one }",
        "type Query { one: Int }",
        "{ }",
        "",
    ],
)
def test_what_other_rules_refuse_is_left_to_them(text: str) -> None:
    assert {code for code, _ in errors_of(text or " ")} <= {"GRAPHQL_VALIDATION_FAILED", "GRAPHQL_PARSE_FAILED"}


# ── time: the comparing of fields that share a name is graphql-core's only work that is not linear ───────────────────


@pytest.mark.parametrize(
    "text",
    [
        "{ thing { " + "id " * 1_400 + "} }",
        "{ " + "thing { id } " * 300 + "}",
        "{ thing { " + "things { inner { id } } " * 300 + "} }",
        "{ thing { " + "name(language: 1) " * 490 + "} }",
        "{ thing { " + "... { things { id } } " * 390 + "} }",
        "{ thing { "
        + " ".join(f"...F{number}" for number in range(110))
        + " } }"
        + " ".join(f"fragment F{number} on Thing {{ id name things {{ id name }} }}" for number in range(110)),
        "{ __schema { types { " + "fields { type { name } } " * 400 + "} } }",
        "{ " + "__typename " * 1_400 + "}",
    ],
)
def test_comparing_fields_of_one_name_ends(text: str) -> None:
    with counted_calls() as calls:
        errors = errors_of(text)
        assert calls() < 400_000
    assert errors == [
        (
            "OPERATION_TOO_LARGE",
            "Too many fields or fragments of the document share a name at one place: ask for each once.",
        )
    ]


def test_fragments_of_many_components_side_by_side_are_no_trouble() -> None:
    """As clients write them that put a fragment beside each component."""
    spreads = " ".join(f"...F{number}" for number in range(25))
    fragments = " ".join(f"fragment F{number} on Thing {{ id name inner {{ id name }} }}" for number in range(25))
    assert errors_of(f"{{ things {{ {spreads} }} }} {fragments}") == []


@pytest.mark.parametrize(
    "text",
    [
        "{ thing { " + " ".join(f"nam{number}" for number in range(1_400)) + "} }",
        "{ thing { id } } " + " ".join(f"fragment F{number} on Thin{number} {{ id }}" for number in range(110)),
        "{ one(input: {" + " ".join(f"nam{number}: 1" for number in range(990)) + "}) }",
        "{ one(of: [" + "a " * 990 + "]) }",
        "{ thing { " + "\n" * 40_000 + " ".join(f"a{number}" for number in range(200)) + "} }",
        "query (" + " ".join(f"$a{number}: Thing" for number in range(150)) + ") { one }",
    ],
)
def test_documents_full_of_faults_are_told_some(text: str) -> None:
    with counted_calls() as calls:
        errors = errors_of(text)
        assert calls() < 500_000
    assert 1 <= len(errors) <= LIMITS.errors + 1
    assert {code for code, _ in errors} == {"GRAPHQL_VALIDATION_FAILED"}
    assert max(len(message) for _, message in errors) <= LIMITS.message_characters


def test_introspection_has_its_own_depth_and_hardly_any_aliases() -> None:
    deep = "ofType { " * 40 + "name" + " }" * 40
    assert [message for _, message in errors_of(f"{{ __schema {{ types {{ {deep} }} }} }}")] == [
        "The operation has 43 nested levels of introspection; at most 32 are allowed."
    ]
    many = " ".join(f"a{number}: types {{ name }}" for number in range(5))
    assert [message for _, message in errors_of(f"{{ __schema {{ {many} }} }}")] == [
        "The operation has 5 aliases in its introspection; at most 4 are allowed."
    ]
