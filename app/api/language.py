"""Which of the languages that texts are kept in a caller prefers."""

from typing import Final

LANGUAGES: Final = ("ja", "en")


def preferred_language(accept_language: str | None, default: str) -> str:
    """The best of LANGUAGES for an `Accept-Language` header; `default` when it names none of them."""
    best, best_weight = default, 0.0
    for part in (accept_language or "").split(","):
        tag, _, parameter = part.partition(";")
        language = tag.strip().lower().partition("-")[0]
        weight = _weight(parameter)
        if language in LANGUAGES and weight > best_weight:
            best, best_weight = language, weight
    return best


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if not name:
        return 1.0
    try:
        weight = float(value) if name.strip().lower() == "q" else 0.0
    except ValueError:
        return 0.0
    return weight if 0.0 <= weight <= 1.0 else 0.0
