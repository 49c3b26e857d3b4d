"""What has to travel to a store before it is collected there."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.inventory.model import Claim
from app.inventory.model.selling import WAITING
from app.inventory.model.transfers import TransferLineDraft
from app.sourcing.model import DeliveryMode


@dataclass(frozen=True, slots=True)
class PlannedTransfer:
    """Units that have to travel to the store where they are collected."""

    from_location_id: int
    to_location_id: int
    lines: tuple[TransferLineDraft, ...]


def transfers_for(claims: Iterable[Claim], stores: Mapping[int, int]) -> list[PlannedTransfer]:
    """One transfer per store and sending location, for claimed units that are not at their store. Those that wait are
    nowhere.

    stores: by line number, the store where the line is collected; lines that are sent as parcels are not in
    it.
    """
    routes: dict[tuple[int, int], list[TransferLineDraft]] = {}
    for claim in sorted(claims, key=lambda claim: (claim.line_no, claim.location_id)):
        store = stores.get(claim.line_no)
        if store is not None and claim.location_id not in {store, WAITING}:
            routes.setdefault((claim.location_id, store), []).append(
                TransferLineDraft(claim.variant_id, claim.quantity, claim.line_no)
            )
    return [PlannedTransfer(source, store, tuple(lines)) for (source, store), lines in routes.items()]


def stores_of_lines(lines: Iterable[Any], deliveries: Iterable[Any]) -> dict[int, int]:
    """By line number, the own store where the line is collected. lines, deliveries: rows of an order."""
    stores: dict[UUID, int] = {row.id: row.location_id for row in deliveries if row.mode == DeliveryMode.STORE_PICKUP}
    return {line.line_no: stores[line.delivery_id] for line in lines if line.delivery_id in stores}
