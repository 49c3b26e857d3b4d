"""What a pickup is collected with. No code is kept anywhere: see docs/decisions/0005."""

import hashlib
import hmac
import unicodedata
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

MAX_CODE_ATTEMPTS: Final = 5
CODE_DIGITS: Final = 6
VERIFICATION_LASTS: Final = timedelta(minutes=15)


def is_verified(verified_at: datetime | None, now: datetime) -> bool:
    """Whether the right code was said a short while ago, so that whoever said it is still there."""
    return verified_at is not None and now - verified_at < VERIFICATION_LASTS


def was_verified(verified_at: datetime | None, collected_at: datetime) -> bool:
    """Whether the right code was said around the time when the goods are reported as collected.

    The clock of who reports may be some minutes off, either way.
    """
    return verified_at is not None and abs(collected_at - verified_at) <= 2 * VERIFICATION_LASTS


# Wrong codes in one hour by one key, at one place, and at all places of one company. A code has a million values and
# five tries: somebody who tries one code each at very many pickups, with many keys, is stopped by these.
REFUSALS_PER_HOUR: Final = {"key": 30, "location": 60, "company": 600}


def refusal_limits(actor: str, location_id: int, partner_id: UUID | None) -> dict[str, int]:
    """What counts a wrong code said by a caller at a place, each with how many there may be in an hour."""
    subjects = {"key": actor, "location": str(location_id), "company": str(partner_id or "shop")}
    return {f"{kind} {subject}": REFUSALS_PER_HOUR[kind] for kind, subject in sorted(subjects.items())}


def attempt(failed_attempts: int, *, is_right: bool) -> tuple[int, bool]:
    """(wrong codes so far, whether the pickup is locked now) after one more code was typed."""
    if is_right:
        return 0, False
    failed = min(failed_attempts + 1, MAX_CODE_ATTEMPTS)
    return failed, failed == MAX_CODE_ATTEMPTS


def pickup_code(secret_key: bytes, pickup_id: UUID, version: int) -> str:
    """The code of a pickup, 6 digits: the same for the same key, pickup and version, otherwise unforeseeable.

    It is computed whenever it is needed, so that neither the database nor its backups hold one. A new version
    is a new code.
    """
    message = b"pickup-code\x00" + pickup_id.bytes + version.to_bytes(4)
    digest = hmac.new(secret_key, message, hashlib.sha256).digest()
    # 64 bits modulo a million: the bias is far below one in 10^12.
    return f"{int.from_bytes(digest[:8]) % 10**CODE_DIGITS:0{CODE_DIGITS}d}"


def is_pickup_code(text: str, secret_key: bytes, pickup_id: UUID, version: int) -> bool:
    """Whether `text` is the code, compared in constant time. Full-width digits and spaces are fine."""
    typed = "".join(unicodedata.normalize("NFKC", text).split())
    expected = pickup_code(secret_key, pickup_id, version)
    return hmac.compare_digest(typed.encode(errors="replace"), expected.encode())
