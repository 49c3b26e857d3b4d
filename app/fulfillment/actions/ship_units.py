"""The units of fulfillments leave their location, and the order's claims on them end."""

from collections.abc import Sequence
from typing import Literal
from uuid import UUID

from app.fulfillment.sql import fulfillments
from app.inventory.actions.ship_claims import ship_claims
from app.inventory.model import Claim
from app.inventory.sql import claims_of
from app.kit.db import Row, WriteTx
from app.orders.sql import components_of


async def ship_units(
    tx: WriteTx,
    order_id: UUID,
    leaving: Sequence[Row],
    *,
    kind: Literal["SHIPPED", "HANDED_OVER"],
    actor: str,
) -> dict[int, int]:
    """Take what locked fulfillments of an order are for out of stock. Returns the units per order line."""
    quantities = await fulfillments.quantities_of(tx, [row.id for row in leaving])
    places = {row.location_id for row in leaving}
    claims = [
        claim for claim in await claims_of(tx, order_id) if claim.location_id in places and claim.line_no in quantities
    ]
    if units_per_line(claims) != quantities and not await _are_bundles(tx, order_id, claims, quantities):
        # An invariant keeps claims and open fulfillments equal; shipping anyway would hide that it broke.
        message = f"The claims of order {order_id} do not cover what is to leave."
        raise RuntimeError(message)
    await ship_claims(tx, order_id, claims, kind=kind, actor=actor)
    return quantities


async def _are_bundles(tx: WriteTx, order_id: UUID, claims: Sequence[Claim], quantities: dict[int, int]) -> bool:
    """Whether the claims are the components of what is to leave."""
    needed = {
        (row.line_no, row.variant_id): row.quantity * quantities[row.line_no]
        for row in await components_of(tx, [order_id])
        if row.line_no in quantities
    }
    bundled = {line_no for line_no, _ in needed}
    found: dict[tuple[int, int], int] = {}
    for claim in claims:
        if claim.line_no in bundled:
            key = (claim.line_no, claim.variant_id)
            found[key] = found.get(key, 0) + claim.quantity
    plain = units_per_line([claim for claim in claims if claim.line_no not in bundled])
    return found == needed and plain == {line: units for line, units in quantities.items() if line not in bundled}


def units_per_line(claims: Sequence[Claim]) -> dict[int, int]:
    """The claimed units per order line."""
    units: dict[int, int] = {}
    for claim in claims:
        units[claim.line_no] = units.get(claim.line_no, 0) + claim.quantity
    return units
