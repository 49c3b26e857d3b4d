"""A channel for an imported history, with two warehouses of its own."""

from datetime import datetime
from typing import Final

from app.channels.actions.save_channel import save_channel
from app.kit.db import WriteTx
from app.locations.actions.save_location_group import save_location_group
from app.locations.actions.save_locations import save_locations
from app.locations.model import LocationDraft, LocationKind

WAREHOUSES: Final = ("A", "B")


async def open_import_channel(tx: WriteTx, *, code: str, currency: str, now: datetime) -> tuple[int, int]:
    """Make the channel `code` and its locations; returns (channel id, location group id).

    A shop that has its channel already imports into that one instead; this is for trying a history out.
    """
    del now
    drafts = [
        LocationDraft(f"{code.upper()}-{letter}", LocationKind.EC_WAREHOUSE, {"en": f"Warehouse {letter} of {code}"})
        for letter in WAREHOUSES
    ]
    locations = await save_locations(tx, drafts)
    group_id = await save_location_group(tx, code=code, names={"en": code}, location_ids=sorted(locations.values()))
    channel_id = await save_channel(
        tx,
        code=code,
        names={"en": code},
        currency=currency,
        languages=["en"],
        location_group_id=group_id,
        payment_methods=["CARD"],
    )
    return channel_id, group_id
