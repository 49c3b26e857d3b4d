"""What an order's history tells of units that come from elsewhere."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from app.inventory.model.corrections import Promise


def moves_by_order(moved: Iterable[Promise]) -> dict[UUID, list[dict[str, Any]]]:
    """By order, in JSON: the line, its units, and the locations' ids. Bundles count once, whatever they are made of."""
    units = dict[tuple[UUID, int, int, int], dict[int, int]]()
    for promise in moved:
        if promise.moved_to is not None:
            key = (promise.owner_id, promise.line_no, promise.location_id, promise.moved_to)
            of_line = units.setdefault(key, {})
            of_line[promise.variant_id] = of_line.get(promise.variant_id, 0) + promise.line_units
    found = dict[UUID, list[dict[str, Any]]]()
    for (order_id, line_no, source, place), of_line in units.items():
        told = {"line": line_no, "quantity": max(of_line.values()), "from": str(source), "to": str(place)}
        found.setdefault(order_id, []).append(told)
    return found
