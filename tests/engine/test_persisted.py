"""Trusted documents, as compilers of clients write them down."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from app.engine.persisted import UnreadableDocuments, read_trusted


def test_a_folder(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    texts = {"b.graphql": "query B { b }\n", "deep/a.gql": "query A {\r\n  a # 日本\r\n}", "notes.txt": "no document"}
    for name, text in texts.items():
        (tmp_path / name).write_bytes(text.encode())
    assert read_trusted(tmp_path) == [
        (sha256(text.encode()).hexdigest(), text) for text in (texts["b.graphql"], texts["deep/a.gql"])
    ]


def test_what_the_relay_compiler_writes(tmp_path: Path) -> None:
    path = tmp_path / "persisted.json"
    path.write_text(json.dumps({"5d41402abc4b2a76b9719d911017c592": "query A { a }", "sha256:ab": "query B { b }"}))
    assert read_trusted(path) == [("5d41402abc4b2a76b9719d911017c592", "query A { a }"), ("ab", "query B { b }")]


def test_the_manifest_of_apollo(tmp_path: Path) -> None:
    path = tmp_path / "manifest.json"
    operation = {"id": "ab", "name": "A", "type": "query", "body": "query A { a }"}
    manifest = {"format": "apollo-persisted-query-manifest", "version": 1, "operations": [operation]}
    path.write_text(json.dumps(manifest))
    assert read_trusted(path) == [("ab", "query A { a }")]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "Expecting"),
        ("[]", "it is no object"),
        ("{}", "there is no document"),
        ({"a": 7}, "the document 'a' is no text"),
        ({"": "{ a }"}, "is no text"),
        ({"format": "apollo-persisted-query-manifest", "version": 2, "operations": []}, "its version is not 1"),
        ({"format": "apollo-persisted-query-manifest", "version": 1}, "`operations` is no list"),
        ({"format": "apollo-persisted-query-manifest", "version": 1, "operations": [{"id": "a"}]}, "no `body`"),
        (
            {
                "format": "apollo-persisted-query-manifest",
                "version": 1,
                "operations": [{"id": "a", "body": "{ a }"}, {"id": "a", "body": "{ b }"}],
            },
            "two documents have the id 'a'",
        ),
    ],
)
def test_what_cannot_be_used_is_named_with_the_reason(tmp_path: Path, content: Any, why: str) -> None:
    path = tmp_path / "documents.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    with pytest.raises(UnreadableDocuments, match=r"documents\.json") as caught:
        read_trusted(path)
    assert why in str(caught.value)


def test_nothing_there(tmp_path: Path) -> None:
    for path in (tmp_path / "missing.json", tmp_path):
        with pytest.raises(UnreadableDocuments):
            read_trusted(path)
