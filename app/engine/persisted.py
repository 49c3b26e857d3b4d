"""Requests that name their document instead of bringing it, and the documents that a server knows from its start."""

import json
from collections.abc import Iterator, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from app.engine.request import Refused, Request, refusal

_APOLLO: Final = "apollo-persisted-query-manifest"
_PREFIX: Final = "sha256:"
# What JSON has for an object, or nothing.
_OBJECT: Final[Any] = (dict, type(None))
_SHAPE: Final = (
    ("query", (str, type(None)), "a text"),
    ("variables", _OBJECT, "an object"),
    ("operationName", (str, type(None)), "a text"),
    ("extensions", _OBJECT, "an object"),
    ("documentId", (str, type(None)), "a text"),
)


class UnreadableDocuments(Exception):
    """Trusted documents cannot be loaded; the message says from where and why."""


def request_of(values: Mapping[str, Any]) -> Request:
    """The request in an object, as every transport carries it.

    The document is `query`; or it is named, by `documentId` (`sha256:` and 64 digits, or an id of a manifest) or as
    Apollo's clients do, in `extensions.persistedQuery`. With both, the text must be what the id says and is kept under
    it. Raises Refused for what has another shape.
    """
    for name, kind, said in _SHAPE:
        if not isinstance(values.get(name), kind):
            raise _malformed(f"`{name}` must be {said}.")
    extensions: dict[str, Any] = values.get("extensions") or {}
    return Request(
        values.get("query") or None,
        values.get("variables"),
        values.get("operationName") or None,
        _id_of(values.get("documentId"), extensions.get("persistedQuery")),
        extensions,
    )


def _id_of(document_id: str | None, persisted: Any) -> str | None:
    found = document_id.removeprefix(_PREFIX) if document_id else None
    if persisted is None:
        return found
    if not isinstance(persisted, dict):
        raise _malformed("`extensions.persistedQuery` must be an object.")
    if persisted.get("version") != 1:
        raise refusal("Unsupported persisted query version", "PERSISTED_QUERY_NOT_SUPPORTED", is_document_fault=False)
    digits: Any = persisted.get("sha256Hash")
    if not (isinstance(digits, str) and digits):
        raise _malformed("`extensions.persistedQuery.sha256Hash` must be a text.")
    if found not in (None, digits):
        raise _malformed("`documentId` and `extensions.persistedQuery` name two documents.")
    return digits


def _malformed(message: str) -> Refused:
    return refusal(message, "BAD_REQUEST", is_document_fault=False)


def read_trusted(path: Path) -> list[tuple[str, str]]:
    """Id and text of the documents at `path`, in their order.

    A folder: every `*.graphql` and `*.gql` in it and below, by its SHA-256. A file: JSON, either from ids to texts, as
    the Relay compiler writes it, or Apollo's manifest. Raises UnreadableDocuments.
    """
    try:
        found = list(_in_folder(path) if path.is_dir() else _in_manifest(path))
    except (OSError, ValueError) as error:
        raise UnreadableDocuments(f"{path}: {error}") from error
    if not found:
        raise UnreadableDocuments(f"{path}: there is no document")
    texts: dict[str, str] = {}
    for id_, text in found:
        if texts.setdefault(id_, text) != text:
            raise UnreadableDocuments(f"{path}: two documents have the id {id_[:80]!r}")
    return found


def _in_folder(folder: Path) -> Iterator[tuple[str, str]]:
    for file in sorted(folder.rglob("*")):
        if file.suffix in {".graphql", ".gql"} and file.is_file():
            # As it is in the file: a client hashes what it sends, to the last line feed.
            text = file.read_bytes().decode()
            yield sha256(text.encode()).hexdigest(), text


def _in_manifest(path: Path) -> Iterator[tuple[str, str]]:
    found: Any = json.loads(path.read_bytes())
    if not isinstance(found, dict):
        raise ValueError("it is no object")  # of JSON, not of Python
    if found.get("format") == _APOLLO:
        if found.get("version") != 1:
            raise ValueError("its version is not 1")
        entries = [(entry["id"], entry["body"]) for entry in _operations(found)]
    else:
        entries = list(found.items())
    for id_, text in entries:
        if not (isinstance(id_, str) and id_ and isinstance(text, str) and text):
            raise ValueError(f"the document {id_!r} is no text")
        yield id_.removeprefix(_PREFIX), text


def _operations(manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = manifest.get("operations")
    if not isinstance(found, list):
        raise ValueError("`operations` is no list")
    for entry in found:
        if not (isinstance(entry, dict) and "id" in entry and "body" in entry):
            raise ValueError("an operation has no `id` or no `body`")
    return found
