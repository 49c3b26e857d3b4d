"""Which of the languages that texts are kept in a caller prefers."""

from functools import lru_cache
from typing import Final

LANGUAGES: Final = ("ja", "en")
# As long as what browsers send; of these the newest answers are remembered.
_USUAL: Final = 100


def preferred_language(accept_language: str | None, default: str) -> str:
    """The best of LANGUAGES for an `Accept-Language` header; `default` when it names none of them."""
    if not accept_language:
        return default
    return _best(accept_language, default) if len(accept_language) <= _USUAL else _read(accept_language, default)


def _read(accept_language: str, default: str) -> str:
    best, best_weight = default, 0.0
    for part in accept_language.split(","):
        tag, _, parameter = part.partition(";")
        language = tag.strip().lower().partition("-")[0]
        weight = _weight(parameter)
        if language in LANGUAGES and weight > best_weight:
            best, best_weight = language, weight
    return best


_best: Final = lru_cache(maxsize=1024)(_read)


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if not name:
        return 1.0
    try:
        weight = float(value) if name.strip().lower() == "q" else 0.0
    except ValueError:
        return 0.0
    return weight if 0.0 <= weight <= 1.0 else 0.0
