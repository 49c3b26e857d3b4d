"""Stations and stores become pickup points, and teach where postal codes lie."""

from pathlib import Path

import pytest

from app.integrations.actions.import_pickup_points import import_pickup_points
from app.integrations.errors import UnreadableFile
from app.integrations.model import POINT_LAYOUTS, ImportReport
from app.kit.db import Database
from app.locations.model import LocationKind, Point
from app.locations.sql import find_points, places_of_group
from tests.channels.builders import make_channel
from tests.conftest import NOW
from tests.locations.builders import make_group, make_location

DATA = Path(__file__).parents[3] / "shared" / "data" / "jp-stations" / "station.csv"
HEADER = "code,name,lat,lng,prefecture,postal_code,address,closed\n"


async def run(db: Database, path: Path, *, channel: str | None = None) -> ImportReport:
    return await import_pickup_points(
        db,
        path,
        layout=POINT_LAYOUTS["jp-stations"],
        kind=LocationKind.LOCKER_STATION,
        partner="EKI",
        channel=channel,
        now=NOW,
    )


async def test_points_are_offered_by_the_channel_beside_the_others(db: Database, tmp_path: Path) -> None:
    path = tmp_path / "stations.csv"
    path.write_text(HEADER + "1,函館,41.77,140.73,1,040-0063,若松町,0\n2,桔梗,41.85,140.73,1,041-0801,NULL,0\n")
    async with db.write() as tx:
        group_id = await make_group(tx, [await make_location(tx, code="STORE-1")])
        await make_channel(tx, group_id)
    report = await run(db, path, channel="web")
    assert (report.rows_read, report.rows_imported, report.rows_refused) == (2, 2, 0)
    async with db.read() as tx:
        places = await places_of_group(tx, group_id)
        assert sorted(place.code for place in places) == ["STATION-1", "STATION-2", "STORE-1"]
        assert await find_points(tx, ["0400063"]) == {"0400063": Point(41.77, 140.73)}
    station = next(place for place in places if place.code == "STATION-1")
    assert (station.kind, station.hands_over, station.holds_stock) == (LocationKind.LOCKER_STATION, True, False)
    assert station.partner_id is not None
    again = await run(db, path, channel="web")
    assert (again.rows_imported, again.rows_refused) == (2, 0)
    async with db.read() as tx:
        assert len(await places_of_group(tx, group_id)) == 3
        assert await tx.connection.fetchval("SELECT count(*) FROM partners") == 1


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("1,A,41,140,1,040-0063,x,1", "A is closed."),
        ("1,A,91,140,1,040-0063,x,0", "'91' is no coordinate in degrees."),
        ("1,A,x,140,1,040-0063,x,0", "'x' is no coordinate in degrees."),
        ("1,A,NaN,140,1,040-0063,x,0", "'NaN' is no coordinate in degrees."),
        ("1,A,41,140,48,040-0063,x,0", "'48' is no prefecture number (JIS X 0401, 1 to 47)."),
        (",A,41,140,1,040-0063,x,0", "The row has no code or no name."),
        ("1,A,41,140,1", "The row has fewer or more columns than the header."),
        ("0,OK,41,140,1,040-0063,x,0", "The code STATION-0 occurs twice."),
    ],
)
async def test_a_bad_row_is_refused_and_the_others_come_in(db: Database, tmp_path: Path, row: str, reason: str) -> None:
    path = tmp_path / "stations.csv"
    path.write_text(f"{HEADER}0,OK,41,140,1,NULL,x,0\n{row}\n")
    report = await run(db, path)
    assert [(refusal.row_no, refusal.reason) for refusal in report.refusals] == [(3, reason)]
    assert (report.rows_read, report.rows_imported) == (2, 1)


async def test_a_malformed_postal_code_is_refused(db: Database, tmp_path: Path) -> None:
    path = tmp_path / "stations.csv"
    path.write_text(f"{HEADER}1,A,41,140,1,12-34,x,0\n")
    report = await run(db, path)
    assert (report.rows_imported, report.rows_refused) == (0, 1)


async def test_wrong_columns_change_nothing(db: Database, tmp_path: Path) -> None:
    path = tmp_path / "stations.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(UnreadableFile):
        await run(db, path)
    async with db.read() as tx:
        assert await tx.connection.fetchval("SELECT count(*) FROM partners") == 0


@pytest.mark.skipif(
    not DATA.exists(),
    reason="the real stations are not shipped: their licence is their own",
)
async def test_all_stations_of_japan(db: Database) -> None:
    report = await run(db, DATA)
    assert report.rows_read == 9_372
    assert report.rows_imported + report.rows_refused == 9_372
    assert report.rows_imported > 8_900
