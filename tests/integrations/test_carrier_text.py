"""Text for carriers: every text reads back as it was, or is flagged."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.integrations.model.carrier_text import GETA, Changes, cut, equivalent, fold, spread, width

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
JAPANESE = st.text("山田花子ヶ丘1-2〜ー－A棟 　𠮷髙﨑①㈱ｱ", max_size=60)


@given(TEXTS)
@example("〜 － ― ∥ ①㈱ 髙 﨑 𠮷")
@example("\N{YEN SIGN}\N{OVERLINE}")
@example("か\u3099は\u309a神")
@example("a\r\nb\tc\0d\ue000")
def test_a_text_reads_back_as_it_was_or_is_flagged(text: str) -> None:
    folded = fold(text)
    written = folded.text.encode("cp932")
    assert written.decode("cp932") == folded.text
    if not folded.lost:
        assert folded.text == equivalent(text)
    assert len(folded.text) == len(equivalent(text))
    assert {"\r", "\n", "\0"}.isdisjoint(folded.text)
    assert folded.lost == "".join(
        before for before, after in zip(equivalent(text), folded.text, strict=True) if before != after
    )


@pytest.mark.parametrize(
    ("text", "written", "lost"),
    [
        ("〜\u301c", "\uff5e\uff5e", ""),
        ("\u2212\u2014\u2016", "\uff0d\u2015\u2225", ""),
        ("①㈱髙﨑神", "①㈱髙﨑神", ""),
        ("𠮷野家🍣", "〓野家〓", "𠮷🍣"),
        ("か\u3099き", "がき", ""),
        ("\xa5100", "〓100", "\xa5"),
        ("葛\U000e0100飾", "葛〓飾", "\U000e0100"),
        ("1行\n2行", "1行 2行", ""),
        ("\x1b", "〓", "\x1b"),
    ],
)
def test_signs_that_look_the_same_are_no_loss_and_others_are(text: str, written: str, lost: str) -> None:
    folded = fold(text)
    assert (folded.text, folded.lost) == (written, lost)
    assert GETA == "〓"


@given(JAPANESE, st.integers(2, 40))
def test_a_cut_loses_nothing_and_keeps_to_its_places(text: str, places: int) -> None:
    text = fold(text).text
    begin, rest = cut(text, places)
    assert begin + rest == text
    assert width(begin) <= places
    assert not rest or width(begin) + width(rest[0]) > places


@given(st.lists(JAPANESE, min_size=1, max_size=3), st.integers(2, 5), st.sampled_from([8, 32]))
def test_an_address_is_written_whole_or_flagged(parts: list[str], lines: int, room: int) -> None:
    folded = [fold(part).text for part in parts]
    changes = Changes()
    written = changes.lines("x", parts, (room,) * lines)
    assert len(written) == lines
    assert all(width(line) <= room for line in written)
    is_whole = "".join(written) in {"".join(folded), " ".join(part for part in folded if part)}
    assert is_whole or changes.fields == ["x"]
    assert (changes.fields == ["x"]) == (not is_whole or any(fold(part).lost for part in parts))


def test_each_part_of_an_address_begins_a_line_while_there_is_room() -> None:
    assert spread(["東京都渋谷区1-2-3", "101号室"], (32, 32, 32)) == (["東京都渋谷区1-2-3", "101号室", ""], "")
    assert spread(["あ" * 20, "101"], (32, 32, 32)) == (["あ" * 16, "あ" * 4, "101"], "")
    assert spread(["あ" * 20, "101"], (32, 32)) == (["あ" * 16, "ああああ 101"], "")
    assert spread(["あ" * 33], (32, 32)) == (["あ" * 16, "あ" * 16], "あ")
    assert spread(["", ""], (32,)) == ([""], "")


def test_names_of_goods_that_find_no_room_are_missed_by_nobody() -> None:
    changes = Changes()
    assert changes.goods("品名", ["あ" * 15, "い"], (32,)) == ["あ" * 15 + ", "]
    assert changes.fields == []
    assert changes.goods("品名", ["𠮷"], (32,)) == ["〓"]
    assert (changes.fields, changes.lost) == (["品名"], "𠮷")
