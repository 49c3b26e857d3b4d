"""The queries of the members slice, through the schema."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from app.kit.db import Database
from app.kit.ids import global_id
from app.kit.paging import encode_cursor
from app.kit.permissions import Actor, ActorKind
from app.members.actions.save_members import save_members
from app.members.model import MemberDraft

STAFF = Actor(kind=ActorKind.STAFF, reference="key:desk", scopes=frozenset({"orders:read"}))
OTHER = Actor(kind=ActorKind.STAFF, reference="key:till", scopes=frozenset({"stock:read"}))
LIST = """query ($first: Int! = 20, $after: String, $search: String) {
  members(first: $first, after: $after, search: $search) {
    nodes { number } totalCount pageInfo { hasNextPage endCursor } } }"""


@pytest.fixture
async def members(db: Database, now: datetime) -> dict[str, UUID]:
    """Three people, saved in this order."""
    drafts = [
        MemberDraft(
            name="山田 花子", number="A-1", email="hana@example.jp", name_kana="ヤマダ ハナコ", phone="090-1111-2222",
            postal_code="1500001", external_reference="crm:7",
        ),
        MemberDraft(name="山本 太郎", number="A-2", email="taro@example.jp", name_kana="ヤマモト タロウ"),
        MemberDraft(name="Ann Miller", number="B-1", phone="03-9999-0000"),
    ]  # fmt: skip
    async with db.write() as tx:
        return await save_members(tx, drafts, now=now)


@pytest.mark.parametrize(
    ("search", "numbers"),
    [
        (None, ["B-1", "A-2", "A-1"]),
        ("", ["B-1", "A-2", "A-1"]),
        ("山", ["A-2", "A-1"]),
        ("山田", ["A-1"]),
        ("ﾔﾏﾀﾞ", ["A-1"]),
        ("やまもと", ["A-2"]),
        ("花子 山田", ["A-1"]),
        ("EXAMPLE.JP", ["A-2", "A-1"]),
        ("taro@", ["A-2"]),
        ("09011112222", ["A-1"]),
        ("1111-22", ["A-1"]),
        ("a-", ["A-2", "A-1"]),
        ("crm:7", ["A-1"]),
        ("ann mill", ["B-1"]),
        ("nobody", []),
        ("山子", []),
        ("%", []),
    ],
)
async def test_staff_search_members(
    execute: Any, members: dict[str, UUID], search: str | None, numbers: list[str]
) -> None:
    page = (await execute(LIST, {"search": search}, actor=STAFF))["members"]
    assert [node["number"] for node in page["nodes"]] == numbers
    assert page["totalCount"] == len(numbers)


async def test_pages_joined_equal_the_whole(execute: Any, members: dict[str, UUID], count_statements: Any) -> None:
    numbers: list[str] = []
    after: str | None = None
    for _ in range(3):
        with count_statements() as count:
            page = (await execute(LIST, {"first": 1, "after": after}, actor=STAFF))["members"]
        assert (count.total, page["totalCount"]) == (2, 3)
        numbers += [node["number"] for node in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
    assert numbers == ["B-1", "A-2", "A-1"]
    assert page["pageInfo"]["hasNextPage"] is False


async def test_everything_about_one_member(execute: Any, members: dict[str, UUID], now: datetime) -> None:
    document = """query ($id: ID!) { member(id: $id) {
        id number name nameKana email phone postalCode externalReference createdAt } }"""
    member_id = global_id("Member", members["A-1"])
    assert (await execute(document, {"id": member_id}, actor=STAFF))["member"] == {
        "id": member_id,
        "number": "A-1",
        "name": "山田 花子",
        "nameKana": "ヤマダ ハナコ",
        "email": "hana@example.jp",
        "phone": "090-1111-2222",
        "postalCode": "1500001",
        "externalReference": "crm:7",
        "createdAt": now.isoformat(),
    }
    nobody = {"id": global_id("Member", uuid4())}
    assert (await execute(document, nobody, actor=STAFF))["member"] is None


@pytest.mark.parametrize(("actor", "code"), [(None, "UNAUTHENTICATED"), (OTHER, "FORBIDDEN")])
async def test_others_see_no_member(execute: Any, members: dict[str, UUID], actor: Actor | None, code: str) -> None:
    member_id = global_id("Member", members["A-1"])
    for document in (LIST, '{ member(id: "' + member_id + '") { name } }'):
        result = await execute.raw(document, actor=actor)
        assert [error.extensions["code"] for error in result.errors] == [code]
    node = await execute("query ($id: ID!) { node(id: $id) { id } }", {"id": member_id}, actor=actor)
    assert node == {"node": None}


@pytest.mark.parametrize(
    "variables",
    [
        {"first": 0},
        {"first": 101},
        {"after": "x"},
        {"after": encode_cursor(["no uuid"])},
        {"after": encode_cursor([1])},
        {"search": "x" * 101},
        {"search": "\x00"},
    ],
)
async def test_bad_arguments_are_typed_errors(db: Database, execute: Any, variables: dict[str, Any]) -> None:
    result = await execute.raw(LIST, variables, actor=STAFF)
    assert [error.extensions["code"] for error in result.errors] == ["INVALID_INPUT"]


async def test_an_id_of_something_else(db: Database, execute: Any) -> None:
    for value in ("x", global_id("Partner", uuid4())):
        result = await execute.raw("query ($id: ID!) { member(id: $id) { id } }", {"id": value}, actor=STAFF)
        assert [error.extensions["code"] for error in result.errors] == ["NOT_FOUND"]
