"""Save members under their external references or numbers."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from app.kit.db import WriteTx
from app.kit.ids import new_id
from app.members import sql
from app.members.model import MemberDraft, check_drafts, match_drafts, merged


async def save_members(tx: WriteTx, drafts: Iterable[MemberDraft], *, now: datetime) -> dict[str, UUID]:
    """Make or change the members that the drafts are about, whatever their number.

    Returns ids by `MemberDraft.key`: the number, or the external reference where a draft has no number. Raises
    InvalidMember or EmailTaken before anything is written.
    """
    checked = check_drafts(drafts)
    if not checked:
        return {}
    await sql.lock_members(tx)
    matches = match_drafts(checked, await sql.find_known(tx, checked.values()))
    unnumbered = [key for key, draft in checked.items() if draft.number is None and key not in matches]
    numbers = dict(zip(unnumbered, await sql.new_numbers(tx, len(unnumbered)), strict=True)) if unnumbered else {}
    rows = {
        key: {
            "id": matches[key]["id"] if key in matches else new_id(),
            **merged(draft, matches.get(key), numbers.get(key)),
        }
        for key, draft in checked.items()
    }
    await sql.write_members(tx, list(rows.values()), now=now)
    return {key: row["id"] for key, row in rows.items()}
