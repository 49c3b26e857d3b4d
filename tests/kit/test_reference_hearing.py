"""Who keeps reference data: whoever hears itself, so much of it, from tables that tell."""

import gc
from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from app.kit.db import Database, ReadTx
from app.kit.reference import CALL_EVERY_S, CHANNEL, COUNTS_FOR_S, Kept, Reference
from app.kit.statement import Statement


async def test_a_connection_that_does_not_hear_itself_does_not_count(db: Database) -> None:
    now = 1000.0
    reference = Reference(lambda: now)
    connection = Deaf()
    kept: Kept[str, str] = Kept(frozenset({"location_groups"}), one_for_each)
    async with reference.heard_on(connection):
        assert (connection.calls, reference.is_on) == (1, False)
        await reference.find(kept, ["a"], db.read)
        assert reference._values == {}
        connection.answer()
        assert reference.is_on
        await reference.find(kept, ["a"], db.read)
        assert reference._values == {kept: {"a": "value of a"}}
        await reference.keep_alive(connection)
        assert connection.calls == 1
        for _ in range(3):
            now += CALL_EVERY_S
            await reference.keep_alive(connection)
        assert (connection.calls, reference.is_on, reference._values) == (4, False, {})
        connection.answer()
        assert reference.is_on
        connection.closed = True
        assert not reference.is_on
        connection.closed = False
        now += COUNTS_FOR_S
        assert not reference.is_on
    assert (reference._heard, reference._called) == ({}, {})


async def one_for_each(_tx: ReadTx, keys: list[str]) -> Mapping[str, str]:
    return {key: f"value of {key}" for key in keys}


class Deaf:
    """A connection that hears itself when it is told to."""

    def __init__(self) -> None:
        self.calls = 0
        self.closed = False
        self.listener: Callable[..., Any] = print

    async def add_listener(self, channel: str, listener: Callable[..., Any]) -> None:
        assert channel == CHANNEL
        self.listener = listener

    async def execute(self, _sql: str, *_arguments: Any, **_options: Any) -> None:
        self.calls += 1

    def is_closed(self) -> bool:
        return self.closed

    def answer(self) -> None:
        self.listener(self, 1, CHANNEL, "")


async def test_what_is_kept_is_bounded(db: Database) -> None:
    reference, connection = Reference(), Deaf()
    kept: Kept[str, str] = Kept(frozenset({"location_groups"}), one_for_each, capacity=3)
    async with reference.heard_on(connection):
        connection.answer()
        for keys in (("a", "b"), ("c",), ("d", "e"), ("1", "2", "3", "4")):
            assert await reference.find(kept, keys, db.read) == {key: f"value of {key}" for key in keys}
        assert reference._values == {kept: {"d": "value of d", "e": "value of e"}}


def test_statements_know_which_tables_they_write() -> None:
    for text, tables in [
        ("SELECT * FROM a FOR UPDATE OF a", {"of"}),
        ("WITH x AS (UPDATE Channels SET a = 1 RETURNING *) INSERT INTO b SELECT * FROM x", {"channels", "b"}),
        ("DELETE  FROM c USING d", {"c"}),
        ("INSERT INTO e VALUES (1) ON CONFLICT (a) DO UPDATE SET a = 2", {"e", "set"}),
        ("TRUNCATE TABLE f", {"f"}),
        ("SELECT updated_at FROM g", set()),
    ]:
        assert Statement(text).writes == tables


async def test_every_table_that_is_kept_tells_of_its_changes(db: Database) -> None:
    for name in ("app.api.schema", "app.api.auth"):
        import_module(name)
    tables = {table for each in gc.get_objects() if isinstance(each, Kept) for table in each.tables}
    async with db.read() as tx:
        rows = await tx.fetch(
            Statement("""SELECT c.relname AS name, t.tgenabled = 'A' AS is_always FROM pg_trigger t
                           JOIN pg_class c ON c.oid = t.tgrelid WHERE t.tgname = 'tell_reference_change'""")
        )
    assert {row.name for row in rows if row.is_always} == tables
