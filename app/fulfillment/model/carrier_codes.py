"""What buyers collect with where a carrier gives it out: a slip number and an authentication number. Pure.

The slip number is on the parcel for all to see. The authentication number is a secret: it is kept sealed, told to the
buyer alone, and neither this module's refusals nor anything else repeats it.
"""

import hashlib
import hmac
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from app.fulfillment.errors import InvalidCarrierCode
from app.kit import sealing

# Of numbers whose network does not say how long they are.
_ANY_SLIP: Final = range(4, 21)
_ANY_AUTHENTICATION: Final = range(1, 13)
_PURPOSE: Final = "hikiate carriers' authentication numbers"
_SLIP: Final = "slipNumber"
_AUTHENTICATION: Final = "authenticationNumber"


@dataclass(frozen=True, slots=True)
class CarrierCodes:
    """What a carrier's numbers look like: how many digits they have (None: any, 0: there is none), and whether the last
    digit of a slip number is what is left of the others, divided by 7.
    """

    slip_digits: int | None = None
    has_check_digit: bool = False
    authentication_digits: int | None = None

    def check(self, slip_number: str | None, authentication_number: str | None) -> None:
        """Raise InvalidCarrierCode unless the carrier may have given out these plain numbers (None: not told)."""
        if slip_number is not None:
            _check_digits(slip_number, self.slip_digits, _ANY_SLIP, _SLIP)
            if self.has_check_digit and int(slip_number[:-1]) % 7 != int(slip_number[-1]):
                raise InvalidCarrierCode("The last digit of this slip number is wrong.", name=_SLIP, digits=None)
        if authentication_number is not None:
            if self.authentication_digits == 0:
                message = "There are no authentication numbers here: the slip number is enough."
                raise InvalidCarrierCode(message, name=_AUTHENTICATION, digits=0)
            _check_digits(authentication_number, self.authentication_digits, _ANY_AUTHENTICATION, _AUTHENTICATION)


def _check_digits(number: str, wanted: int | None, usual: range, name: str) -> None:
    lengths = usual if wanted is None else (wanted,)
    if number.isascii() and number.isdigit() and len(number) in lengths:
        return
    how_many = f"{wanted}" if wanted is not None else f"{usual[0]} to {usual[-1]}"
    raise InvalidCarrierCode(f"This number has {how_many} digits, and nothing else.", name=name, digits=wanted)


def plain_digits(number: str | None) -> str | None:
    """A number as it is compared: full-width digits become plain ones, blanks and hyphens are left out."""
    if number is None:
        return None
    return "".join(unicodedata.normalize("NFKC", number).split()).replace("-", "")


def seal_number(number: str, keys: Sequence[bytes]) -> bytes:
    """What is kept of an authentication number."""
    return sealing.seal(number, keys, _PURPOSE)


def unseal_number(sealed: bytes, keys: Sequence[bytes]) -> str:
    """The authentication number. Raises sealing.Unreadable."""
    return sealing.unseal(sealed, keys, _PURPOSE)


def fingerprint(number: str, key: bytes) -> str:
    """What tells whether two requests say the same number. Without the key it cannot be found out by trying."""
    return hmac.new(key, b"authentication-number\x00" + number.encode(errors="replace"), hashlib.sha256).hexdigest()
