"""What is to leave is written for a carrier's software."""

import csv
import io
from typing import Any
from uuid import UUID

import pytest

from app.fulfillment.actions.hold_works import hold_works
from app.fulfillment.actions.plan_work import plan_work
from app.integrations.actions.export_shipments import ShipmentExport, export_shipments
from app.integrations.model.carrier_files import CARRIER_LAYOUTS
from app.kit.db import Database
from app.kit.errors import NotFound
from tests.conftest import NOW
from tests.fulfillment.builders import STAFF, Shop, home, konbini_pickup, make_order, make_shop
from tests.fulfillment.views import cases_of, everything, fulfillments_of, ship_all, work_rows

B2 = CARRIER_LAYOUTS["yamato-b2"]


async def _orders(db: Database, count: int, *more: Any) -> tuple[Shop, list[UUID]]:
    async with db.write() as tx:
        shop = await make_shop(tx, on_hand=1_000)
        orders = [await make_order(tx, shop, home(shop, units=1), *more) for _ in range(count)]
        for order_id in orders:
            await plan_work(tx, order_id, now=NOW)
    return shop, orders


async def _rename(db: Database, order_id: UUID, name: str) -> None:
    async with db.write() as tx:
        await tx.connection.execute(
            "UPDATE order_deliveries SET address = address || jsonb_build_object('name', $2::text) WHERE order_id = $1",
            order_id,
            name,
        )


def _rows(export: ShipmentExport) -> list[list[str]]:
    return list(csv.reader(io.StringIO(export.content.decode("cp932"), newline="")))


async def test_open_home_deliveries_of_a_location_are_labels(db: Database) -> None:
    _, orders = await _orders(db, 3)
    await ship_all(db, orders[1])
    before = await everything(db)
    export = await export_shipments(db, B2, "wh", phone="03-1111-2222", now=NOW)
    assert (export.rows, export.changed) == (2, ())
    titles, *rows = _rows(export)
    assert titles[0] == "お客様管理番号"
    numbers = [(await fulfillments_of(db, orders[place]))[0].number for place in (0, 2)]
    assert [row[0] for row in rows] == [f"F{number}" for number in numbers]
    cells = dict(zip(titles, rows[0], strict=True))
    assert (cells["お届け先名"], cells["お届け先住所"], cells["お届け先郵便番号"], cells["お届け先電話番号"]) == (
        "山田 花子",
        "東京都渋谷区神宮前1-1-1",
        "150-0001",
        "0312345678",
    )
    assert (cells["ご依頼主名"], cells["ご依頼主電話番号"], cells["品名１"]) == ("wh店", "03-1111-2222", "品")
    assert await everything(db) == before
    empty = await export_shipments(db, B2, "umeda", now=NOW)
    assert (empty.rows, len(_rows(empty))) == (0, 1)


async def test_what_is_on_hold_or_goes_to_a_point_gets_no_label(db: Database) -> None:
    shop, _ = await _orders(db, 1)
    async with db.write() as tx:
        await plan_work(tx, await make_order(tx, shop, konbini_pickup(shop)), now=NOW)
    assert (await export_shipments(db, B2, "wh", now=NOW)).rows == 1
    pick = next(row.id for row in await work_rows(db) if row.kind == "PICK")
    async with db.write() as tx:
        await hold_works(tx, [pick], "wait", actor=STAFF, now=NOW)
    assert (await export_shipments(db, B2, "wh", now=NOW)).rows == 0


async def test_a_text_that_had_to_be_changed_is_a_case_until_it_need_not(db: Database) -> None:
    _, [order_id, _] = await _orders(db, 2)
    [fulfillment] = await fulfillments_of(db, order_id)
    await _rename(db, order_id, "𠮷田 花子")
    for _ in range(2):
        export = await export_shipments(db, B2, "wh", now=NOW)
        assert export.changed == (f"F{fulfillment.number}",)
        assert _rows(export)[1][15] == "〓田 花子"
    assert await cases_of(db, fulfillment.id) == ["TEXT_CHANGED_FOR_CARRIER"]
    [case] = (await everything(db))["exception_cases"]
    assert (case["order_id"], case["facts"]) == (
        order_id,
        {
            "reference": f"F{fulfillment.number}",
            "carrier": "yamato",
            "fields": ["お届け先名"],
            "characters": "𠮷",
        },
    )
    await _rename(db, order_id, "吉田 花子")
    assert (await export_shipments(db, B2, "wh", now=NOW)).changed == ()
    assert await cases_of(db, fulfillment.id) == []


async def test_many_labels_are_written_in_blocks(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.integrations.actions.export_shipments.BATCH", 2)
    _, orders = await _orders(db, 5)
    export = await export_shipments(db, CARRIER_LAYOUTS["yupri-r"], "wh", now=NOW)
    numbers = [(await fulfillments_of(db, order_id))[0].number for order_id in orders]
    assert [row[0] for row in _rows(export)] == [f"F{number}" for number in numbers]


async def test_a_location_that_is_not_there_ships_nothing(db: Database) -> None:
    with pytest.raises(NotFound):
        await export_shipments(db, B2, "nowhere", now=NOW)


@pytest.mark.parametrize(("temperature", "cell"), [("AMBIENT", "0"), ("CHILLED", "2"), ("FROZEN", "1")])
async def test_labels_say_how_cold_a_parcel_is_kept(db: Database, temperature: str, cell: str) -> None:
    await _orders(db, 1)
    async with db.write() as tx:
        await tx.connection.execute("UPDATE variants SET temperature = $1", temperature)
    head, row = _rows(await export_shipments(db, B2, "wh", now=NOW))
    assert dict(zip(head, row, strict=True))["クール区分"] == cell
