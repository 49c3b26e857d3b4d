"""Statements: compiled once, parameters by name."""

import pytest
from sqlalchemy import BigInteger, Integer, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from app.kit.db import Database
from app.kit.statement import Statement
from app.kit.tables import outbox

BY_IDS = Statement(
    select(outbox.c.id, outbox.c.topic, outbox.c.key)
    .where(outbox.c.id == func.any(bindparam("ids", type_=ARRAY(BigInteger))))
    .where(outbox.c.topic == bindparam("topic"))
)


def test_names_and_places() -> None:
    text = Statement("SELECT CAST(:a AS int) + CAST(:b AS int) * CAST(:a AS int)")
    assert text.arguments({"b": 2, "a": 1}) == [{"a": 1, "b": 2}[name] for name in text.names]
    assert "$1" in text.text
    assert ":a" not in text.text


def test_a_missing_or_unknown_name_is_a_programming_error() -> None:
    with pytest.raises(KeyError):
        BY_IDS.arguments({"ids": [1]})
    with pytest.raises(TypeError, match="no parameter colour"):
        BY_IDS.arguments({"ids": [1], "topic": "x", "colour": "red"})


def test_constants_of_the_expression_need_no_value() -> None:
    constant = Statement(
        select(outbox.c.id).where(outbox.c.topic == "stock").where(outbox.c.id > bindparam("after", type_=Integer))
    )
    assert sorted(map(str, constant.arguments({"after": 5}))) == ["5", "stock"]


def test_narrowing_keeps_what_is_wanted_and_needed_and_is_remembered() -> None:
    narrow = BY_IDS.narrow(["topic", "computed"], always=["id"])
    assert "outbox.key" not in narrow.text.split("FROM")[0]
    assert narrow.text.startswith("SELECT outbox.id, outbox.topic")
    assert BY_IDS.narrow(["id", "computed", "topic"], always=[]) is narrow
    assert BY_IDS.narrow(None) is BY_IDS
    with pytest.raises(TypeError, match="Only a Core SELECT"):
        Statement("SELECT 1").narrow(["a"])


async def test_it_runs(db: Database) -> None:
    async with db.write() as tx:
        await tx.execute(
            Statement("INSERT INTO outbox (topic, key, payload) VALUES (:topic, 'k', '{}'), ('y', 'k', '{}')"),
            topic="x",
        )
        ids = [row.id for row in await tx.fetch(Statement("SELECT id FROM outbox ORDER BY id"))]
        rows = await tx.fetch(BY_IDS, ids=ids, topic="x")
        assert [(row.id, row.topic, row["key"]) for row in rows] == [(ids[0], "x", "k")]
        assert await tx.fetch(BY_IDS, ids=[], topic="x") == []
        with pytest.raises(AttributeError):
            _ = rows[0].payload
