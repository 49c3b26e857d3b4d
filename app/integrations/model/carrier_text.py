"""Text for carriers' software, which knows CP932 and short fields only. Pure."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

ENCODING: Final = "cp932"
# What is printed in the place of a character that the software does not know.
GETA: Final = "〓"
# The same signs at the places where CP932 has them, and white space that ends no row.
_EQUIVALENTS: Final = str.maketrans(
    {
        "\N{WAVE DASH}": "\N{FULLWIDTH TILDE}",
        "\N{MINUS SIGN}": "\N{FULLWIDTH HYPHEN-MINUS}",
        "\N{EM DASH}": "\N{HORIZONTAL BAR}",
        "\N{DOUBLE VERTICAL LINE}": "\N{PARALLEL TO}",
        "\N{NO-BREAK SPACE}": " ",
        "\t": " ",
        "\n": " ",
        "\r": " ",
    }
)
# A kana and its mark as two characters, as some systems write them.
_SPLIT_KANA: Final = re.compile("[\u3041-\u30ff][\u3099\u309a]")


@dataclass(frozen=True, slots=True)
class Folded:
    """A text that can be written. lost: the characters that could not be, in their order."""

    text: str
    lost: str


def equivalent(text: str) -> str:
    """The text with signs that look the same where CP932 has them: what a text that is not flagged reads back as."""
    composed = _SPLIT_KANA.sub(lambda match: unicodedata.normalize("NFC", match[0]), text)
    return composed.translate(_EQUIVALENTS)


def fold(text: str) -> Folded:
    """Replace what CP932 does not have, and what it has no sign for, by GETA."""
    written: list[str] = []
    lost: list[str] = []
    for character in equivalent(text):
        if _is_known(character):
            written.append(character)
        else:
            written.append(GETA)
            lost.append(character)
    return Folded("".join(written), "".join(lost))


def _is_known(character: str) -> bool:
    # Control characters and the private area have codes, but no sign that a label could show.
    if unicodedata.category(character) in {"Cc", "Co"}:
        return False
    try:
        return character.encode(ENCODING).decode(ENCODING) == character
    except UnicodeError:
        return False


def width(text: str) -> int:
    """Half-width places that a folded text takes: two for each full-width character."""
    return len(text.encode(ENCODING))


def cut(text: str, places: int) -> tuple[str, str]:
    """The beginning of a folded text that fits into so many half-width places, and the rest."""
    taken = 0
    for at, character in enumerate(text):
        taken += width(character)
        if taken > places:
            return text[:at], text[at:]
    return text, ""


def spread(parts: Sequence[str], places: Sequence[int]) -> tuple[list[str], str]:
    """Folded texts in lines of so many half-width places each, and what found no room.

    Each part begins a line of its own, and goes on in the next one; where there are too few lines for that, a blank
    parts them.
    """
    given = [part for part in parts if part]
    lines: list[str] = []
    for part in given:
        rest = part
        while rest and len(lines) < len(places):
            line, rest = cut(rest, places[len(lines)])
            lines.append(line)
        if rest or (len(lines) == len(places) and part is not given[-1]):
            return _fill(" ".join(given), places)
    return [*lines, *[""] * (len(places) - len(lines))], ""


def _fill(text: str, places: Sequence[int]) -> tuple[list[str], str]:
    lines: list[str] = []
    for room in places:
        line, text = cut(text, room)
        lines.append(line)
    return lines, text


@dataclass(slots=True)
class Changes:
    """What a row of a carrier's file says otherwise than the shop: names of fields, and characters that are lost."""

    fields: list[str] = field(default_factory=list[str])
    lost: str = ""

    def line(self, name: str, text: str, places: int) -> str:
        """A text for one field, cut to its places."""
        folded = fold(text)
        written, rest = cut(folded.text, places)
        self.note(name, folded.lost, rest)
        return written

    def lines(self, name: str, parts: Sequence[str], places: Sequence[int]) -> list[str]:
        """Texts for several fields that follow one another."""
        folded = [fold(part) for part in parts]
        written, rest = spread([one.text for one in folded], places)
        self.note(name, "".join(one.lost for one in folded), rest)
        return written

    def goods(self, name: str, names: Sequence[str], places: Sequence[int]) -> list[str]:
        """Names of goods, as many as there is room for: nobody misses the others."""
        folded = fold(", ".join(names))
        self.note(name, folded.lost, "")
        return _fill(folded.text, places)[0]

    def note(self, name: str, lost: str, rest: str) -> None:
        """Keep that a field is not what it should be."""
        if lost or rest:
            self.fields.append(name)
            self.lost += lost
