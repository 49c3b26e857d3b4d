"""Inputs that several slices take, and the checks of what no rule below the roof looks at: lengths and characters."""

from collections.abc import Mapping, Sequence
from typing import Final

import strawberry

from app.kit.errors import DomainError, InvalidInput
from app.kit.graphql.types import LanguageCode
from app.kit.paging import MAX_PAGE
from app.kit.permissions import Actor
from app.kit.text import is_storable

KEY_DESCRIPTION: Final = "Makes repetitions harmless: the same key with the same input gets the first answer again."
MAX_NAME: Final = 200


@strawberry.input(description="A text in one language.")
class LocalizedTextInput:
    """One entry of a stored object from language to text."""

    language: LanguageCode = strawberry.field(description="The language.")
    text: str = strawberry.field(description="The text in it.")


def check_rows(rows: Sequence[object] | None, *path: str, least: int = 0) -> None:
    """Raise InvalidInput at `path` for more than 100 rows or fewer than `least`."""
    if rows is not None and not least <= len(rows) <= MAX_PAGE:
        message = f"Send {least} to {MAX_PAGE} rows at once; these are {len(rows)}."
        raise InvalidInput(message, path=path)


def texts_of(given: Sequence[LocalizedTextInput], *path: str, longest: int = MAX_NAME) -> dict[str, str]:
    """Language to text, without blanks around. Raises InvalidInput at the row that cannot be kept."""
    texts: dict[str, str] = {}
    for index, entry in enumerate(given):
        language = str(entry.language.value)
        if language in texts:
            message = f"The language {entry.language.name} is given twice."
            raise InvalidInput(message, path=[*path, str(index), "language"])
        texts[language] = text_of(entry.text, *path, str(index), "text", longest=longest, shortest=1)
    return texts


def text_of(given: str, *path: str, longest: int = MAX_NAME, shortest: int = 0) -> str:
    """A text without blanks around. Raises InvalidInput at `path` for a length or a character that cannot be."""
    text = given.strip()
    if not shortest <= len(text) <= longest or not is_storable(text):
        message = f"A text of {shortest} to {longest} characters is needed here."
        raise InvalidInput(message, path=path)
    return text


def point_at(error: DomainError, places: Mapping[str, Sequence[str]], fact: str) -> DomainError:
    """The refusal, pointing at the place of the input that its fact names; elsewhere at `input`."""
    return error.at("input", *places.get(str(error.facts.get(fact)), ()))


def idempotency_key() -> str | None:
    """The field that every mutation here takes."""
    return strawberry.field(default=None, description=KEY_DESCRIPTION)


def is_everywhere(actor: Actor) -> bool:
    """Whether the caller acts for the whole shop: its key is limited neither to locations nor to a partner."""
    return actor.location_ids is None and actor.partner_id is None
