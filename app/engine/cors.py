"""Which pages of other origins may call: the headers that browsers look for."""

from collections.abc import Collection, Mapping
from typing import Final

Headers = list[tuple[bytes, bytes]]

_METHODS: Final = ("GET", "POST")
_ALWAYS_ALLOWED: Final = ("Accept", "Accept-Language", "Content-Language", "Content-Type")
_ASKED: Final = b"Origin, Access-Control-Request-Method, Access-Control-Request-Headers"
_MAX_AGE_S: Final = 600


class Origins:
    """allowed: origins, or `*` for all. headers: what a page may send besides what it always may.

    exposed: headers of an answer that a page may read.
    """

    def __init__(self, allowed: Collection[str], *, headers: Collection[str], exposed: Collection[str]) -> None:
        self._all = "*" in allowed
        self._allowed = frozenset(allowed)
        names = sorted({*_ALWAYS_ALLOWED, *headers})
        self._headers = frozenset(name.lower() for name in names)
        self._preflight: Headers = [
            (b"vary", _ASKED),
            (b"access-control-allow-methods", ", ".join(_METHODS).encode()),
            (b"access-control-allow-headers", ", ".join(names).encode()),
            (b"access-control-max-age", str(_MAX_AGE_S).encode()),
        ]
        self._exposed = (b"access-control-expose-headers", ", ".join(exposed).encode())
        self._for_all: Headers = [(b"access-control-allow-origin", b"*"), self._exposed]

    def of_answer(self, origin: str | None) -> Headers:
        """What to add to any answer."""
        if self._all:
            return [] if origin is None else self._for_all
        if origin is None or origin not in self._allowed:
            return [(b"vary", b"Origin")]
        return [(b"access-control-allow-origin", origin.encode("latin-1")), self._exposed, (b"vary", b"Origin")]

    def preflight(self, headers: Mapping[str, str]) -> tuple[int, Headers, bytes]:
        """Status, headers and text of the answer to a browser that asks before it sends."""
        found = list(self._preflight)
        faults: list[str] = []
        origin = headers.get("origin", "")
        if self._all:
            found.append((b"access-control-allow-origin", b"*"))
        elif origin in self._allowed:
            found.append((b"access-control-allow-origin", origin.encode("latin-1")))
        else:
            faults.append("origin")
        if headers.get("access-control-request-method") not in _METHODS:
            faults.append("method")
        asked = headers.get("access-control-request-headers", "")
        if any(name.strip().lower() not in self._headers for name in asked.split(",") if name.strip()):
            faults.append("headers")
        if faults:
            return 400, found, f"Not allowed: {', '.join(faults)}".encode()
        return 200, found, b"OK"


def is_preflight(method: str, headers: Mapping[str, str]) -> bool:
    """Whether a browser asks before it sends."""
    return method == "OPTIONS" and "origin" in headers and "access-control-request-method" in headers
