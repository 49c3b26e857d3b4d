"""What makes members findable."""

from hypothesis import given
from hypothesis import strategies as st

from app.kit.text import grams
from app.members.model import MemberDraft, merged, search_terms

texts = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=20)


@given(name=texts, number=texts, more=st.none() | texts, start=st.integers(0, 19), length=st.integers(1, 20))
def test_any_part_of_a_name_finds_the_member(name: str, number: str, more: str | None, start: int, length: int) -> None:
    columns = merged(MemberDraft(name=name, number=number, phone=more), None, None)
    words, pieces = search_terms(name[start : start + length])
    assert all(word in columns["search_text"] for word in words)
    # A single ASCII letter or digit is no piece; a longer part's pieces are pieces of the whole.
    assert set(pieces) <= set(columns["search_grams"])


def test_the_text_that_is_searched() -> None:
    columns = merged(
        MemberDraft(
            name="ヤマダ 花子", number="M-1", email="Hanako@Example.jp", phone="090-1234-5678", external_reference="x:9"
        ),
        None,
        None,
    )
    assert columns["search_text"] == "m-1 やまだ 花子 hanako@example.jp 090-1234-5678 x:9 09012345678"
    assert columns["search_grams"] == grams(columns["search_text"])
    assert columns["email"] == "hanako@example.jp"


def test_a_draft_keeps_what_it_does_not_say() -> None:
    known = {
        "id": 1, "number": "M-1", "name": "Old", "email": "a@b.jp", "external_reference": "x:1", "name_kana": None,
        "phone": "03", "postal_code": "1500001",
    }  # fmt: skip
    columns = merged(MemberDraft(name="New", external_reference="x:1", phone="06"), known, None)
    assert {name: columns[name] for name in ("number", "name", "email", "phone", "postal_code", "name_kana")} == {
        "number": "M-1",
        "name": "New",
        "email": "a@b.jp",
        "phone": "06",
        "postal_code": "1500001",
        "name_kana": None,
    }
