"""What a client takes, by its `Accept` and `Accept-Encoding`."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

JSON: Final = "application/json"
RESPONSE_JSON: Final = "application/graphql-response+json"
EVENT_STREAM: Final = "text/event-stream"
_UTF_8: Final = frozenset({"", "utf-8", "utf8"})
# As long as what clients send; of these the newest readings are remembered.
_USUAL: Final = 300


@dataclass(frozen=True, slots=True)
class Accepted:
    """json: the media type of an answer in one piece, None when none fits. events: a stream of events is asked for."""

    json: str | None
    events: bool


def accepted(header: str | None) -> Accepted:
    """Read an `Accept` header; None when there is none.

    Who does not say that `application/graphql-response+json` is understood gets `application/json`, as clients of old
    expect. A stream of events is asked for by its name only: wildcards mean something that can be read at once.
    """
    return _usually_accepted(header) if header is None or len(header) <= _USUAL else _accepted(header)


def _accepted(header: str | None) -> Accepted:
    if header is None or not header.strip():
        return Accepted(JSON, events=False)
    weights: dict[str, float] = {}
    for name, weight in _parts(header):
        weights[name] = max(weights.get(name, 0.0), weight)
    anything = weights.get("application/*", weights.get("*/*", 0.0))
    json, response = weights.get(JSON, anything), weights.get(RESPONSE_JSON, anything)
    events = weights.get(EVENT_STREAM, 0.0) > 0
    if RESPONSE_JSON in weights and response > 0 and response >= json:
        return Accepted(RESPONSE_JSON, events)
    if json > 0:
        return Accepted(JSON, events)
    return Accepted(RESPONSE_JSON if response > 0 else None, events)


def accepts_gzip(header: str | None) -> bool:
    """Whether the answer may be compressed."""
    if header is None:
        return False
    return _usually_gzip(header) if len(header) <= _USUAL else _gzip(header)


def _gzip(header: str) -> bool:
    weights = dict(_parts(header))
    return weights.get("gzip", weights.get("*", 0.0)) > 0


def _parts(header: str) -> Iterator[tuple[str, float]]:
    """Each thing that is named with its weight. What wants another charset than UTF-8 cannot be had."""
    for part in header[:2_000].split(","):
        name, *parameters = part.split(";")
        weight = 1.0
        for parameter in parameters:
            key, _, value = parameter.partition("=")
            key, value = key.strip().lower(), value.strip().strip('"').lower()
            if key == "q":
                weight = _weight(value)
            elif key == "charset" and value not in _UTF_8:
                weight = 0.0
        yield name.strip().lower(), weight


_usually_accepted: Final = lru_cache(maxsize=256)(_accepted)
_usually_gzip: Final = lru_cache(maxsize=256)(_gzip)


def _weight(text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        return 0.0
    return weight if 0.0 <= weight <= 1.0 else 0.0
