"""Members before they are saved, and how people look for them."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from app.kit.mail import is_email
from app.kit.text import grams, normalize
from app.members.errors import EmailTaken, InvalidMember

MAX_TEXT: Final = 200
MAX_SEARCH: Final = 100
_POSTAL_CODE: Final = re.compile(r"[0-9]{7}")
_NO_DIGIT: Final = re.compile(r"[^0-9]")


@dataclass(frozen=True, slots=True)
class MemberDraft:
    """What is said about a member. Saving finds the member by its external reference, else by its number.

    number: the shop's; None lets the shop choose one. external_reference: what another system calls the member.
    Fields that are None keep what is known. postal_code: seven digits.
    """

    name: str
    number: str | None = None
    external_reference: str | None = None
    email: str | None = None
    name_kana: str | None = None
    phone: str | None = None
    postal_code: str | None = None

    @property
    def key(self) -> str:
        """The number, or the external reference where the draft has no number."""
        return self.number or self.external_reference or ""


def check_drafts(drafts: Iterable[MemberDraft]) -> dict[str, MemberDraft]:
    """Drafts by their keys, e-mail addresses in lower case.

    Raises InvalidMember or EmailTaken for the first that cannot be saved, also when two of them share a number, a
    reference or an address.
    """
    checked: dict[str, MemberDraft] = {}
    seen: set[tuple[str, str]] = set()
    for draft in drafts:
        _check(draft)
        for field in ("number", "external_reference", "email"):
            value: str | None = getattr(draft, field)
            if value is None:
                continue
            same = (field, value.lower() if field == "email" else value)
            if same in seen:
                message = f"The {field.replace('_', ' ')} {value} is given twice."
                raise InvalidMember(message, member=draft.key)
            seen.add(same)
        checked[draft.key] = draft
    return checked


def _check(draft: MemberDraft) -> None:
    texts = [draft.name, draft.key, draft.number, draft.external_reference]
    texts += [draft.email, draft.name_kana, draft.phone]
    trouble: str | None = None
    if not draft.name.strip() or not draft.key:
        trouble = "A member needs a name, and a number or an external reference."
    elif any(text is not None and not _is_fit(text) for text in texts):
        trouble = f"What is said about a member is 1 to {MAX_TEXT} printable characters long."
    elif draft.email is not None and not is_email(draft.email):
        trouble = f"{draft.email!r} is no e-mail address."
    elif draft.postal_code is not None and _POSTAL_CODE.fullmatch(draft.postal_code) is None:
        trouble = "A postal code has seven digits."
    if trouble is not None:
        raise InvalidMember(trouble, member=draft.key[:MAX_TEXT])


def _is_fit(text: str) -> bool:
    return 1 <= len(text) <= MAX_TEXT and text.isprintable()


def match_drafts(drafts: Mapping[str, MemberDraft], known: Iterable[Any]) -> dict[str, Any]:
    """The known member that each draft is about, by the drafts' keys; drafts of new members are left out.

    known: all members that share a number, a reference or an address with a draft. Raises InvalidMember when a
    draft's reference and number belong to two members, EmailTaken when its address is another member's.
    """
    rows = list(known)
    by_number = {row["number"]: row for row in rows}
    by_reference = {row["external_reference"]: row for row in rows if row["external_reference"] is not None}
    by_email = {row["email"]: row for row in rows if row["email"] is not None}
    matches: dict[str, Any] = {}
    for key, draft in drafts.items():
        numbered = by_number.get(draft.number)
        referred = by_reference.get(draft.external_reference)
        if numbered is not None and referred is not None and numbered["id"] != referred["id"]:
            message = f"The number {draft.number} and the reference {draft.external_reference} are two members'."
            raise InvalidMember(message, member=key)
        match = referred or numbered
        owner = by_email.get(draft.email.lower()) if draft.email else None
        if owner is not None and (match is None or owner["id"] != match["id"]):
            message = f"Another member has the e-mail address {draft.email}."
            raise EmailTaken(message, member=key, email=draft.email)
        if match is not None:
            matches[key] = match
    return matches


def merged(draft: MemberDraft, known: Any, number: str | None) -> dict[str, Any]:
    """The columns of a member: what the draft says, else what is known; with what makes it findable.

    known: the member's row, None for a new one. number: for a new member whose draft has none.
    """
    columns: dict[str, Any] = {
        "number": draft.number or number,
        "name": draft.name,
        "email": draft.email.lower() if draft.email else None,
    }
    for name in ("external_reference", "name_kana", "phone", "postal_code"):
        columns[name] = getattr(draft, name)
    if known is not None:
        columns = {name: known[name] if value is None else value for name, value in columns.items()}
    phone = columns["phone"]
    texts = [columns[name] for name in ("number", "name", "name_kana", "email", "phone", "external_reference")]
    texts += [_NO_DIGIT.sub("", phone) if phone else None]
    text = normalize(" ".join(text for text in texts if text))
    return {**columns, "search_text": text, "search_grams": grams(text)}


def search_terms(search: str) -> tuple[list[str], list[str]]:
    """(words that a member's text contains, pieces that an index finds them by) of what somebody typed."""
    words = normalize(search).split()
    return words, [piece for piece in grams(search) if len(piece) > 1 or not piece.isascii()]
