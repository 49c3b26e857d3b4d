"""Every statement of the capacity slice."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from app.capacity.model.claims import Compartment, Reservation, Terms
from app.capacity.model.compartments import CompartmentStatus, ReservationState
from app.capacity.model.parcels import Box, CompartmentSize, Parcel
from app.capacity.model.stations import Station
from app.kit.db import ReadTx, Row, WriteTx
from app.kit.statement import Statement
from app.kit.temperature import Temperature

_STATIONS: Final = """
    SELECT station.location_id, station.lead_days, place.timezone,
           coalesce(network.hold_days, place.hold_days) AS hold_days
      FROM locker_stations AS station
      JOIN locations AS place ON place.id = station.location_id
      LEFT JOIN pickup_networks AS network ON network.code = place.network_code
     WHERE station.location_id = ANY(CAST(:location_ids AS int[])) ORDER BY station.location_id"""
_READ_STATIONS: Final = Statement(_STATIONS, generic=True)
_LOCK_STATIONS: Final = Statement(f"{_STATIONS} FOR UPDATE OF station", generic=True)
_COMPARTMENTS: Final = Statement("""
    SELECT * FROM locker_compartments WHERE location_id = ANY(CAST(:location_ids AS int[])) ORDER BY id
""", generic=True)  # fmt: skip
# All that is live, and what these deliveries have had.
_RESERVATIONS: Final = Statement(
    """
    SELECT *, lower(period) AS begins, upper(period) AS ends FROM compartment_reservations
     WHERE location_id = ANY(CAST(:location_ids AS int[])) AND state <> 'ENDED'
     UNION ALL
    SELECT *, lower(period), upper(period) FROM compartment_reservations
     WHERE delivery_id = ANY(CAST(:delivery_ids AS uuid[])) AND location_id = ANY(CAST(:location_ids AS int[]))
       AND state = 'ENDED'
""",
    generic=True,
)
_IN_WAY: Final = Statement(
    """
    SELECT delivery_id, order_id, location_id, compartment_id, state, CAST(NULL AS jsonb) AS parcel,
           temperature, lower(period) AS begins, upper(period) AS ends, CAST(NULL AS timestamptz) AS refused_at,
           CAST(NULL AS int) AS refused_compartment_id
      FROM compartment_reservations
     WHERE location_id = ANY(CAST(:location_ids AS int[])) AND state <> 'ENDED' AND compartment_id IS NOT NULL
       AND period && tstzrange(:since, :until)
""",
    generic=True,
)
_WHERE: Final = Statement("""
    SELECT delivery_id, order_id, location_id, state FROM compartment_reservations
     WHERE delivery_id = ANY(CAST(:delivery_ids AS uuid[])) OR order_id = ANY(CAST(:order_ids AS uuid[]))
     ORDER BY delivery_id
""")
# Other stations that hand over, of a group, or of any that this one is in.
_BESIDE: Final = Statement("""
    SELECT DISTINCT station.location_id
      FROM locker_stations AS station
      JOIN locations AS place ON place.id = station.location_id AND place.is_active AND place.hands_over
      JOIN location_group_members AS member ON member.location_id = station.location_id
     WHERE station.location_id <> :location_id
       AND CASE WHEN CAST(:group_id AS int) IS NULL
                THEN member.group_id IN (SELECT group_id FROM location_group_members WHERE location_id = :location_id)
                ELSE member.group_id = :group_id END
     ORDER BY station.location_id
""")
_OVERSTAYED: Final = Statement("""
    SELECT DISTINCT location_id FROM compartment_reservations
     WHERE state IN ('OCCUPYING', 'OVERDUE') AND upper(period) <= :now ORDER BY location_id LIMIT CAST(:limit AS int)
""")
_PUT: Final = Statement("""
    INSERT INTO compartment_reservations
           (delivery_id, order_id, location_id, compartment_id, state, temperature, parcel, period, refused_at,
            refused_compartment_id)
    SELECT delivery_id, order_id, location_id, compartment_id, state, temperature, parcel, tstzrange(begins, ends),
           refused_at, refused_compartment_id
      FROM unnest(CAST(:delivery_ids AS uuid[]), CAST(:order_ids AS uuid[]), CAST(:location_ids AS int[]),
                  CAST(:compartment_ids AS int[]), CAST(:states AS text[]), CAST(:temperatures AS text[]),
                  CAST(:parcels AS jsonb[]), CAST(:begins AS timestamptz[]), CAST(:ends AS timestamptz[]),
                  CAST(:refused_ats AS timestamptz[]), CAST(:refused_compartment_ids AS int[]))
           AS new (delivery_id, order_id, location_id, compartment_id, state, temperature, parcel, begins, ends,
                   refused_at, refused_compartment_id)
    ON CONFLICT (delivery_id) DO UPDATE
       SET location_id = excluded.location_id, compartment_id = excluded.compartment_id, state = excluded.state,
           period = excluded.period, refused_at = excluded.refused_at,
           refused_compartment_id = excluded.refused_compartment_id, version = compartment_reservations.version + 1
""")
_SET_COMPARTMENTS: Final = Statement("""
    UPDATE locker_compartments AS found
       SET status = new.status, fault = new.fault, is_active = new.is_active, version = found.version + 1
      FROM unnest(CAST(:ids AS int[]), CAST(:statuses AS text[]), CAST(:faults AS text[]),
                  CAST(:are_active AS bool[])) AS new (id, status, fault, is_active)
     WHERE found.id = new.id
""")
_SAVE_STATION: Final = Statement("""
    INSERT INTO locker_stations (location_id, lead_days) VALUES (:location_id, coalesce(CAST(:lead_days AS int), 2))
    ON CONFLICT (location_id) DO UPDATE
       SET lead_days = coalesce(CAST(:lead_days AS int), locker_stations.lead_days)
""")
_SAVE_COMPARTMENTS: Final = Statement("""
    INSERT INTO locker_compartments (location_id, code, size, temperature, length_mm, width_mm, height_mm)
    SELECT :location_id, new.*
      FROM unnest(CAST(:codes AS text[]), CAST(:sizes AS text[]), CAST(:temperatures AS text[]),
                  CAST(:lengths AS int[]), CAST(:widths AS int[]), CAST(:heights AS int[])) AS new
    ON CONFLICT (location_id, code) DO UPDATE
       SET size = excluded.size, temperature = excluded.temperature, length_mm = excluded.length_mm,
           width_mm = excluded.width_mm, height_mm = excluded.height_mm, version = locker_compartments.version + 1
    RETURNING id, code
""")
COMPARTMENTS_BY_ID: Final = Statement("SELECT * FROM locker_compartments WHERE id = ANY(CAST(:ids AS int[]))")
RESERVATIONS_BY_DELIVERY: Final = Statement("""
    SELECT r.delivery_id, r.state, r.temperature, lower(r.period) AS begins, upper(r.period) AS ends, c.code, c.size
      FROM compartment_reservations AS r LEFT JOIN locker_compartments AS c ON c.id = r.compartment_id
     WHERE r.delivery_id = ANY(CAST(:ids AS uuid[])) AND r.state <> 'ENDED'
""")
_EVER: Final = (datetime(2000, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC))


async def lock_stations(tx: WriteTx, location_ids: Iterable[int]) -> dict[int, Terms]:
    """Those of the locations whose compartments are known, locked in the order of their ids.

    They are locked until the transaction ends; orders and pickups are locked before them, holds and stock behind them.
    """
    return _terms(await tx.fetch(_LOCK_STATIONS, location_ids=sorted(set(location_ids))))


async def find_stations(tx: ReadTx, location_ids: Iterable[int]) -> dict[int, Terms]:
    """The same, not locked: a look that may be outdated."""
    return _terms(await tx.fetch(_READ_STATIONS, location_ids=sorted(set(location_ids))))


async def load_stations(
    tx: ReadTx, terms: Mapping[int, Terms], *, delivery_ids: Collection[UUID] = ()
) -> dict[int, Station]:
    """Stations by location id, with all live reservations and those of these deliveries, ended or not."""
    if not terms:
        return {}
    doors = await _doors(tx, terms)
    return _stations(
        terms, doors, await tx.fetch(_RESERVATIONS, location_ids=list(terms), delivery_ids=list(delivery_ids))
    )


async def look_at_stations(
    tx: ReadTx, terms: Mapping[int, Terms], *, span: tuple[datetime, datetime] = _EVER
) -> dict[int, Station]:
    """Stations by location id, to see what is free in a span of time and to plan new reservations in it.

    Of what is reserved it is known only where and when, not what: nothing of it may be moved.
    """
    if not terms:
        return {}
    doors, (since, until) = await _doors(tx, terms), span
    return _stations(terms, doors, await tx.fetch(_IN_WAY, location_ids=list(terms), since=since, until=until))


async def _doors(tx: ReadTx, terms: Mapping[int, Terms]) -> dict[int, dict[int, Compartment]]:
    doors: dict[int, dict[int, Compartment]] = {location_id: {} for location_id in terms}
    for row in await tx.fetch(_COMPARTMENTS, location_ids=list(terms)):
        doors[row.location_id][row.id] = _compartment(row)
    return doors


def _stations(
    terms: Mapping[int, Terms], doors: Mapping[int, dict[int, Compartment]], rows: Iterable[Row]
) -> dict[int, Station]:
    claims: dict[int, dict[UUID, Reservation]] = {location_id: {} for location_id in terms}
    for row in rows:
        claims[row.location_id][row.delivery_id] = _reservation(row)
    return {
        location_id: Station(location_id, own, doors[location_id], claims[location_id])
        for location_id, own in terms.items()
    }


async def find_reservations(
    tx: ReadTx, *, delivery_ids: Collection[UUID] = (), order_ids: Collection[UUID] = ()
) -> list[Row]:
    """Where these deliveries, or those of these orders, have claims, or had them: delivery_id, order_id, location_id,
    state.
    """
    return await tx.fetch(_WHERE, delivery_ids=list(delivery_ids), order_ids=list(order_ids))


async def stations_beside(tx: ReadTx, location_id: int, group_id: int | None) -> list[int]:
    """Other stations that may take what this one does not."""
    return [row.location_id for row in await tx.fetch(_BESIDE, location_id=location_id, group_id=group_id)]


async def overstayed_stations(tx: ReadTx, *, now: datetime, limit: int) -> list[int]:
    """Stations with goods that should have left."""
    return [row.location_id for row in await tx.fetch(_OVERSTAYED, now=now, limit=limit)]


async def write_reservations(tx: WriteTx, changed: Sequence[tuple[int, Reservation]]) -> None:
    """Write claims as they are now, each at a station (location id)."""
    await tx.execute(
        _PUT,
        delivery_ids=[one.delivery_id for _, one in changed],
        order_ids=[one.order_id for _, one in changed],
        location_ids=[location_id for location_id, _ in changed],
        compartment_ids=[one.compartment_id for _, one in changed],
        states=[one.state for _, one in changed],
        temperatures=[one.parcel.temperature for _, one in changed],
        parcels=[one.parcel.stored() for _, one in changed],
        begins=[one.begins for _, one in changed],
        ends=[one.ends for _, one in changed],
        refused_ats=[one.refused_at for _, one in changed],
        refused_compartment_ids=[one.refused_compartment_id for _, one in changed],
    )


async def write_compartments(tx: WriteTx, changed: Sequence[Compartment]) -> None:
    """Write what became of compartments."""
    await tx.execute(
        _SET_COMPARTMENTS,
        ids=[one.id for one in changed],
        statuses=[one.status for one in changed],
        faults=[one.fault for one in changed],
        are_active=[one.is_active for one in changed],
    )


async def save_station(tx: WriteTx, location_id: int, lead_days: int | None) -> None:
    """Make a location a station, or change its rules; None: as they are."""
    await tx.execute(_SAVE_STATION, location_id=location_id, lead_days=lead_days)


async def save_doors(tx: WriteTx, location_id: int, drafts: Sequence[Any]) -> dict[str, int]:
    """Write what compartments of a locked station measure; ids by code."""
    rows = await tx.fetch(
        _SAVE_COMPARTMENTS,
        location_id=location_id,
        codes=[draft.code for draft in drafts],
        sizes=[draft.size for draft in drafts],
        temperatures=[draft.temperature for draft in drafts],
        lengths=[draft.inner.a_mm for draft in drafts],
        widths=[draft.inner.b_mm for draft in drafts],
        heights=[draft.inner.c_mm for draft in drafts],
    )
    return {row.code: row.id for row in rows}


_UNKNOWN: Final = Parcel()


def _terms(rows: Iterable[Row]) -> dict[int, Terms]:
    return {row.location_id: Terms(row.timezone, row.lead_days, row.hold_days) for row in rows}


def _compartment(row: Row) -> Compartment:
    return Compartment(
        row.id,
        row.code,
        CompartmentSize(row.size),
        Temperature(row.temperature),
        Box(row.length_mm, row.width_mm, row.height_mm),
        CompartmentStatus(row.status),
        row.fault,
        row.is_active,
    )


def _reservation(row: Row) -> Reservation:
    return Reservation(
        row.delivery_id,
        row.order_id,
        _UNKNOWN if row.parcel is None else Parcel.read(row.parcel, row.temperature),
        row.begins,
        row.ends,
        row.compartment_id,
        ReservationState(row.state),
        row.refused_at,
        row.refused_compartment_id,
    )
