"""Files that carriers' label software reads, and those that it gives back. Pure.

A layout says only what is known of a file. Columns whose meaning is not known stay empty, and their titles are numbers.
"""

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from app.fulfillment.model.packages import TemperatureClass
from app.integrations.model.carrier_text import ENCODING, Changes

# Each address line and each name has 16 full-width characters.
_LINE: Final = 32
_REFERENCE: Final = re.compile(r"F([1-9][0-9]{0,13})(?:-[0-9]+)?", re.ASCII)
_NOT_DIALED: Final = re.compile(r"[^0-9-]")


@dataclass(frozen=True, slots=True)
class Party:
    """Who sends or gets a parcel. postal_code: seven digits or empty. address: its parts, such as city and building."""

    name: str
    postal_code: str
    address: tuple[str, ...]
    phone: str = ""
    kana: str = ""


@dataclass(frozen=True, slots=True)
class Label:
    """What a label is printed from. reference: by which the number comes back. goods: names of what is inside."""

    reference: str
    ships_on: date
    receiver: Party
    sender: Party
    goods: tuple[str, ...]
    temperature: TemperatureClass = TemperatureClass.NORMAL


@dataclass(frozen=True, slots=True)
class CarrierLayout:
    """A carrier's file. carrier: its code. titles: of all columns.

    has_titles: whether the first row has them. reference and number: where our reference and the carrier's number are
    when the file comes back: a column's title, or its place from 0.
    """

    carrier: str
    titles: tuple[str, ...]
    cells: Callable[[Label, Changes], Mapping[str, str]]
    reference: str | int
    number: str | int
    has_titles: bool = True


def number_in(reference: str) -> int | None:
    """The number of the fulfillment that a reference means; None when it is none of ours.

    Several parcels of one may have `-1`, `-2` … behind it.
    """
    found = _REFERENCE.fullmatch(unicodedata.normalize("NFKC", reference).strip())
    return None if found is None else int(found[1])


def write_rows(layout: CarrierLayout, labels: Sequence[Label], *, has_titles: bool) -> tuple[bytes, list[Changes]]:
    """Rows of a carrier's file (CP932, CRLF, every cell in quotes) and what each says otherwise than its label."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    if has_titles:
        writer.writerow(layout.titles)
    changes: list[Changes] = []
    for label in labels:
        changes.append(Changes())
        cells = layout.cells(label, changes[-1])
        writer.writerow([cells.get(title, "") for title in layout.titles])
    return text.getvalue().encode(ENCODING), changes


def phone_of(text: str) -> str:
    """A phone number in half-width digits and hyphens."""
    return _NOT_DIALED.sub("", unicodedata.normalize("NFKC", text))


def postal_code_of(digits: str) -> str:
    """`150-0001`."""
    return f"{digits[:3]}-{digits[3:]}" if digits else ""


def kana_of(text: str) -> str:
    """Full-width kana: of kana, and of nothing else, the width does not matter."""
    return unicodedata.normalize("NFKC", text)


def _titles(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_B2_KNOWN: Final = _titles("""
    お客様管理番号 送り状種類 クール区分 伝票番号 出荷予定日 お届け予定日 配達時間帯 お届け先コード お届け先電話番号
    お届け先電話番号枝番 お届け先郵便番号 お届け先住所 お届け先アパートマンション名 お届け先会社・部門１
    お届け先会社・部門２ お届け先名 お届け先名(ｶﾅ) 敬称 ご依頼主コード ご依頼主電話番号 ご依頼主電話番号枝番
    ご依頼主郵便番号 ご依頼主住所 ご依頼主アパートマンション ご依頼主名 ご依頼主名(ｶﾅ) 品名コード１ 品名１
    品名コード２ 品名２ 荷扱い１ 荷扱い２ 記事 コレクト代金引換額（税込） 内消費税額等 止置き 営業所コード 発行枚数
    個数口表示フラグ 請求先顧客コード 請求先分類コード 運賃管理番号
""")
_B2_TITLES: Final = (*_B2_KNOWN, *map(str, range(len(_B2_KNOWN) + 1, 96)))
_B2_COLD: Final = {TemperatureClass.NORMAL: "0", TemperatureClass.FROZEN: "1", TemperatureClass.CHILLED: "2"}


def _b2(label: Label, changes: Changes) -> dict[str, str]:
    receiver, sender = label.receiver, label.sender
    # What finds no room in the address goes into the building and the two lines of the company.
    to = changes.lines("お届け先住所", receiver.address, (_LINE,) * 4)
    of = changes.lines("ご依頼主住所", sender.address, (_LINE,) * 2)
    goods = changes.goods("品名", label.goods, (_LINE, _LINE))
    return {
        "お客様管理番号": label.reference,
        "送り状種類": "0",
        "クール区分": _B2_COLD[label.temperature],
        "出荷予定日": f"{label.ships_on:%Y/%m/%d}",
        "お届け先電話番号": phone_of(receiver.phone),
        "お届け先郵便番号": postal_code_of(receiver.postal_code),
        "お届け先住所": to[0],
        "お届け先アパートマンション名": to[1],
        "お届け先会社・部門１": to[2],
        "お届け先会社・部門２": to[3],
        "お届け先名": changes.line("お届け先名", receiver.name, _LINE),
        "お届け先名(ｶﾅ)": changes.line("お届け先名(ｶﾅ)", kana_of(receiver.kana), _LINE),
        "敬称": "様",
        "ご依頼主電話番号": phone_of(sender.phone),
        "ご依頼主郵便番号": postal_code_of(sender.postal_code),
        "ご依頼主住所": of[0],
        "ご依頼主アパートマンション": of[1],
        "ご依頼主名": changes.line("ご依頼主名", sender.name, _LINE),
        "品名１": goods[0],
        "品名２": goods[1],
        "発行枚数": "1",
    }


_SAGAWA_TITLES: Final = _titles("""
    お届け先コード取得区分 お届け先コード お届け先電話番号 お届け先郵便番号 お届け先住所１ お届け先住所２ お届け先住所３
    お届け先名称１ お届け先名称２ お客様管理番号 お客様コード 部署ご担当者コード取得区分 部署ご担当者コード
    部署ご担当者名称 荷送人電話番号 ご依頼主コード取得区分 ご依頼主コード ご依頼主電話番号 ご依頼主郵便番号
    ご依頼主住所１ ご依頼主住所２ ご依頼主名称１ ご依頼主名称２ 荷姿 品名１ 品名２ 品名３ 品名４ 品名５ 荷札荷姿
    荷札品名１ 荷札品名２ 荷札品名３ 荷札品名４ 荷札品名５ 荷札品名６ 荷札品名７ 荷札品名８ 荷札品名９ 荷札品名１０
    荷札品名１１ 出荷個数 スピード指定 クール便指定 配達日 配達指定時間帯 配達指定時間（時分） 代引金額 消費税 決済種別
    保険金額 指定シール１ 指定シール２ 指定シール３ 営業所受取 SRC区分 営業所受取営業所コード 元着区分 メールアドレス
    ご不在時連絡先 出荷日 お問い合せ送り状No. 出荷場印字区分 集約解除指定 編集０１ 編集０２ 編集０３ 編集０４ 編集０５
    編集０６ 編集０７ 編集０８ 編集０９ 編集１０
""")
_SAGAWA_COLD: Final = {TemperatureClass.NORMAL: "001", TemperatureClass.CHILLED: "002", TemperatureClass.FROZEN: "003"}


def _sagawa(label: Label, changes: Changes) -> dict[str, str]:
    receiver, sender = label.receiver, label.sender
    to = changes.lines("お届け先住所", receiver.address, (_LINE,) * 3)
    name = changes.lines("お届け先名称", [receiver.name], (_LINE,) * 2)
    of = changes.lines("ご依頼主住所", sender.address, (_LINE,) * 2)
    by = changes.lines("ご依頼主名称", [sender.name], (_LINE,) * 2)
    goods = changes.goods("品名", label.goods, (_LINE,) * 5)
    return {
        "お客様管理番号": label.reference,
        "お届け先電話番号": phone_of(receiver.phone),
        "お届け先郵便番号": postal_code_of(receiver.postal_code),
        **_numbered("お届け先住所", to),
        **_numbered("お届け先名称", name),
        "ご依頼主電話番号": phone_of(sender.phone),
        "ご依頼主郵便番号": postal_code_of(sender.postal_code),
        **_numbered("ご依頼主住所", of),
        **_numbered("ご依頼主名称", by),
        **_numbered("品名", goods),
        "出荷個数": "1",
        "クール便指定": _SAGAWA_COLD[label.temperature],
    }


def _numbered(title: str, lines: Sequence[str]) -> dict[str, str]:
    return {f"{title}{no}": line for no, line in zip("１２３４５", lines, strict=False)}


_POST_LINE: Final = 50
_POST_TITLES: Final = _titles("""
    お客様側管理番号 発送予定日 発送予定時間区分 出荷期限日 到着期限日 郵便種別 保冷種別 元着払代引 書留等
    配達時間帯指定郵便種別 送り状種別 お届け先コード お届け先郵便番号 お届け先住所１ お届け先住所２ お届け先住所３
    お届け先名称 お届け先敬称 お届け先カナ お届け先電話番号 ご依頼主郵便番号 ご依頼主住所１ ご依頼主住所２
    ご依頼主住所３ ご依頼主名称 ご依頼主電話番号 品名
""")


def _post(label: Label, changes: Changes) -> dict[str, str]:
    receiver, sender = label.receiver, label.sender
    is_cold = label.temperature is not TemperatureClass.NORMAL
    if is_cold:  # which of 1 and 2 is which is not known
        changes.fields.append("保冷種別")
    return {
        "お客様側管理番号": label.reference,
        "発送予定日": f"{label.ships_on:%Y%m%d}",
        "郵便種別": "0",
        "保冷種別": "" if is_cold else "0",
        "元着払代引": "0",
        "お届け先郵便番号": postal_code_of(receiver.postal_code),
        **_numbered("お届け先住所", changes.lines("お届け先住所", receiver.address, (_POST_LINE,) * 3)),
        "お届け先名称": changes.line("お届け先名称", receiver.name, _POST_LINE),
        "お届け先敬称": "様",
        "お届け先カナ": changes.line("お届け先カナ", kana_of(receiver.kana), _POST_LINE),
        "お届け先電話番号": phone_of(receiver.phone),
        "ご依頼主郵便番号": postal_code_of(sender.postal_code),
        **_numbered("ご依頼主住所", changes.lines("ご依頼主住所", sender.address, (_POST_LINE,) * 3)),
        "ご依頼主名称": changes.line("ご依頼主名称", sender.name, _POST_LINE),
        "ご依頼主電話番号": phone_of(sender.phone),
        "品名": changes.goods("品名", label.goods, (_POST_LINE,))[0],
    }


CARRIER_LAYOUTS: Final = {
    "yamato-b2": CarrierLayout("yamato", _B2_TITLES, _b2, reference=0, number=3),
    "sagawa-ehiden3": CarrierLayout(
        "sagawa", _SAGAWA_TITLES, _sagawa, reference="お客様管理番号", number="お問い合せ送り状No."
    ),
    "yupri-r": CarrierLayout(
        "japan-post",
        _POST_TITLES,
        _post,
        reference="お客様側管理番号",
        number="お問い合わせ番号",
        has_titles=False,
    ),
}


def ordered(layout: CarrierLayout, titles: Sequence[str]) -> CarrierLayout:
    """The same file with these columns in this order. Raises ValueError for a column that it does not have."""
    unknown = [title for title in titles if title not in layout.titles]
    if unknown or not titles:
        message = f"There is no column {', '.join(unknown)}. Columns: {', '.join(layout.titles)}."
        raise ValueError(message)
    return CarrierLayout(
        layout.carrier, tuple(titles), layout.cells, layout.reference, layout.number, has_titles=layout.has_titles
    )
