"""How much one request may be. One place for all the numbers; `measure` and `cost` say how they are counted."""

from dataclasses import dataclass
from typing import Final

TOO_LARGE: Final = "OPERATION_TOO_LARGE"


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one request may be. What a document says is counted as written unless it says `expanded`.

    With these values reading, measuring and validating the worst document takes some tens of milliseconds.
    """

    body_bytes: int = 1_000_000
    """Of an HTTP request after decompression."""
    json_values: int = 50_000
    """In the JSON of one request or message: commas, and beginnings of lists and objects, outside of texts."""
    body_s: float = 15.0
    """Within which the whole body must have come."""
    document_characters: int = 50_000
    tokens: int = 4_000
    depth: int = 16
    """Nested fields, expanded; introspection apart."""
    fields: int = 1_500
    """As written, and expanded."""
    aliases: int = 60
    """Expanded."""
    root_fields: int = 20
    """Different ones, expanded."""
    definitions: int = 120
    """Operations and fragments."""
    spreads: int = 400
    """Fragments that are spread, and inline fragments."""
    directives: int = 150
    arguments: int = 500
    values: int = 1_000
    """Literals, and entries of literal lists and objects."""
    variables: int = 150
    nesting: int = 24
    """Lists and objects inside one another, in a literal, in a type or in the variables."""
    digits: int = 400
    """Of one number in the document, with its sign, point and exponent: more than any number of 64 bits has."""
    introspection_depth: int = 32
    levels: int = 100
    """Fields and fragments inside one another, expanded."""
    merging: int = 20_000
    """Steps of comparing fields that share a name, of the order of a microsecond each."""
    errors: int = 10
    """Faults of one document or of its variables that are reported."""
    message_characters: int = 500
    max_cost: int = 100_000
    """See app.engine.cost."""
    max_introspection_cost: int = 1_000_000
    timeout_s: float = 20.0
    """Of one query or mutation."""
    answer_gzip_bytes: int = 1_400
    """Answers of at least this size are compressed for who takes that: smaller ones fit one packet anyway."""
