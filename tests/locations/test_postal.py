"""Postal codes as people write them, and the areas that are learnt from points."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.locations.errors import InvalidPostalCode
from app.locations.model import Point, average_areas, parse_postal_code, postal_prefixes
from app.locations.model.postal import PREFIX_LENGTHS
from app.locations.model.prefectures import BUILT_IN_AREAS, PREFECTURES

codes = st.from_regex(r"[0-9]{7}", fullmatch=True)
FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")
HYPHENS = "-‐‑‒–—―−－ーｰ﹣─"
points = st.tuples(
    codes,
    st.builds(Point, st.floats(20, 46), st.floats(122, 154)),
    st.integers(1, 47),
)


@pytest.mark.parametrize(
    "text",
    ["1500001", "150-0001", "〒150-0001", "〒 150 - 0001", "１５０－０００１", "１５０ー０００１", "150ｰ0001",
     "　150　0001　", "150−0001", "150‐0001", "〶150–0001"],
)  # fmt: skip
def test_the_same_code_in_many_spellings(text: str) -> None:
    assert parse_postal_code(text) == "1500001"


@pytest.mark.parametrize(
    "text",
    ["", "〒", "150-001", "150-00011", "15-00001", "1500-001", "abc-defg", "150--0001", "150/0001",
     "-1500001", "1500001 東京都", "150-0001\x00", "١٥٠-٠٠٠١", "1" * 10_000, "NULL"],
)  # fmt: skip
def test_anything_else_is_refused_with_the_text(text: str) -> None:
    with pytest.raises(InvalidPostalCode) as refusal:
        parse_postal_code(text)
    assert refusal.value.facts == {"value": text[:40]}
    assert refusal.value.message == "A postal code has seven digits, such as 150-0001."


@given(
    code=codes,
    hyphen=st.sampled_from(HYPHENS + " "),
    blank=st.sampled_from(["", " ", "　"]),
    is_wide=st.booleans(),
    has_mark=st.booleans(),
)
def test_spelling_never_changes_the_code(code: str, hyphen: str, blank: str, *, is_wide: bool, has_mark: bool) -> None:
    text = ("〒" if has_mark else "") + blank + code[:3] + blank + hyphen + code[3:] + blank
    assert parse_postal_code(text.translate(FULL_WIDTH) if is_wide else text) == code


@given(st.text(max_size=60))
def test_whatever_is_accepted_consists_of_its_own_seven_digits(text: str) -> None:
    try:
        code = parse_postal_code(text)
    except InvalidPostalCode:
        return
    normal = unicodedata.normalize("NFKC", text)
    assert code == "".join(character for character in normal if character in "0123456789")
    assert parse_postal_code(code) == code


@given(codes)
def test_prefixes_get_shorter_and_end_in_the_built_in_table(code: str) -> None:
    prefixes = postal_prefixes(code)
    assert [len(prefix) for prefix in prefixes] == list(PREFIX_LENGTHS)
    assert all(code.startswith(prefix) for prefix in prefixes)
    assert prefixes[-1] in {area.prefix for area in BUILT_IN_AREAS}


@given(st.lists(points, min_size=1, max_size=40))
def test_an_area_lies_among_its_points(known: list[tuple[str, Point, int]]) -> None:
    areas = average_areas(known)
    assert [area.prefix for area in areas] == sorted({code[:length] for code, _, _ in known for length in (7, 5, 3)})
    for area in areas:
        inside = [(point, number) for code, point, number in known if code.startswith(area.prefix)]
        latitudes = [point.latitude for point, _ in inside]
        longitudes = [point.longitude for point, _ in inside]
        assert min(latitudes) - 1e-9 <= area.point.latitude <= max(latitudes) + 1e-9
        assert min(longitudes) - 1e-9 <= area.point.longitude <= max(longitudes) + 1e-9
        assert area.prefecture in {number for _, number in inside}


def test_the_average_and_the_most_frequent_prefecture() -> None:
    areas = average_areas([
        ("150-0001", Point(35, 139), 13),
        ("150-0002", Point(36, 140), 13),
        ("150-8000", Point(37, 141), 14),
    ])  # fmt: skip
    assert {area.prefix: (area.prefecture, area.point) for area in areas} == {
        "150": (13, Point(36, 140)),
        "15000": (13, Point(35.5, 139.5)),
        "15080": (14, Point(37, 141)),
        "1500001": (13, Point(35, 139)),
        "1500002": (13, Point(36, 140)),
        "1508000": (14, Point(37, 141)),
    }


def test_the_built_in_table_covers_every_two_digits_and_every_prefecture() -> None:
    assert [area.prefix for area in BUILT_IN_AREAS] == [f"{number:02}" for number in range(100)]
    assert {area.prefecture for area in BUILT_IN_AREAS} == set(PREFECTURES) == set(range(1, 48))
    assert all(24 < area.point.latitude < 46 and 123 < area.point.longitude < 146 for area in BUILT_IN_AREAS)
