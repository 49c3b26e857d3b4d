"""Secrets that have to be told again later: kept so that without the installation's key they say nothing. Pure."""

import base64
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_KEPT: Final = 16


class Unreadable(Exception):
    """None of the keys is the one with which the secret was sealed."""


@lru_cache(maxsize=_KEPT)
def _box(key: bytes, purpose: str) -> Fernet:
    derived = HKDF(SHA256(), 32, salt=None, info=purpose.encode()).derive(key)
    return Fernet(base64.urlsafe_b64encode(derived))


def seal(secret: str, keys: Sequence[bytes], purpose: str) -> bytes:
    """What is kept of a secret, another text each time. keys: the present one first; each purpose has its own."""
    return _box(keys[0], purpose).encrypt(secret.encode())


def unseal(sealed: bytes, keys: Sequence[bytes], purpose: str) -> str:
    """The secret, sealed with any of the keys. Raises Unreadable."""
    try:
        return MultiFernet([_box(key, purpose) for key in keys]).decrypt(sealed).decode()
    except InvalidToken:
        raise Unreadable from None
