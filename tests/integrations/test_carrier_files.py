"""The files of carriers' software, column by column."""

import csv
import io
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from app.fulfillment.model.packages import TemperatureClass, TrackingKind, reference_of
from app.integrations.errors import RowRefused
from app.integrations.model.carrier_files import (
    CARRIER_LAYOUTS,
    CarrierLayout,
    Label,
    Party,
    number_in,
    ordered,
    write_rows,
)
from app.integrations.model.tracking_rows import number_row, parse_status

LABEL = Label(
    "F7",
    date(2026, 11, 2),
    Party("山田 花子", "1500001", ("東京都渋谷区神宮前1-1-1", "101号室"), "０３-1234（5678）", "ﾔﾏﾀﾞ ﾊﾅｺ"),
    Party("倉庫", "", ("東京都江東区1",), "0312345678"),
    ("シャツ", "帽子"),
    TemperatureClass.CHILLED,
)


def _cells(layout: CarrierLayout, label: Label = LABEL) -> dict[str, str]:
    content, _ = write_rows(layout, [label], has_titles=True)
    titles, cells = csv.reader(io.StringIO(content.decode("cp932"), newline=""))
    assert titles == list(layout.titles)
    return {title: cell for title, cell in zip(titles, cells, strict=True) if cell}


def test_b2_has_95_columns_of_which_the_first_42_are_known() -> None:
    layout = CARRIER_LAYOUTS["yamato-b2"]
    assert len(layout.titles) == 95
    assert len(set(layout.titles)) == 95
    assert [layout.titles[place - 1] for place in (1, 4, 16, 25, 36, 42, 43, 95)] == [
        "お客様管理番号", "伝票番号", "お届け先名", "ご依頼主名", "止置き", "運賃管理番号", "43", "95",
    ]  # fmt: skip
    assert _cells(layout) == {
        "お客様管理番号": "F7",
        "送り状種類": "0",
        "クール区分": "2",
        "出荷予定日": "2026/11/02",
        "お届け先電話番号": "03-12345678",
        "お届け先郵便番号": "150-0001",
        "お届け先住所": "東京都渋谷区神宮前1-1-1",
        "お届け先アパートマンション名": "101号室",
        "お届け先名": "山田 花子",
        "お届け先名(ｶﾅ)": "ヤマダ ハナコ",
        "敬称": "様",
        "ご依頼主電話番号": "0312345678",
        "ご依頼主住所": "東京都江東区1",
        "ご依頼主名": "倉庫",
        "品名１": "シャツ, 帽子",
        "発行枚数": "1",
    }


def test_ehiden_has_74_columns() -> None:
    layout = CARRIER_LAYOUTS["sagawa-ehiden3"]
    assert len(layout.titles) == 74
    assert len(set(layout.titles)) == 74
    assert [layout.titles[place - 1] for place in (10, 24, 42, 44, 62, 74)] == [
        "お客様管理番号", "荷姿", "出荷個数", "クール便指定", "お問い合せ送り状No.", "編集１０",
    ]  # fmt: skip
    cells = _cells(layout)
    assert {
        title: cells[title] for title in ("お客様管理番号", "お届け先住所１", "お届け先住所２", "お届け先名称１")
    } == {
        "お客様管理番号": "F7",
        "お届け先住所１": "東京都渋谷区神宮前1-1-1",
        "お届け先住所２": "101号室",
        "お届け先名称１": "山田 花子",
    }
    assert (cells["クール便指定"], cells["品名１"], cells["出荷個数"]) == ("002", "シャツ, 帽子", "1")


def test_yupri_has_no_titles_and_says_that_cold_is_not_known() -> None:
    layout = CARRIER_LAYOUTS["yupri-r"]
    assert layout.has_titles is False
    cells = _cells(layout)
    assert (cells["お客様側管理番号"], cells["発送予定日"], cells["郵便種別"], cells["お届け先郵便番号"]) == (
        "F7",
        "20261102",
        "0",
        "150-0001",
    )
    assert "保冷種別" not in cells
    [changes] = write_rows(layout, [LABEL], has_titles=False)[1]
    assert changes.fields == ["保冷種別"]
    warm = replace(LABEL, temperature=TemperatureClass.NORMAL)
    assert _cells(layout, warm)["保冷種別"] == "0"
    assert write_rows(layout, [warm], has_titles=False)[1][0].fields == []


def test_rows_are_cp932_with_quotes_and_windows_line_ends() -> None:
    content, [changes] = write_rows(
        ordered(CARRIER_LAYOUTS["yamato-b2"], ["お届け先名", "お客様管理番号"]),
        [replace(LABEL, receiver=replace(LABEL.receiver, name='𠮷野 "〜"'))],
        has_titles=True,
    )
    assert content == '"お届け先名","お客様管理番号"\r\n"〓野 ""\uff5e""","F7"\r\n'.encode("cp932")
    assert (changes.fields, changes.lost) == (["お届け先名"], "𠮷")


@pytest.mark.parametrize("titles", [[], ["お届け先名", "no such"]])
def test_columns_that_are_not_there_are_not_ordered(titles: list[str]) -> None:
    with pytest.raises(ValueError, match="There is no column"):
        ordered(CARRIER_LAYOUTS["yamato-b2"], titles)


@pytest.mark.parametrize(
    ("reference", "number"),
    [
        ("F1", 1),
        (" Ｆ１２ ", 12),
        ("F7-2", 7),
        ("F0", None),
        ("", None),
        ("12", None),
        ("F1x", None),
        ("F" + "9" * 15, None),
    ],
)
def test_a_reference_means_a_fulfillment(reference: str, number: int | None) -> None:
    assert number_in(reference) == number
    if number is not None:
        assert number_in(reference_of(number)) == number


@pytest.mark.parametrize(
    ("reference", "number", "reason"),
    [
        ("x", "1", "'x' is no reference of ours, such as F123."),
        ("F1", " - ", "The row has no tracking number yet."),
        ("F1", "1" * 61, "A tracking number has up to 60 printable characters."),
    ],
)
def test_rows_that_mean_nothing_are_refused(reference: str, number: str, reason: str) -> None:
    with pytest.raises(RowRefused) as refusal:
        number_row(reference, number)
    assert refusal.value.message == reason


def test_words_of_carriers_are_understood_and_the_same_row_has_the_same_key() -> None:
    row = {"tracking_number": "1000-0000-0004", "status": "持戻(不在)", "occurred_at": "2026/11/02 14:30"}
    status = parse_status(row, "yamato", "Asia/Tokyo")
    assert (status.tracking_number, status.kind, status.occurred_at, status.note) == (
        "1000-0000-0004",
        TrackingKind.DELIVERY_ATTEMPTED,
        datetime(2026, 11, 2, 14, 30, tzinfo=ZoneInfo("Asia/Tokyo")),
        "持戻(不在)",
    )
    same = row | {"tracking_number": "100000000004"}
    assert parse_status(same, "yamato", "Asia/Tokyo").key == status.key
    assert parse_status(row | {"occurred_at": "2026-11-02 14:31"}, "yamato", "Asia/Tokyo").key != status.key
    assert parse_status(row, "sagawa", "Asia/Tokyo").key != status.key


@pytest.mark.parametrize(
    "change",
    [{"tracking_number": ""}, {"status": "???"}, {"status": "TAKEN_BACK"}, {"occurred_at": "yesterday"}],
)
def test_statuses_that_mean_nothing_are_refused(change: dict[str, str]) -> None:
    row = {"tracking_number": "1", "status": "配達完了", "occurred_at": "2026-11-02 14:30"}
    with pytest.raises(RowRefused):
        parse_status(row | change, "yamato", "Asia/Tokyo")
