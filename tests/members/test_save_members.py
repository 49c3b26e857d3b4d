"""Saving members: found by reference or number, set-based, never two with one address."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from app.kit.db import Database
from app.members.actions.save_members import save_members
from app.members.errors import EmailTaken, InvalidMember
from app.members.model import MemberDraft

HANA = MemberDraft(
    name="山田 花子",
    number="A-1",
    external_reference="crm:1",
    email="Hana@example.jp",
    name_kana="ヤマダ ハナコ",
    phone="090-1111-2222",
    postal_code="1500001",
)
COLUMNS = "number, name, email, external_reference, name_kana, phone, postal_code, created_at"


async def stored(db: Database) -> list[tuple[Any, ...]]:
    async with db.read() as tx:
        return [tuple(row) for row in await tx.connection.fetch(f"SELECT {COLUMNS} FROM members ORDER BY id")]


async def save(db: Database, now: datetime, *drafts: MemberDraft) -> dict[str, Any]:
    async with db.write() as tx:
        return await save_members(tx, drafts, now=now)


async def test_new_members_get_ids_and_numbers_where_they_have_none(db: Database, now: datetime) -> None:
    ids = await save(db, now, HANA, MemberDraft(name="Taro", external_reference="crm:2"))
    assert set(ids) == {"A-1", "crm:2"}
    first, second = await stored(db)
    assert first == (
        "A-1", "山田 花子", "hana@example.jp", "crm:1", "ヤマダ ハナコ", "090-1111-2222", "1500001", now,
    )  # fmt: skip
    assert second[0].startswith("M-2")
    assert second[1:] == ("Taro", None, "crm:2", None, None, None, now)


async def test_saving_again_finds_by_reference_or_number_and_keeps_what_is_not_said(
    db: Database, now: datetime
) -> None:
    ids = await save(db, now, HANA)
    later = now + timedelta(days=1)
    by_reference = MemberDraft(name="佐藤 花子", external_reference="crm:1")
    assert await save(db, later, by_reference) == {"crm:1": ids["A-1"]}
    assert await save(db, later, MemberDraft(name="佐藤 花", number="A-1", phone="03-1")) == ids
    assert await stored(db) == [("A-1", "佐藤 花", "hana@example.jp", "crm:1", "ヤマダ ハナコ", "03-1", "1500001", now)]


async def test_many_are_saved_with_a_fixed_number_of_statements(
    db: Database, now: datetime, count_statements: Any
) -> None:
    drafts = [MemberDraft(name=f"Customer {number}", external_reference=f"x:{number}") for number in range(1500)]
    for _ in range(2):
        with count_statements() as count:
            ids = await save(db, now, *drafts)
        assert (len(ids), count.total <= 4) == (1500, True)
    assert len(await stored(db)) == 1500
    assert await save(db, now) == {}


@pytest.mark.parametrize(
    ("drafts", "message"),
    [
        ([MemberDraft(name="A")], "a number or an external reference"),
        ([MemberDraft(name=" ", number="1")], "needs a name"),
        ([MemberDraft(name="x" * 201, number="1")], "1 to 200 printable"),
        ([MemberDraft(name="a\x00", number="1")], "1 to 200 printable"),
        ([MemberDraft(name="A", number="")], "a number or an external reference"),
        ([MemberDraft(name="A", number="1", email="a@b")], "no e-mail address"),
        ([MemberDraft(name="A", number="1", postal_code="150-0001")], "seven digits"),
        ([HANA, MemberDraft(name="B", number="A-1")], "number A-1 is given twice"),
        ([HANA, MemberDraft(name="B", number="2", external_reference="crm:1")], "reference crm:1 is given twice"),
        ([HANA, MemberDraft(name="B", number="2", email="HANA@example.jp")], "email HANA@example.jp is given twice"),
    ],
)
async def test_one_bad_draft_refuses_all(db: Database, now: datetime, drafts: list[MemberDraft], message: str) -> None:
    with pytest.raises(InvalidMember, match=message):
        await save(db, now, MemberDraft(name="Good", number="0"), *drafts)
    assert await stored(db) == []


async def test_an_address_belongs_to_one_member(db: Database, now: datetime) -> None:
    await save(db, now, HANA)
    before = await stored(db)
    with pytest.raises(EmailTaken) as refusal:
        await save(db, now, MemberDraft(name="B", number="2", email="hana@EXAMPLE.jp"))
    assert refusal.value.facts == {"member": "2", "email": "hana@EXAMPLE.jp"}
    assert await stored(db) == before
    await save(db, now, MemberDraft(name="山田", number="A-1", email="hana@example.jp"))  # her own


async def test_a_number_and_a_reference_of_two_members_are_refused(db: Database, now: datetime) -> None:
    await save(db, now, HANA, MemberDraft(name="B", number="2", external_reference="crm:2"))
    before = await stored(db)
    with pytest.raises(InvalidMember, match="two members"):
        await save(db, now, MemberDraft(name="C", number="A-1", external_reference="crm:2"))
    assert await stored(db) == before


async def test_many_who_save_the_same_member_at_once_make_one(db: Database, now: datetime) -> None:
    async def work() -> dict[str, Any]:
        return await db.in_write(lambda tx: save_members(tx, [HANA], now=now))

    answers = await asyncio.gather(*(work() for _ in range(8)))
    assert len({answer["A-1"] for answer in answers}) == 1
    assert len(await stored(db)) == 1
