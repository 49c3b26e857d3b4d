"""Texts as people search them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.text import grams, normalize


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("ﾃｨｰｼｬﾂ　Ｂlue", "てぃーしゃつ blue"),
        ("  STRASSE  straße ", "strasse strasse"),
        ("パーカー", "ぱーかー"),
        ("ヴァイオリン", "ゔぁいおりん"),
        ("①２", "12"),
        ("\n\t", ""),
    ],
)
def test_one_spelling(written: str, found: str) -> None:
    assert normalize(written) == found


@given(st.text())
def test_normalizing_twice_changes_nothing_more(text: str) -> None:
    assert normalize(normalize(text)) == normalize(text)


def test_pieces_of_words() -> None:
    assert grams("藍染") == ["染", "藍", "藍染"]
    assert grams("Tシャツ") == sorted(["tし", "しゃ", "ゃつ", "し", "ゃ", "つ"])
    assert grams("A b") == ["a", "b"]
    assert grams("tee") == ["ee", "te"]
    assert grams(" -!? ") == []


@given(st.text(), st.text())
def test_pieces_of_a_part_are_among_those_of_the_whole(first: str, second: str) -> None:
    """So a search for part of a name, cut at a space, finds it."""
    assert {piece for piece in grams(first) if len(piece) == 2} <= set(grams(f"{first} {second}"))
