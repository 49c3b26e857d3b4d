"""Text as people search it: one spelling for full and half width, cases, and hiragana and katakana."""

import re
import unicodedata
from typing import Final

_SPACES: Final = re.compile(r"\s+")
_KATAKANA_TO_HIRAGANA: Final = {code: code - 0x60 for code in range(ord("ァ"), ord("ヶ") + 1)}
_WORD: Final = re.compile(r"\w+")
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")


def normalize(value: str) -> str:
    """NFKC, lower case, katakana as hiragana, single spaces: `ﾃｨｰｼｬﾂ　Ｂlue` becomes `てぃーしゃつ blue`."""
    folded = unicodedata.normalize("NFKC", value).casefold().translate(_KATAKANA_TO_HIRAGANA)
    return _SPACES.sub(" ", folded).strip()


def is_storable(text: str) -> bool:
    """Whether PostgreSQL can keep the text: no NUL, no half of a surrogate pair."""
    return _UNSTORABLE.search(text) is None


def grams(value: str) -> list[str]:
    """The distinct one- and two-character pieces of the words in `value`, sorted.

    Japanese has no spaces between words and its words are short, so pairs of characters find what trigrams miss.
    Single ASCII letters are left out: they would match nearly everything.
    """
    pieces: set[str] = set()
    for word in _WORD.findall(normalize(value)):
        pieces.update(word[index : index + 2] for index in range(len(word) - 1))
        pieces.update(character for character in word if not character.isascii() or len(word) == 1)
    return sorted(pieces)
