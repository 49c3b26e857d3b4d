"""How places keep goods, and what is shown there."""

from collections.abc import Collection
from typing import Final

from app.fulfillment.model.carrier_codes import CarrierCodes
from app.fulfillment.model.pickups import HoldPolicy
from app.kit.db import ReadTx, Row
from app.kit.statement import Statement

_POLICIES: Final = Statement("""
    SELECT place.id, place.timezone, place.hold_days AS own_days, network.hold_days AS network_days,
           place.hours, network.counts_from, network.day_ends, network.extension_days, network.code_issuer,
           network.slip_digits, network.slip_check, network.authentication_digits
      FROM locations AS place LEFT JOIN pickup_networks AS network ON network.code = place.network_code
     WHERE place.id = ANY(CAST(:ids AS int[]))
""")


async def policies_of(tx: ReadTx, location_ids: Collection[int]) -> dict[int, HoldPolicy]:
    """How each of these places keeps goods."""
    return {row.id: _policy(row) for row in await tx.fetch(_POLICIES, ids=list(location_ids))}


def _policy(row: Row) -> HoldPolicy:
    if row.network_days is None:
        return HoldPolicy(row.own_days, row.timezone)
    return HoldPolicy(
        row.network_days,
        row.timezone,
        has_network=True,
        counts_from_next_day=row.counts_from == "NEXT_DAY",
        hours=row.hours if row.day_ends == "CLOSING_TIME" else {},
        extension_days=row.extension_days,
        asks_own_code=row.code_issuer == "CARRIER",
        codes=CarrierCodes(row.slip_digits, row.slip_check == "MOD_7", row.authentication_digits),
    )
