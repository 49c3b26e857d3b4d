"""Carriers' files come in, again and again."""

import csv
from pathlib import Path
from uuid import UUID

import pytest

from app.integrations.actions.export_shipments import export_shipments
from app.integrations.actions.import_tracking_file import import_tracking_file
from app.integrations.errors import UnreadableFile
from app.integrations.model import ImportReport
from app.integrations.model.carrier_files import CARRIER_LAYOUTS
from app.kit.db import Database
from tests.conftest import NOW
from tests.fulfillment.builders import home, planned_order
from tests.fulfillment.views import everything, fulfillments_of, history_of, packages_of, ship_all

STATUSES = "tracking_number,status,occurred_at\r\n"


async def _import(db: Database, path: Path, layout: str = "yamato-b2") -> ImportReport:
    return await import_tracking_file(db, path, layout=CARRIER_LAYOUTS[layout], now=NOW)


def _figures(report: ImportReport) -> tuple[int, int, int, int]:
    return report.rows_read, report.rows_imported, report.rows_already, report.rows_refused


async def _planned(db: Database) -> tuple[UUID, str]:
    _, order_id = await planned_order(db, home)
    return order_id, f"F{(await fulfillments_of(db, order_id))[0].number}"


async def test_the_file_that_went_out_comes_back_with_numbers(db: Database, tmp_path: Path) -> None:
    order_id, _ = await _planned(db)
    export = await export_shipments(db, CARRIER_LAYOUTS["yamato-b2"], "wh", now=NOW)
    path = tmp_path / "b2.csv"
    titles, row = csv.reader(export.content.decode("cp932").splitlines())
    row[3] = "1000-0000-0004"
    with path.open("w", encoding="cp932", newline="") as file:
        csv.writer(file).writerows([titles, row, ["x"] * 95])
    assert _figures(await _import(db, path)) == (2, 1, 0, 1)
    assert [(row.carrier, row.tracking_number) for row in await packages_of(db, order_id)] == [
        ("yamato", "100000000004")
    ]
    before = await everything(db)
    report = await _import(db, path)
    assert _figures(report) == (2, 1, 1, 1)
    assert [(refusal.row_no, refusal.reason) for refusal in report.refusals] == [
        (3, "'x' is no reference of ours, such as F123.")
    ]
    assert await everything(db) == before


@pytest.mark.parametrize(
    ("layout", "titles", "carrier"),
    [
        ("sagawa-ehiden3", "お問い合せ送り状No.,お客様管理番号", "sagawa"),
        ("yupri-r", "お問い合わせ番号,お客様側管理番号", "japan-post"),
    ],
)
async def test_numbers_are_found_by_the_titles_of_their_columns(
    db: Database, tmp_path: Path, layout: str, titles: str, carrier: str
) -> None:
    order_id, reference = await _planned(db)
    path = tmp_path / "back.csv"
    path.write_bytes(f"{titles}\r\n100000000004,{reference}\r\n,{reference}\r\n".encode("cp932"))
    assert _figures(await _import(db, path, layout)) == (2, 1, 0, 1)
    assert [(row.carrier, row.tracking_number) for row in await packages_of(db, order_id)] == [
        (carrier, "100000000004")
    ]


async def test_a_file_without_its_columns_is_refused_as_a_whole(db: Database, tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(UnreadableFile, match="has no column お客様管理番号, お問い合せ送り状No"):
        await _import(db, path, "sagawa-ehiden3")
    with pytest.raises(UnreadableFile, match="There is no file"):
        await _import(db, tmp_path / "nothing.csv")


async def test_what_became_of_parcels_comes_in_once(db: Database, tmp_path: Path) -> None:
    order_id, _ = await _planned(db)
    await ship_all(db, order_id)
    number = (await packages_of(db, order_id))[0].tracking_number
    path = tmp_path / "statuses.csv"
    at = f"{NOW:%Y-%m-%dT%H:%M:%S}+00:00"
    path.write_text(
        f"{STATUSES}{number},配達完了,{at}\r\n{number},発送済み,{at}\r\nnobody,配達完了,{at}\r\n{number},?,{at}\r\n{number}\r\n"
    )
    report = await _import(db, path)
    assert _figures(report) == (5, 2, 0, 3)
    assert sorted(refusal.row_no for refusal in report.refusals) == [4, 5, 6]
    [package] = await packages_of(db, order_id)
    assert (package.status, package.delivered_at, package.note) == ("DELIVERED", NOW, "配達完了")
    assert (await history_of(db, order_id))[-1] == "PARCEL_DELIVERED"
    before = await everything(db)
    assert _figures(await _import(db, path)) == (5, 2, 2, 3)
    assert await everything(db) == before


async def test_an_empty_file_of_statuses_is_no_harm(db: Database, tmp_path: Path) -> None:
    path = tmp_path / "statuses.csv"
    path.write_text(STATUSES)
    assert _figures(await _import(db, path)) == (0, 0, 0, 0)
