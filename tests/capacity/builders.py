"""Locker stations for tests."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from app.capacity.actions.plan_compartments import plan_compartments
from app.capacity.actions.save_compartments import CompartmentDraft, save_compartments
from app.capacity.model.claims import CompartmentWish
from app.capacity.model.parcels import Box, CompartmentSize, Parcel
from app.kit.db import Database, WriteTx
from app.kit.ids import new_id
from app.kit.statement import Statement
from app.kit.temperature import Temperature
from tests.conftest import NOW
from tests.locations.builders import make_location

DAY: Final = timedelta(days=1)
INNER: Final = {
    "S": Box(550, 440, 85),
    "M": Box(550, 440, 180),
    "L": Box(550, 440, 370),
    "XL": Box(800, 440, 550),
}
SMALL: Final = Parcel(((Box(300, 200, 50), 1),))
MEDIUM: Final = Parcel(((Box(300, 200, 150), 1),))
HUGE: Final = Parcel(((Box(1200, 200, 150), 1),))
DOORS: Final = Statement("SELECT code, status, fault FROM locker_compartments ORDER BY location_id, code")
CLAIMS: Final = Statement("""
    SELECT r.delivery_id, r.state, c.code, lower(r.period) AS begins, upper(r.period) AS ends
      FROM compartment_reservations AS r LEFT JOIN locker_compartments AS c ON c.id = r.compartment_id
""")
CASES: Final = Statement("SELECT kind, subject_id, status, facts FROM exception_cases ORDER BY opened_at, id")
TOLD: Final = Statement("SELECT payload FROM outbox WHERE topic = 'compartment_reservation' ORDER BY id")


def draft(code: str, size: str = "M", **given: Any) -> CompartmentDraft:
    """A compartment of a size class."""
    return CompartmentDraft(
        code, CompartmentSize(size), given.pop("temperature", Temperature.AMBIENT), INNER[size], **given
    )


async def make_station(tx: WriteTx, doors: Iterable[CompartmentDraft], **location: Any) -> int:
    """A locker station with compartments; hold days are 3 unless the location says otherwise."""
    location_id = await make_location(tx, **{"kind": "LOCKER_STATION", "hold_days": 3, **location})
    await save_compartments(tx, location_id, list(doors), now=NOW)
    return location_id


def wish(
    location_id: int, parcel: Parcel = MEDIUM, *, at: datetime = NOW, order_id: UUID | None = None
) -> CompartmentWish:
    """One delivery of an order of its own."""
    return CompartmentWish(new_id(), order_id or new_id(), location_id, parcel, at)


async def claim(db: Database, *wishes: CompartmentWish) -> list[UUID]:
    """Plan and keep them in one transaction; the deliveries that were refused."""

    async def work(tx: WriteTx) -> list[UUID]:
        plan = await plan_compartments(tx, wishes)
        refused = [one.delivery_id for one in wishes if one.order_id in plan.refused]
        await plan.keep(tx, {one.delivery_id for one in wishes}, now=NOW)
        return refused

    return await db.in_write(work)


async def doors(db: Database) -> list[tuple[str, str]]:
    """(code, status) of all compartments."""
    async with db.read() as tx:
        return [(row.code, row.status) for row in await tx.fetch(DOORS)]


async def claims(db: Database) -> dict[UUID, tuple[str, str | None]]:
    """(state, code of the compartment) of each delivery's claim."""
    async with db.read() as tx:
        return {row.delivery_id: (row.state, row.code) for row in await tx.fetch(CLAIMS)}


async def cases(db: Database) -> list[tuple[str, str, str]]:
    """(kind, subject, status) of all cases."""
    async with db.read() as tx:
        return [(row.kind, row.subject_id, row.status) for row in await tx.fetch(CASES)]


async def claimed(
    db: Database, sizes: Sequence[str] = ("M", "M"), *parcels: Parcel
) -> tuple[int, list[CompartmentWish]]:
    """A station with compartments 1, 2, … and a claim for each parcel."""
    async with db.write() as tx:
        station = await make_station(tx, [draft(str(number), size) for number, size in enumerate(sizes, start=1)])
    wishes = [wish(station, parcel) for parcel in parcels]
    assert await claim(db, *wishes) == []
    return station, wishes
