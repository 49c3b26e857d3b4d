"""Make a partner company."""

from datetime import datetime
from uuid import UUID

from app.kit.db import WriteTx
from app.kit.errors import InvalidInput
from app.kit.ids import new_id
from app.partners import sql
from app.partners.errors import PartnerCodeTaken
from app.partners.model import MAX_CODE, MAX_PARTNER_NAME, PartnerKind, is_code, is_name


async def create_partner(
    tx: WriteTx, *, code: str, name: str, kind: str, now: datetime, is_sandbox: bool = False
) -> UUID:
    """Make a partner and return its id. is_sandbox: it is there to try the API, and has test pickups only.

    Raises PartnerCodeTaken, or InvalidInput without a code or name or for an unknown kind; nothing changes then.
    """
    if not is_code(code) or not is_name(name) or kind not in set(PartnerKind):
        message = (
            f"A partner needs a code of 1 to {MAX_CODE} characters, a name of 1 to {MAX_PARTNER_NAME} "
            f"and one of the kinds {', '.join(PartnerKind)}."
        )
        raise InvalidInput(message)
    partner_id = new_id()
    if not await sql.insert_partner(
        tx, id=partner_id, code=code, name=name, kind=str(kind), is_sandbox=is_sandbox, now=now
    ):
        message = f"There is a partner with the code {code} already."
        raise PartnerCodeTaken(message, value=code)
    return partner_id
