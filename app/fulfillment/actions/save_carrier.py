"""The shop knows a carrier, or knows it better."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from app.fulfillment.model.packages import NumberRule, check_carrier
from app.fulfillment.sql import packages
from app.kit.db import WriteTx
from app.kit.errors import NotFound
from app.partners.sql import partner_exists


@dataclass(frozen=True, slots=True)
class CarrierDraft:
    """A carrier. names: by language. partner_id: the company whose keys may tell of its parcels."""

    code: str
    names: Mapping[str, str]
    tracking_url: str | None = None
    number_rule: NumberRule = NumberRule.ANY
    partner_id: UUID | None = None


async def save_carrier(tx: WriteTx, draft: CarrierDraft) -> None:
    """Write a carrier by its code. Raises InvalidInput, NotFound for an unknown partner. May be repeated."""
    check_carrier(draft.code, draft.tracking_url)
    if draft.partner_id is not None and not await partner_exists(tx, draft.partner_id):
        raise NotFound("There is no such partner.", path=["input", "partnerId"])
    await packages.save_carrier(
        tx,
        code=draft.code,
        names=draft.names,
        tracking_url=draft.tracking_url,
        number_rule=draft.number_rule,
        partner_id=draft.partner_id,
    )
