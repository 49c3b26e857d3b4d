"""Documents, looked at once: parsed, measured, validated; found again by text or by id."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Final

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    OperationDefinitionNode,
    OperationType,
    parse,
)

from app.engine.limits import TOO_LARGE, Limits
from app.engine.measure import measure
from app.engine.request import Refused, Request, refusal
from app.engine.validation import Text, detached, faults, make_rules

# A parsed node takes about this much memory, measured; text takes one to four bytes a character.
_NODE_BYTES: Final = 1_500
_DOCUMENT_BYTES: Final = 2_000


@dataclass(eq=False, slots=True)
class Operation:
    """One operation of a valid document."""

    document: "Document"
    definition: OperationDefinitionNode
    plans: dict[Any, Any] = field(default_factory=dict[Any, Any])
    """What the compiler made of it, by the values of the variables in its conditions."""
    introspected: dict[str, Any] = field(default_factory=dict[str, Any])
    """What it says of the schema, by its variables, when that is all that it asks."""
    reader: Any = None
    """The reader of its variables, made at its first use."""
    conditions: tuple[str, ...] | None = None
    """The variables in its conditions, found at its first use."""
    cost: Any = None
    """Its app.engine.cost.Cost, made at its first use."""

    @property
    def type(self) -> OperationType:
        """Query, mutation or subscription."""
        return self.definition.operation


@dataclass(eq=False, slots=True)
class Document:
    """A document that was looked at once. errors: why it cannot run, in the order in which they were found.

    ast is None for a document that cannot run. ids: by which it can be asked for. bytes: about how much memory it is.
    """

    text: str
    ast: DocumentNode | None
    errors: tuple[GraphQLError, ...]
    operations: dict[str | None, Operation] = field(default_factory=dict[str | None, Operation])
    fragments: dict[str, FragmentDefinitionNode] = field(default_factory=dict[str, FragmentDefinitionNode])
    ids: set[str] = field(default_factory=set[str])
    bytes: int = 0
    is_trusted: bool = False

    def operation(self, name: str | None) -> Operation:
        """The chosen operation. Raises Refused when the choice is none."""
        if name is None and len(self.operations) == 1:
            return next(iter(self.operations.values()))
        if name is None:
            message = "The document has no operation, or several and none was chosen by `operationName`."
            raise refusal(message, "OPERATION_RESOLUTION_FAILURE")
        found = self.operations.get(name)
        if found is None:
            raise refusal(f"The document has no operation {name[:80]!r}.", "OPERATION_RESOLUTION_FAILURE")
        return found


class Kept:
    """The documents used last, bounded by their number and by their memory."""

    def __init__(self, count: int, size: int) -> None:
        self._count, self._size = count, size
        self._documents: OrderedDict[str, Document] = OrderedDict()
        self.bytes = 0

    def __len__(self) -> int:
        return len(self._documents)

    def get(self, text: str) -> Document | None:
        """The document of this text, which counts as used now."""
        found = self._documents.get(text)
        if found is not None:
            self._documents.move_to_end(text)
        return found

    def add(self, document: Document) -> list[Document]:
        """Keep one more; returns those that had to go for it."""
        self._documents[document.text] = document
        self.bytes += document.bytes
        return self._make_room()

    def grow(self, document: Document, size: int) -> list[Document]:
        """A kept document takes so many bytes more, or less when negative; returns those that had to go for it."""
        if self._documents.get(document.text) is not document:
            return []
        document.bytes += size
        self.bytes += size
        return self._make_room()

    def _make_room(self) -> list[Document]:
        gone: list[Document] = []
        while len(self._documents) > 1 and (len(self._documents) > self._count or self.bytes > self._size):
            _, oldest = self._documents.popitem(last=False)
            self.bytes -= oldest.bytes
            gone.append(oldest)
        return gone


class DocumentStore:
    """Keeps what was parsed and validated.

    trusted: id and text of documents that are known beforehand and never forgotten. only_trusted: whether all others
    are refused. introspection: whether the schema can be asked about itself; without it, messages suggest no names.
    kept, kept_bytes: how many other documents are remembered, and how much memory they may take; documents that
    cannot run are remembered apart, with as many, so that nobody can push out those in use with nonsense.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        *,
        limits: Limits | None = None,
        introspection: bool = True,
        trusted: Iterable[tuple[str, str]] = (),
        only_trusted: bool = False,
        kept: int = 1_000,
        kept_bytes: int = 100_000_000,
    ) -> None:
        self.limits = limits or Limits()
        self.introspection = introspection
        self._schema = schema
        self._rules = make_rules(self.limits, introspection=introspection)
        self._only_trusted = only_trusted
        self._trusted: dict[str, Document] = {}
        self._valid = Kept(kept, kept_bytes)
        self._invalid = Kept(kept, kept_bytes // 10)
        self._by_id: dict[str, Document] = {}
        for id_, text in trusted:
            self._trust(id_, text)

    @property
    def trusted(self) -> list[Document]:
        """The documents that were known beforehand, also those that cannot run."""
        return list(self._trusted.values())

    def find(self, request: Request) -> Document:
        """The valid document that the request names or brings. Raises Refused."""
        if request.sha256 is not None:
            found = self._by_id_or_new(request.query, request.sha256)
        elif request.query:
            found = self._by_text(request.query)
        else:
            raise refusal("The request has no `query`.", "BAD_REQUEST", is_document_fault=False)
        if found.errors:
            raise Refused(list(found.errors))
        return found

    def grow(self, document: Document, size: int) -> None:
        """What is kept with a document takes so many bytes more, or less when negative; others may have to go."""
        self._forget(self._valid.grow(document, size))

    def _by_text(self, text: str) -> Document:
        found = self._trusted.get(text)
        if found is None and self._only_trusted:
            message = "Only documents that this server was started with are run here, and this is none of them."
            raise refusal(message, "QUERY_NOT_IN_SAFELIST", status=403)
        if found is None:
            found = self._valid.get(text) or self._invalid.get(text)
        if found is None:
            found = self._read(text)
            self._forget((self._invalid if found.errors else self._valid).add(found))
        return found

    def _forget(self, documents: Iterable[Document]) -> None:
        for gone in documents:
            for id_ in gone.ids:
                self._by_id.pop(id_, None)

    def _by_id_or_new(self, text: str | None, id_: str) -> Document:
        found = self._by_id.get(id_)
        if found is not None and (text is None or found.text == text):
            if not found.is_trusted:
                self._valid.get(found.text)
            return found
        if text is None:
            raise self._unknown(id_)
        if sha256(text.encode()).hexdigest() != id_:
            message = "The id is not the SHA-256 of `query`, in lower-case hexadecimal digits."
            raise refusal(message, "PERSISTED_QUERY_HASH_MISMATCH", is_document_fault=False)
        found = self._by_text(text)
        if not found.errors:
            found.ids.add(id_)
            self._by_id[id_] = found
        return found

    def _unknown(self, id_: str) -> Refused:
        if self._only_trusted:
            message = f"No document with the id {id_[:80]!r} is among those that this server was started with."
            return refusal(message, "PERSISTED_QUERY_NOT_IN_LIST", status=403)
        # Clients that register their documents by themselves know this message and this code.
        return refusal("PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND")

    def _trust(self, id_: str, text: str) -> None:
        document = self._trusted.get(text)
        if document is None:
            document = self._trusted[text] = self._read(text)
            document.is_trusted = True
            document.ids.add(sha256(text.encode()).hexdigest())
        document.ids.add(id_)
        for name in document.ids:
            other = self._by_id.setdefault(name, document)
            if other is not document:
                raise ValueError(f"two trusted documents have the id {name[:80]!r}")

    def _read(self, text: str) -> Document:
        limits = self.limits
        if len(text) > limits.document_characters:
            message = f"The document is longer than {limits.document_characters} characters."
            return self._cannot_run(text, [GraphQLError(message, extensions={"code": TOO_LARGE})])
        try:
            ast = parse(Text(text), max_tokens=limits.tokens)
        except GraphQLError as error:
            return self._cannot_run(text, [error], "GRAPHQL_PARSE_FAILED")
        measured = measure(ast, limits)
        errors = measured.errors or faults(
            self._schema,
            ast,
            self._rules,
            limits,
            written=measured.written,
            hide_suggestions=not self.introspection,
        )
        if errors:
            return self._cannot_run(text, errors)
        size = _DOCUMENT_BYTES + len(text) + _NODE_BYTES * measured.written.nodes
        document = Document(text, ast, (), bytes=size)
        for definition in ast.definitions:
            if isinstance(definition, OperationDefinitionNode):
                name = definition.name.value if definition.name else None
                document.operations[name] = Operation(document, definition)
            elif isinstance(definition, FragmentDefinitionNode):
                document.fragments[definition.name.value] = definition
        return document

    def _cannot_run(self, text: str, errors: list[GraphQLError], code: str = "GRAPHQL_VALIDATION_FAILED") -> Document:
        kept = tuple(detached(error, code, self.limits.message_characters) for error in errors)
        return Document(text, None, kept, bytes=_DOCUMENT_BYTES + len(text))
