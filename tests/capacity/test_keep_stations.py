"""What was decided at a station is written once, and what did not change is left alone."""

from typing import Any

from app.capacity import sql
from app.capacity.actions.keep_stations import keep_stations
from app.kit.db import Database
from tests.capacity.builders import MEDIUM, TOLD, claimed, claims
from tests.conftest import NOW


async def test_nothing_is_written_where_nothing_changed(db: Database, count_statements: Any) -> None:
    station, _ = await claimed(db, ("M",), MEDIUM)
    with count_statements() as count:
        async with db.write() as tx:
            stations = await sql.load_stations(tx, await sql.lock_stations(tx, [station]))
            await keep_stations(tx, stations.values(), now=NOW)
    assert count.total == 3


async def test_two_deliveries_change_places_in_one_statement(db: Database) -> None:
    station, [one, two] = await claimed(db, ("M", "M"), MEDIUM, MEDIUM)
    async with db.write() as tx:
        stations = await sql.load_stations(tx, await sql.lock_stations(tx, [station]))
        both = [stations[station].reservations[own.delivery_id] for own in (one, two)]
        both[0].compartment_id, both[1].compartment_id = both[1].compartment_id, both[0].compartment_id
        stations[station].touched = {own.delivery_id: None for own in both}
        await keep_stations(tx, stations.values(), now=NOW)
    assert await claims(db) == {one.delivery_id: ("PLANNED", "2"), two.delivery_id: ("PLANNED", "1")}
    async with db.read() as tx:
        assert [row.payload["compartment"] for row in await tx.fetch(TOLD)] == ["1", "2", "2", "1"]
