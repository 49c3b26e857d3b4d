"""Identifiers inside and outside."""

from itertools import pairwise
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.ids import global_id, int_key, new_id, parse_global_id, uuid_key

NAMES = st.from_regex(r"[A-Z][A-Za-z]{0,30}", fullmatch=True)


def test_new_ids_are_version_7_and_rise() -> None:
    ids = [new_id() for _ in range(1000)]
    assert {made.version for made in ids} == {7}
    assert len(set(ids)) == 1000
    assert ids == sorted(ids)
    assert type(ids[0]) is UUID


def test_an_id_tells_nothing_of_the_one_made_after_it() -> None:
    # All within few milliseconds: the last 62 bits share nothing but chance.
    tails = [made.int & (1 << 62) - 1 for made in (new_id() for _ in range(10_000))]
    leading = {tail >> 46 for tail in tails}
    assert len(leading) > 8_000
    assert len({later - earlier >> 40 for earlier, later in pairwise(tails)}) > 9_900
    assert {UUID(int=new_id().int).variant for _ in range(100)} == {"specified in RFC 4122"}


@given(NAMES, st.integers(min_value=0, max_value=2**63 - 1))
def test_a_number_survives_the_way_out_and_in(typename: str, key: int) -> None:
    assert int_key(global_id(typename, key), typename) == key
    assert int_key(global_id(typename, key), typename + "x") is None


@given(NAMES, st.uuids())
def test_a_uuid_survives_the_way_out_and_in(typename: str, key: UUID) -> None:
    assert uuid_key(global_id(typename, key), typename) == key
    assert uuid_key(global_id(typename, key), typename + "x") is None
    assert int_key(global_id(typename, key), typename) is None


@given(st.text())
def test_any_text_is_an_id_or_none_and_never_an_error(text: str) -> None:
    parsed = parse_global_id(text)
    assert parsed is None or all(parsed)
    uuid_key(text, "Product")
    int_key(text, "Product")


@pytest.mark.parametrize("key", ["", "-1", "+1", "1.0", "１", "9223372036854775808", "1 ", "0x1", "9" * 5_000])
def test_only_plain_numbers_of_64_bits_are_keys(key: str) -> None:
    assert int_key(global_id("Product", key), "Product") is None  # type: ignore[arg-type]
