"""Codes, search entries and search queries as pure values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.catalog.model import escape_like, is_jan, is_storable, jan_check_digit, parse_search, search_entry, sort_name

WORDS = st.text(alphabet="てぃしゃつティシャツT綿麻abcABC019ー-", min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("code", "right"),
    [
        ("4901234567894", True),
        ("4901234567891", False),
        ("49012345678941", False),
        ("96385074", True),
        ("96385075", False),
        ("490123456789", False),
        ("４９０１２３４５６７８９４", False),
        ("", False),
    ],
)
def test_jan_codes_have_a_right_check_digit(code: str, right: bool) -> None:
    assert is_jan(code) is right


@given(st.text(alphabet="0123456789", min_size=12, max_size=12), st.integers(0, 11), st.integers(1, 9))
def test_a_mistyped_digit_is_noticed(digits: str, place: int, shift: int) -> None:
    code = digits + jan_check_digit(digits)
    assert is_jan(code)
    wrong = str((int(code[place]) + shift) % 10)
    assert not is_jan(code[:place] + wrong + code[place + 1 :])


@given(WORDS, st.integers(0, 11), st.integers(1, 12))
def test_every_piece_of_a_japanese_name_finds_it(name: str, start: int, length: int) -> None:
    entry = search_entry({"ja": name}, {}, None, [])
    query = parse_search(name[start : start + length])
    if query is None or all(len(term) == 1 and term.isascii() for term in query.terms):
        return  # nothing to look for, or a single ASCII character, which finds whole words only
    assert set(query.terms) <= set(entry.terms)
    if start == 0:
        assert set(query.name_terms) <= set(entry.terms)
        assert query.name_pattern.strip("%").replace("\\", "") in entry.text
    assert all(pattern.strip("%").replace("\\", "") in entry.text for pattern in query.patterns)


def test_an_entry_holds_all_texts_codes_and_heads_of_names() -> None:
    option = {"key": "color", "labels": {"ja": "色"}, "values": {"ja": "赤", "en": "Red"}}
    entry = search_entry(
        {"ja": "ワイド パンツ", "en": "Wide Pants"},
        {"ja": "軽い。"},
        "Ｈｉｎａｔａ",
        [("WP-01", "4901234567894", {"ja": "赤 / M"}, [option])],
    )
    assert entry.text == "\nわいど ぱんつ\nwide pants\twp-01\twp01\t4901234567894\thinata 軽い。 赤 / m 赤 red"
    assert {"^わ", "^わい", "^w", "^wi", "=wp-01", "=wp01", "=4901234567894", "赤", "m"} <= set(entry.terms)
    assert "色" not in entry.terms


@pytest.mark.parametrize("text", ["", " ", "　", "!?", "%", "'\"", "・", "☕", "\x00", "\ud800"])
def test_a_text_without_letters_and_digits_asks_for_nothing(text: str) -> None:
    assert parse_search(text) is None


def test_a_query_speaks_the_language_of_the_entries() -> None:
    query = parse_search("ﾃｨｰｼｬﾂ　Ｒed_1")
    assert query is not None
    assert query.patterns == ("%てぃーしゃつ%", r"%red\_1%")
    assert query.terms == ("てぃ", "ーし", "ゃつ", "re", "ed", "d_", "_1")
    assert query.code_terms == ("=てぃーしゃつ red_1",)
    assert query.code_pattern == "%\tてぃーしゃつ red\\_1\t%"
    assert query.name_pattern == "%\nてぃーしゃつ red\\_1%"
    assert query.name_terms == (*query.terms, "^てぃ")


def test_single_ascii_letters_are_looked_for_only_when_nothing_else_is() -> None:
    alone, beside = parse_search("T"), parse_search("T シャツ")
    assert alone is not None
    assert beside is not None
    assert alone.terms == ("t",)
    assert "t" not in beside.terms
    assert beside.patterns == ("%t%", "%しゃつ%")


def test_like_finds_its_own_signs_literally() -> None:
    assert escape_like("100%_\\") == r"100\%\_\\"


@pytest.mark.parametrize(
    ("names", "language", "sorted_by"),
    [
        ({"ja": "シャツ", "en": "Shirt"}, "ja", "しゃつ"),
        ({"ja": "シャツ", "en": "Shirt"}, "en", "shirt"),
        ({"ja": "シャツ"}, "en", "しゃつ"),
        ({"en": "Shirt"}, "ja", "shirt"),
        ({"fr": "Chemise"}, "ja", "chemise"),
        ({"ja": "あ" * 500}, "ja", "あ" * 100),
        ({}, "ja", ""),
    ],
)
def test_names_are_sorted_by_in_the_language_that_they_have(
    names: dict[str, str], language: str, sorted_by: str
) -> None:
    assert sort_name(names, language) == sorted_by


def test_what_postgresql_cannot_keep_is_known() -> None:
    assert is_storable("茶☕")
    assert not is_storable("a\x00")
    assert not is_storable("\udc00")
