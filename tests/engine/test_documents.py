"""The document store: what is looked at once, found again, forgotten, and what is refused without a look."""

import gc
import tracemalloc
from collections.abc import Generator
from contextlib import contextmanager
from hashlib import sha256
from typing import Any

import pytest
from graphql import build_schema

import app.engine.documents as documents_module
from app.engine.documents import DocumentStore
from app.engine.persisted import request_of
from app.engine.request import Refused, Request

SCHEMA = build_schema("type Query { one: Int two(of: String): Int } type Mutation { poke: Int }")


def id_of(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def store(**options: Any) -> DocumentStore:
    return DocumentStore(SCHEMA, **options)


def refused(found: DocumentStore, request: Request) -> Refused:
    with pytest.raises(Refused) as caught:
        found.find(request)
    return caught.value


def code_of(error: Refused) -> str:
    [only] = error.errors
    assert only.extensions is not None
    return only.extensions["code"]


def automatic(query: str | None, hash_: Any = None, **more: Any) -> Request:
    persisted = {"version": 1, "sha256Hash": hash_ or id_of(query or ""), **more}
    return request_of({"query": query, "extensions": {"persistedQuery": persisted}})


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that were parsed."""
    seen: list[str] = []
    parse = documents_module.parse

    def counted(source: Any, **options: Any) -> Any:
        seen.append(source.body)
        return parse(source, **options)

    monkeypatch.setattr(documents_module, "parse", counted)
    return seen


def test_a_document_is_read_once_whether_it_can_run_or_not(reads: list[str]) -> None:
    known = store()
    assert known.find(Request("{ one }")) is known.find(Request("{ one }"))
    for text in ("{ nothing }", "{", "{ one " * 20 + "}"):
        first, second = refused(known, Request(text)), refused(known, Request(text))
        assert [error.message for error in first.errors] == [error.message for error in second.errors]
    assert reads == ["{ one }", "{ nothing }", "{", "{ one " * 20 + "}"]


def test_no_document_at_all() -> None:
    for nothing in (Request(None), Request("")):
        error = refused(store(), nothing)
        assert (code_of(error), error.is_document_fault) == ("BAD_REQUEST", False)


def test_errors_keep_their_places_but_not_the_tree() -> None:
    [error] = refused(store(), Request("{ one\n  nothing }")).errors
    assert (error.formatted["locations"], error.nodes) == ([{"line": 2, "column": 3}], None)
    assert error.extensions == {"code": "GRAPHQL_VALIDATION_FAILED"}
    [error] = refused(store(), Request("{ one\r\n\n } }")).errors
    assert error.formatted["locations"] == [{"line": 3, "column": 4}]
    assert error.extensions == {"code": "GRAPHQL_PARSE_FAILED"}


def test_several_operations() -> None:
    document = store().find(Request("query A { one } mutation B { poke }"))
    assert [document.operation(name).type.value for name in ("A", "B")] == ["query", "mutation"]
    for name in (None, "C"):
        with pytest.raises(Refused) as caught:
            document.operation(name)
        assert code_of(caught.value) == "OPERATION_RESOLUTION_FAILURE"


# ── Apollo's automatic persisted queries ─────────────────────────────────────────────────────────────────────────────


def test_a_document_is_registered_by_its_hash_and_found_by_it() -> None:
    known = store()
    text = '{ two(of: "日本") }'
    missing = refused(known, automatic(None, id_of(text)))
    assert (code_of(missing), str(missing)) == ("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")
    registered = known.find(automatic(text))
    assert known.find(automatic(None, id_of(text))) is registered
    assert known.find(request_of({"documentId": f"sha256:{id_of(text)}"})) is registered
    assert known.find(request_of({"documentId": id_of(text)})) is registered
    assert known.find(Request(text)) is registered


def test_a_hash_of_another_text_registers_nothing() -> None:
    known = store()
    for request in (automatic("{ one }", id_of("{ two }")), automatic("{ one }", id_of("{ one }").upper())):
        error = refused(known, request)
        assert (code_of(error), error.is_document_fault) == ("PERSISTED_QUERY_HASH_MISMATCH", False)
    assert code_of(refused(known, automatic(None, id_of("{ two }")))) == "PERSISTED_QUERY_NOT_FOUND"
    known.find(automatic("{ one }"))
    assert code_of(refused(known, automatic("{ two }", id_of("{ one }")))) == "PERSISTED_QUERY_HASH_MISMATCH"


def test_what_cannot_run_is_not_registered() -> None:
    known = store()
    assert code_of(refused(known, automatic("{ nothing }"))) == "GRAPHQL_VALIDATION_FAILED"
    assert code_of(refused(known, automatic(None, id_of("{ nothing }")))) == "PERSISTED_QUERY_NOT_FOUND"


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"extensions": {"persistedQuery": {"version": 2, "sha256Hash": "a"}}}, "PERSISTED_QUERY_NOT_SUPPORTED"),
        ({"extensions": {"persistedQuery": {"sha256Hash": "a"}}}, "PERSISTED_QUERY_NOT_SUPPORTED"),
        ({"extensions": {"persistedQuery": {"version": 1}}}, "BAD_REQUEST"),
        ({"extensions": {"persistedQuery": {"version": 1, "sha256Hash": 7}}}, "BAD_REQUEST"),
        ({"extensions": {"persistedQuery": "a"}}, "BAD_REQUEST"),
        ({"extensions": []}, "BAD_REQUEST"),
        ({"documentId": 7}, "BAD_REQUEST"),
        ({"documentId": "a", "extensions": {"persistedQuery": {"version": 1, "sha256Hash": "b"}}}, "BAD_REQUEST"),
        ({"query": 7}, "BAD_REQUEST"),
        ({"query": "{ one }", "variables": []}, "BAD_REQUEST"),
        ({"query": "{ one }", "operationName": {}}, "BAD_REQUEST"),
    ],
)
def test_requests_of_another_shape(values: dict[str, Any], code: str) -> None:
    with pytest.raises(Refused) as caught:
        request_of(values)
    assert (code_of(caught.value), caught.value.is_document_fault) == (code, False)


def test_empty_members_are_none() -> None:
    assert request_of({"query": "{ one }", "operationName": "", "variables": None, "extensions": None}) == Request(
        "{ one }"
    )


# ── trusted documents ────────────────────────────────────────────────────────────────────────────────────────────────


def test_trusted_documents_are_found_by_their_id_by_their_hash_and_by_their_text() -> None:
    known = store(trusted=[("first", "{ one }")])
    [document] = known.trusted
    requests = (
        {"documentId": "first"},
        {"documentId": id_of("{ one }")},
        {"documentId": "first", "query": "{ one }"},
        {"query": "{ one }"},
    )
    for values in requests:
        assert known.find(request_of(values)) is document
    assert known.find(automatic("{ one }")) is document
    assert code_of(refused(known, request_of({"documentId": "second"}))) == "PERSISTED_QUERY_NOT_FOUND"
    assert known.find(Request("{ two }")).is_trusted is False


def test_nothing_but_trusted_documents_where_that_is_wanted(reads: list[str]) -> None:
    known = store(trusted=[("first", "{ one }")], only_trusted=True)
    reads.clear()
    text = refused(known, Request("{ two }"))
    assert (code_of(text), text.status) == ("QUERY_NOT_IN_SAFELIST", 403)
    named = refused(known, request_of({"documentId": "second"}))
    assert (code_of(named), named.status) == ("PERSISTED_QUERY_NOT_IN_LIST", 403)
    assert code_of(refused(known, automatic("{ two }"))) == "QUERY_NOT_IN_SAFELIST"
    assert known.find(automatic("{ one }")).is_trusted
    assert reads == []


def test_a_trusted_document_that_cannot_run_says_so_to_its_callers() -> None:
    known = store(trusted=[("old", "{ gone }"), ("new", "{ one }")])
    assert [bool(document.errors) for document in known.trusted] == [True, False]
    assert code_of(refused(known, request_of({"documentId": "old"}))) == "GRAPHQL_VALIDATION_FAILED"


def test_two_trusted_documents_cannot_share_an_id() -> None:
    with pytest.raises(ValueError, match="have the id 'a'"):
        store(trusted=[("a", "{ one }"), ("a", "{ two }")])


# ── what is forgotten ────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_was_not_used_longest_is_forgotten_with_its_id(reads: list[str]) -> None:
    known = store(kept=2, trusted=[("t", "{ t: one }")])
    for text in ("{ a: one }", "{ b: one }"):
        known.find(automatic(text))
    known.find(automatic(None, id_of("{ a: one }")))  # used again, by its id
    known.find(Request("{ c: one }"))
    reads.clear()
    known.find(Request("{ a: one }"))
    known.find(Request("{ t: one }"))
    assert reads == []
    assert code_of(refused(known, automatic(None, id_of("{ b: one }")))) == "PERSISTED_QUERY_NOT_FOUND"


def test_large_documents_push_out_more_than_small_ones(reads: list[str]) -> None:
    known = store(kept=1_000, kept_bytes=100_000)
    for text in ("{ a: one }", "{ b: one }", "{ " + "one " * 30 + "}"):
        known.find(Request(text))
    reads.clear()
    known.find(Request("{ a: one }"))
    assert reads == []
    known.find(Request("{ " + "one " * 65 + "}"))  # alone about as much as is kept
    reads.clear()
    for text in ("{ a: one }", "{ b: one }"):
        known.find(Request(text))
    assert reads == ["{ a: one }", "{ b: one }"]


def test_nonsense_pushes_out_nothing_that_is_in_use(reads: list[str]) -> None:
    known = store(kept=3)
    known.find(Request("{ one }"))
    for number in range(50):
        refused(known, Request(f"{{ nothing{number} }}"))
    reads.clear()
    known.find(Request("{ one }"))
    assert reads == []
    refused(known, Request("{ nothing49 }"))
    refused(known, Request("{ nothing0 }"))
    assert reads == ["{ nothing0 }"]


@contextmanager
def measured() -> Generator[list[int], None, None]:
    """How many bytes are held at the end by what was made inside."""
    held: list[int] = []
    gc.collect()
    tracemalloc.start()
    yield held
    gc.collect()
    held.append(tracemalloc.get_traced_memory()[0])
    tracemalloc.stop()


def test_the_memory_of_a_document_is_not_underestimated() -> None:
    text = "query ($a: String) { " + "two(of: $a) " * 50 + " }"
    store().find(Request(text))
    known = store()
    with measured() as held:
        found = known.find(Request(text))
    assert found.bytes * 0.3 < held[0] < found.bytes * 1.3


def test_refused_documents_hold_no_tree() -> None:
    text = "{ " + "nothing " * 1_000 + "}"
    refused(store(), Request(text))
    known = store()
    with measured() as held:
        refused(known, Request(text))
    assert held[0] < 60_000
