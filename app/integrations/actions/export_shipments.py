"""What is to leave a location is written into a file for a carrier's label software."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from app.exceptions.actions.settle_cases import settle_cases
from app.exceptions.model import CaseDraft, CaseKind
from app.fulfillment.model.packages import TemperatureClass, reference_of
from app.integrations import sql
from app.integrations.model.carrier_files import CarrierLayout, Label, Party, write_rows
from app.integrations.model.carrier_text import Changes
from app.kit.db import Database, Row, WriteTx
from app.kit.errors import NotFound
from app.locations.model.prefectures import PREFECTURES

BATCH: Final = 1_000


@dataclass(frozen=True, slots=True)
class ShipmentExport:
    """A file for a carrier. rows: labels in it. changed: the references of those whose texts had to be changed."""

    content: bytes
    rows: int
    changed: tuple[str, ...]


async def export_shipments(
    db: Database, layout: CarrierLayout, location: str, *, phone: str = "", now: datetime
) -> ShipmentExport:
    """All home deliveries that are to leave a location (its code), one label each; nothing is marked as shipped.

    phone: of the sender. Left out is what is on hold, and what goes to a point, whose code by the carrier is not known
    here. Orders whose text had to be changed become cases, TEXT_CHANGED_FOR_CARRIER, and stop to be with the next file
    that needs no change. Raises NotFound.
    """
    async with db.read() as tx:
        place = await sql.location_by_code(tx, location)
    if place is None:
        raise NotFound(f"There is no location {location}.")
    content: list[bytes] = []
    changed: list[str] = []
    rows, after = 0, 0
    while True:
        async with db.read() as tx:
            found = await sql.to_label(tx, place.id, after=after, limit=BATCH)
        labels = [_label(row, place, phone, now) for row in found]
        block, changes = write_rows(layout, labels, has_titles=layout.has_titles and not rows)
        content.append(block)
        changed += [label.reference for label, one in zip(labels, changes, strict=True) if one.fields]
        told = list(zip(found, changes, strict=True))
        await db.in_write(lambda tx, told=told: _tell(tx, layout.carrier, place, told, now=now))
        rows += len(found)
        if len(found) < BATCH:
            return ShipmentExport(b"".join(content), rows, tuple(changed))
        after = found[-1].number


def _label(row: Row, place: Row, phone: str, now: datetime) -> Label:
    address: dict[str, Any] = row.address
    first = f"{PREFECTURES[address['prefecture']]['ja']}{address['city']}{address['line1']}"
    prefecture = PREFECTURES[place.prefecture]["ja"] if place.prefecture else ""
    return Label(
        reference_of(row.number),
        now.astimezone(ZoneInfo(place.timezone)).date(),
        Party(
            address["name"],
            address["postal_code"],
            (first, address.get("line2") or ""),
            address["phone"],
            address.get("name_kana") or "",
        ),
        Party(_name(place.names), place.postal_code or "", (f"{prefecture}{place.address}",), phone),
        tuple(dict.fromkeys(_name(names) for names in row.goods)),
        TemperatureClass(row.temperature),
    )


def _name(names: dict[str, str]) -> str:
    return names.get("ja") or next(iter(names.values()), "")


async def _tell(tx: WriteTx, carrier: str, place: Row, rows: Sequence[tuple[Row, Changes]], *, now: datetime) -> None:
    """Whose text was changed is a case, with the fields and without what stands in them."""
    opened: list[CaseDraft] = []
    solved: list[tuple[CaseKind, tuple[str, str]]] = []
    kind = CaseKind.TEXT_CHANGED_FOR_CARRIER
    for row, change in rows:
        subject = ("FULFILLMENT", str(row.id))
        if change.fields:
            facts = {
                "reference": reference_of(row.number),
                "carrier": carrier,
                "fields": change.fields,
                "characters": change.lost,
            }
            opened.append(CaseDraft(kind, subject, place.id, place.partner_id, row.order_id, facts))
        else:
            solved.append((kind, subject))
    await settle_cases(tx, opened, solved, now=now)
