"""E-mail addresses: one rule for all who take them, and one spelling."""

import re
from typing import Final

from app.kit.errors import InvalidEmail

MAX_EMAIL_LENGTH: Final = 254
_EMAIL: Final = re.compile(r"[^@\s,;<>\"()\[\]\\]+@(?:[^@\s.,;<>\"()\[\]\\]+\.)+[^@\s.,;<>\"()\[\]\\]{2,}")


def is_email(text: str) -> bool:
    """Whether a message could be sent there. Looser than the standard, as the addresses of some carriers are."""
    return len(text) <= MAX_EMAIL_LENGTH and text.isprintable() and _EMAIL.fullmatch(text) is not None


def normalize_email(text: str, *path: str) -> str:
    """The address, trimmed and in lower case, so that one buyer is found under one spelling.

    path: where it stands in the input. Raises InvalidEmail.
    """
    email = text.strip().lower()
    if not is_email(email):
        message = "This is not an e-mail address."
        raise InvalidEmail(message, path=path)
    return email
