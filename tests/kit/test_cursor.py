"""Cursors: what they hold survives the way to the client and back; nothing else is taken for one."""

import base64
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.kit.cursor import MAX_AHEAD, MAX_LAYERS, Cursor, Seen, Snapshot, Track, read_instant
from app.kit.db import Database
from app.kit.outbox import LAST_ID, START, Position
from tests.conftest import AS_OWNER

xids = st.integers(0, 2**63 - 1)
keys = st.lists(xids, min_size=1, max_size=3).map(tuple)
snapshots = st.builds(Snapshot, xids, xids, st.frozensets(xids, max_size=5))
seen = st.builds(
    Seen,
    st.builds(Position, xids, st.integers(-1, LAST_ID)),
    st.none() | snapshots,
    st.dictionaries(keys, xids, max_size=4),
)
layers = st.lists(st.tuples(keys, snapshots), max_size=MAX_LAYERS).map(tuple)


@given(st.builds(Cursor, st.text(max_size=20), st.none() | seen, layers))
def test_what_a_cursor_holds_survives(cursor: Cursor) -> None:
    text = cursor.encode()
    assert text.isascii()
    assert "=" not in text
    assert Cursor.decode(text) == cursor


def as_text(value: Any) -> str:
    return base64.urlsafe_b64encode(orjson.dumps(value)).decode().rstrip("=")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "é",
        "\ud800",
        "a b",
        "====",
        "A" * 30_000,
        base64.b64encode(b"\xff").decode(),
        as_text(None),
        as_text(1),
        as_text("abc"),
        as_text({"a": 1}),
        as_text([]),
        as_text([2, "origin", None]),
        as_text([1, 7, None]),
        as_text([1, "origin"]),
        as_text([1, "origin", None, [], []]),
        as_text([1, "origin", [1, 2, None]]),
        as_text([1, "origin", [1, 2, 3, None, []]]),
        as_text([1, "origin", ["1", "2", "3:4", []]]),
        as_text([1, "origin", [1, 2, "1:2:x", []]]),
        as_text([1, "origin", [1, 2, "1:-2:", []]]),
        as_text([1, "origin", [1, 2, "1:٣:", []]]),
        as_text([1, "origin", [1, 2, "1:" + "9" * 5_000 + ":", []]]),
        as_text([1, "origin", [True, 2, None, []]]),
        as_text([1, "origin", [1.5, 2, None, []]]),
        as_text([1, "origin", [2**63, 2, None, []]]),
        as_text([1, "origin", [-2, 2, None, []]]),
        as_text([1, "origin", [1, 2, None, {"a": 1}]]),
        as_text([1, "origin", [1, 2, None, [[]]]]),
        as_text([1, "origin", [1, 2, None, [[[1], 2]]]]),
        as_text([1, "origin", [1, 2, None, [[number, 1] for number in range(MAX_AHEAD + 1)]]]),
        as_text([1, "origin", None, [["1:1:", 1]] * (MAX_LAYERS + 1)]),
        as_text([1, "origin", None, [[1, 1]]]),
        as_text([1, "origin", None, ["1:1:"]]),
        as_text([[[[]]]] * 500),
    ],
)
def test_what_is_no_cursor(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011  # the caller has a sentence of its own
        Cursor.decode(text)


def test_what_a_snapshot_sees() -> None:
    snapshot = Snapshot.parse("10:20:11,13")
    assert [xid for xid in range(8, 23) if snapshot.sees(xid)] == [8, 9, 10, 12, 14, 15, 16, 17, 18, 19]
    assert str(snapshot) == "10:20:11,13"
    assert str(Snapshot.parse("5:5:")) == "5:5:"


async def test_the_snapshot_of_a_transaction(db: Database) -> None:
    async with db.write() as running:
        xid = int(await running.connection.fetchval("SELECT pg_current_xact_id()::text"))
        async with db.read_snapshot() as tx:
            snapshot, history = await read_instant(tx)
        assert not snapshot.sees(xid)
    async with db.read_snapshot() as tx:
        later, same = await read_instant(tx)
    assert later.sees(xid)
    assert same == history
    assert len(history.split("/")) == 3


async def test_a_role_without_rights_can_tell_the_snapshot(db: Database) -> None:
    async with db.write() as tx:
        await tx.connection.execute(f"{AS_OWNER}; CREATE ROLE nobody_special; SET LOCAL ROLE nobody_special")
        assert len(await read_instant(tx)) == 2
        await tx.connection.execute(f"{AS_OWNER}; DROP ROLE nobody_special")


def test_what_is_told_in_the_order_of_the_feed_needs_a_position_only() -> None:
    track = Track()
    track.begin("origin", Snapshot.parse("5:5:"))
    track.hear(Position(7, LAST_ID))
    first = track.tell((1,), 3, Position(6, 1), Position(7, 2))
    assert first.seen == Seen(Position(7, 1))
    assert track.tell((2,), 9, Position(7, 2), None).seen == Seen(Position(7, LAST_ID))


def test_what_is_told_ahead_of_others_is_remembered_until_they_are_told() -> None:
    track = Track()
    track.begin("origin", Snapshot.parse("5:9:5"))
    track.hear(Position(7, LAST_ID))
    snapshot = Snapshot.parse("5:9:5")
    assert track.tell((1,), 3, Position(7, 4), Position(5, 2)).seen == Seen(Position(5, 1), snapshot, {(1,): 3})
    assert track.tell((2,), 8, Position(5, 2), Position(7, 3)).seen == Seen(Position(7, 2), snapshot, {(1,): 3})
    assert track.tell((3,), 1, Position(7, 3), None).seen == Seen(Position(7, LAST_ID), snapshot)
    track.hear(Position(9, LAST_ID))
    assert track.tell((3,), 2, Position(9, 1), None).seen == Seen(Position(9, LAST_ID))


def test_no_more_is_told_ahead_than_fits_into_a_cursor() -> None:
    track = Track()
    track.begin("origin", Snapshot.parse("5:5:"))
    track.hear(Position(7, LAST_ID))
    for number in range(MAX_AHEAD):
        assert not track.is_full
        track.tell((number,), 1, Position(7, number + 2), Position(7, 1))
    assert track.is_full
    Cursor.decode(track.cursor.encode())
    track.tell((-1,), 1, Position(7, 1), None)
    assert not track.is_full


def test_layers_of_beginnings_that_were_broken_off() -> None:
    old, new, newest = (Snapshot.parse(text) for text in ("1:1:", "2:2:", "3:3:"))
    cursor = Cursor("origin").begun((5,), old).begun((2,), new)
    assert [cursor.seen_of((key,)) for key in (1, 2, 3, 5, 6)] == [
        Seen(START, new),
        Seen(START, new),
        Seen(START, old),
        Seen(START, old),
        None,
    ]
    assert cursor.begun((4,), newest).layers == (((4,), newest), ((5,), old))
    assert cursor.begun((9,), newest).layers == (((9,), newest),)


@pytest.mark.parametrize(
    ("cursor", "expected"),
    [
        (Cursor("here", Seen(Position(9, 1))), True),
        (Cursor("there", Seen(Position(9, 1))), False),
        (Cursor("here", Seen(Position(10, 1))), False),
        (Cursor("here", Seen(Position(9, 1), Snapshot(1, 10, frozenset()))), True),
        (Cursor("here", Seen(Position(9, 1), Snapshot(1, 11, frozenset()))), False),
        (Cursor("here", None, (((1,), Snapshot(1, 11, frozenset())),)), False),
        (Cursor("here", None, (((1,), Snapshot(1, 10, frozenset())),) * (MAX_LAYERS - 1)), True),
        (Cursor("here", None, (((1,), Snapshot(1, 10, frozenset())),) * MAX_LAYERS), False),
    ],
)
def test_where_a_cursor_leads_on(cursor: Cursor, expected: bool) -> None:
    assert cursor.leads_on("here", Snapshot(10, 10, frozenset())) is expected


@pytest.mark.parametrize(
    ("seen", "xid", "writer", "version", "expected"),
    [
        (Seen(Position(7, 3)), 6, 6, 1, True),
        (Seen(Position(7, 3)), 7, 7, 1, None),
        (Seen(Position(7, LAST_ID)), 7, 7, 1, True),
        (Seen(Position(7, LAST_ID)), 7, 5, 1, True),
        (Seen(Position(7, 3)), 8, 8, 1, False),
        (Seen(Position(7, 3)), 8, 6, 1, False),
        (Seen(Position(7, 3), Snapshot(9, 9, frozenset())), 8, 8, 1, True),
        (Seen(Position(7, 3), Snapshot(8, 9, frozenset({8}))), 8, 8, 1, False),
        (Seen(Position(4, 3), Snapshot(5, 9, frozenset({5}))), 8, 5, 1, False),
        (Seen(Position(4, 3), Snapshot(5, 9, frozenset({8}))), 8, 5, 1, True),
        (Seen(Position(7, 3), ahead={(1, 2): 5}), 8, 8, 5, True),
        (Seen(Position(7, 3), ahead={(1, 2): 5}), 8, 8, 6, False),
        (Seen(Position(7, 3), ahead={(1, 3): 5}), 8, 8, 5, False),
    ],
)
def test_which_versions_were_told(seen: Seen, xid: int, writer: int, version: int, expected: bool | None) -> None:
    assert seen.includes((1, 2), version, xid, writer) is expected
