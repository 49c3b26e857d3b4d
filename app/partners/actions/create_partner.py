"""Make a partner company."""

from datetime import datetime
from uuid import UUID

from app.kit.db import WriteTx
from app.kit.errors import InvalidInput
from app.kit.ids import new_id
from app.partners import sql
from app.partners.errors import PartnerCodeTaken
from app.partners.model import PartnerKind


async def create_partner(tx: WriteTx, *, code: str, name: str, kind: str, now: datetime) -> UUID:
    """Make a partner and return its id.

    Raises PartnerCodeTaken, or InvalidInput without a code or name or for an unknown kind; nothing changes then.
    """
    if not code.strip() or not code.isprintable() or not name.strip() or kind not in set(PartnerKind):
        message = f"A partner needs a code, a name and one of the kinds {', '.join(PartnerKind)}."
        raise InvalidInput(message)
    partner_id = new_id()
    if not await sql.insert_partner(tx, id=partner_id, code=code, name=name, kind=str(kind), now=now):
        message = f"There is a partner with the code {code} already."
        raise PartnerCodeTaken(message)
    return partner_id
