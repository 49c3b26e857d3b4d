"""How many values a JSON text has, before anybody makes objects of them."""

import re
from typing import Final

# A text that does not end goes to the end of all: so each character is looked at once, whatever is sent.
_TEXTS_AND_MARKS: Final = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?|[,\[{]', re.DOTALL)
_QUOTE: Final = ord('"')


def has_more_values(text: bytes, most: int) -> bool:
    """Whether there are more commas and beginnings of lists and objects than that, outside of texts.

    Each value follows one of these. Also True for more texts than so many values have, names included.
    """
    if text.count(b",") + text.count(b"{") + text.count(b"[") <= most:
        return False
    marks = texts = 0
    for found in _TEXTS_AND_MARKS.finditer(text):
        if text[found.start()] == _QUOTE:
            texts += 1
        else:
            marks += 1
        if marks > most or texts > 2 * most + 1:
            return True
    return False
