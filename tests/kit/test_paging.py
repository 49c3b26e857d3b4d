"""Keyset paging: pages joined equal the whole, foreign cursors are refused."""

import base64
from contextlib import suppress
from types import SimpleNamespace
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.errors import InvalidInput
from app.kit.ids import new_id
from app.kit.paging import MAX_PAGE, decode_cursor, encode_cursor, make_page, page_size


class Fake(SimpleNamespace):
    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)


@pytest.mark.parametrize("first", [1, 50, MAX_PAGE])
def test_page_sizes(first: int) -> None:
    assert page_size(first) == first


@pytest.mark.parametrize("first", [0, -1, MAX_PAGE + 1, 2**31 - 1])
def test_page_sizes_out_of_range(first: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        page_size(first)
    assert refused.value.path == ["first"]


@given(
    st.lists(
        st.integers(-(2**63) + 1, 2**63 - 1)
        | st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"])),
        max_size=4,
    )
)
def test_a_cursor_gives_back_its_values(values: list[Any]) -> None:
    assert decode_cursor(encode_cursor(values), [type(value) for value in values]) == values


def test_a_cursor_keeps_ids_as_text() -> None:
    key = new_id()
    assert decode_cursor(encode_cursor([key, 1]), [str, int]) == [str(key), 1]


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "!",
        "äöü",
        encode_cursor([1]),
        encode_cursor(["1", 2]),
        encode_cursor([1, "b", 2]),
        encode_cursor([True, "b"]),
        encode_cursor([1.0, "b"]),
        encode_cursor([2**63, "b"]),
        encode_cursor([1, "\x00"]),
        base64.urlsafe_b64encode(b"{}").decode(),
        base64.urlsafe_b64encode(orjson.dumps({"a": 1})).decode(),
    ],
)
def test_a_cursor_of_another_list_is_refused(cursor: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        decode_cursor(cursor, [int, str])
    assert refused.value.path == ["after"]


@given(st.text())
def test_no_text_is_more_than_refused(text: str) -> None:
    with suppress(InvalidInput):
        decode_cursor(text, [int])


@given(st.integers(0, 40), st.integers(1, 10))
def test_pages_joined_are_the_whole(count: int, first: int) -> None:
    everything = [Fake(id=number, name=f"n{number % 3}") for number in range(count)]
    seen: list[int] = []
    after: str | None = None
    while True:
        start = decode_cursor(after, [int])[0] + 1 if after else 0
        page = make_page(everything[start : start + first + 1], first, ["id"], after=after)  # type: ignore[arg-type]
        assert page.has_previous == (after is not None)
        assert len(page.rows) == len(page.cursors) <= first
        seen += [row.id for row in page.rows]
        if not page.has_next:
            break
        after = page.cursors[-1]
    assert seen == list(range(count))
