"""Lines of orders whose units are missing where they were to come from: other places that may serve them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from app.carts.model import demands_of
from app.checkout.sql import movable_lines
from app.inventory.model import Demand
from app.inventory.model.corrections import OwnerLine
from app.inventory.model.selling import Part, Terms, selling_day, whole_bundles
from app.kit.db import ReadTx, Row
from app.orders.sql import components_of
from app.sourcing.sql import PlanInputs, load_plan_inputs


@dataclass(frozen=True, slots=True)
class _Delivery:
    """What `demands_of` asks of a delivery."""

    id: UUID
    mode: str
    location_id: int | None
    address: Mapping[str, Any] | None


async def find_elsewhere(tx: ReadTx, lines: Collection[OwnerLine], *, now: datetime) -> Mapping[OwnerLine, Demand]:
    """By line, the places that may serve it, best first, and how it is sold: by the same rules as when it was bought.

    Left out are lines of orders that are neither placed nor being paid, and what waits for its buyer at a counter.
    Places from which a part of the line has left, or was called off, do not send another. The number of statements
    does not depend on that of the lines; each channel among them adds up to five.
    """
    rows = await movable_lines(tx, lines) if lines else []
    bundled = dict[OwnerLine, list[tuple[int, int]]]()
    for row in await components_of(tx, [row["order_id"] for row in rows]) if rows else ():
        bundled.setdefault((row["order_id"], row["line_no"]), []).append((row["variant_id"], row["quantity"]))
    found = dict[OwnerLine, Demand]()
    for channel_id in dict.fromkeys(row["channel_id"] for row in rows):
        own = [row for row in rows if row["channel_id"] == channel_id]
        found |= await _demands_of_channel(tx, own, bundled, today=selling_day(now))
    return found


async def _demands_of_channel(
    tx: ReadTx, rows: Sequence[Row], bundled: Mapping[OwnerLine, Sequence[tuple[int, int]]], *, today: date
) -> dict[OwnerLine, Demand]:
    addresses = [row["address"] for row in rows if row["address"] is not None]
    parts = {variant_id for made_of in bundled.values() for variant_id, _ in made_of}
    inputs = await load_plan_inputs(
        tx,
        group_id=rows[0]["location_group_id"],
        channel_id=rows[0]["channel_id"],
        today=today,
        variant_ids=[*dict.fromkeys(row["variant_id"] for row in rows), *sorted(parts)],
        postal_codes={address["postal_code"] for address in addresses},
        points={row["location_id"] for row in rows if row["location_id"] is not None},
    )
    found = dict[OwnerLine, Demand]()
    for row in rows:
        line = (row["order_id"], row["line_no"])
        own = _as_sold(inputs, row["variant_id"], bundled.get(line, ()), today)
        delivery = _Delivery(row["delivery_id"], row["mode"], row["location_id"], row["address"])
        [demand] = demands_of(
            [row], [delivery], places=own.places, origins=own.origins, available=own.available, terms=own.terms
        )
        kept = tuple(place for place in demand.candidates if place not in row["left_from"])
        found[line] = replace(demand, line_no=row["line_no"], candidates=kept)
    return found


def _as_sold(inputs: PlanInputs, variant_id: int, made_of: Sequence[tuple[int, int]], today: date) -> PlanInputs:
    """The inputs with what the line's unit was made of when it was bought, whatever it is made of today."""
    terms = inputs.terms.get(variant_id)
    if not made_of:
        if terms is None or not terms.parts:
            return inputs
        return replace(inputs, terms={**inputs.terms, variant_id: replace(terms, parts=())})
    none = Terms(today)
    parts = tuple(
        Part(part_id, quantity, inputs.terms.get(part_id, none).rule, inputs.terms.get(part_id, none).share)
        for part_id, quantity in made_of
    )
    bundles = whole_bundles(inputs.available, inputs.places, parts)
    available = {
        **{key: units for key, units in inputs.available.items() if key[0] != variant_id},
        **{(variant_id, place): units for place, units in bundles.items()},
    }
    return replace(inputs, available=available, terms={**inputs.terms, variant_id: replace(terms or none, parts=parts)})
