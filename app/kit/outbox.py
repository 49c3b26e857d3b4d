"""The transactional outbox: facts written with the change they tell of, read in commit-safe order."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import bindparam, func, insert, literal_column, select
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.types import Text

from app.kit.db import ReadTx, Row, WriteTx
from app.kit.events import Event
from app.kit.statement import Statement
from app.kit.tables import SPAN, feed_cursors, outbox


class Position(NamedTuple):
    """A place in the feed: all facts up to and including this one have been read.

    xid: as the fact's row has it, see `app.kit.tables.outbox`.
    """

    xid: int
    id: int


START: Final = Position(0, 0)
LAST_ID: Final = 2**63 - 1
# The key of a row that tells of many keys, how many ordinary rows it counts for where rows are read, and from how many
# facts on one is written.
MANY: Final = "*"
MANY_WEIGHT: Final = 100

_PUBLISH: Final = Statement(
    insert(outbox).from_select(
        ["topic", "key", "payload"],
        select(
            func.unnest(bindparam("topics", type_=ARRAY(Text))),
            func.unnest(bindparam("keys", type_=ARRAY(Text))),
            func.unnest(bindparam("payloads", type_=ARRAY(JSONB))),
        ),
    )
)

# Facts of transactions that may still be running are left for the next read: nothing can appear before them later. A
# fact's `xid` is no less than its writer's, so where all up to one `xid` have ended, all facts up to it are there.
_READ: Final = Statement("""
    SELECT id, xid, coalesce(writer, xid) AS writer, topic, key, payload, created_at
      FROM (SELECT *, sum(CASE WHEN key = '*' THEN 100 ELSE 1 END) OVER (ORDER BY xid, id)
                      - CASE WHEN key = '*' THEN 100 ELSE 1 END AS weight_before
              FROM (SELECT * FROM outbox
                     WHERE (xid, id) > (CAST(:xid AS bigint), CAST(:id AS bigint))
                       AND xid < (pg_snapshot_xmin(pg_current_snapshot())::text)::bigint
                     ORDER BY xid, id LIMIT CAST(:limit AS int)) next_rows) weighed
     WHERE weight_before < :limit ORDER BY xid, id
""")
# Looks at up to `scan` facts and gives up to `limit` of those on the topics, fewer when they weigh more than `most`;
# always one row, so that a reader learns how far it has come also where it hears nothing.
_READ_TOPICS: Final = Statement("""
    WITH span AS MATERIALIZED (
        SELECT xid, id, topic, CASE WHEN key = '*' THEN 100 ELSE 1 END AS weight FROM outbox
         WHERE (xid, id) > (CAST(:xid AS bigint), CAST(:id AS bigint))
           AND xid < (pg_snapshot_xmin(pg_current_snapshot())::text)::bigint
         ORDER BY xid, id LIMIT CAST(:scan AS int)),
    heard AS (
        SELECT xid, id FROM (
            SELECT xid, id, sum(weight) OVER (ORDER BY xid, id) - weight AS weight_before
              FROM span WHERE topic = ANY(CAST(:topics AS text[]))
             ORDER BY xid, id LIMIT CAST(:limit AS int)) AS weighed
         WHERE weight_before < CAST(:most AS bigint)),
    reached AS (
        SELECT (SELECT count(*) FROM span) AS scanned, xid AS end_xid, id AS end_id
          FROM span ORDER BY xid DESC, id DESC LIMIT 1)
    SELECT reached.scanned, reached.end_xid, reached.end_id, o.xid, o.id, coalesce(o.writer, o.xid) AS writer,
           o.topic, o.key, o.payload, o.created_at
      FROM reached LEFT JOIN heard ON true LEFT JOIN outbox o ON o.id = heard.id
     ORDER BY heard.xid, heard.id
""")
_NEWEST: Final = Statement(
    select(outbox.c.xid, outbox.c.id)
    .where(outbox.c.xid < literal_column("(pg_snapshot_xmin(pg_current_snapshot())::text)::bigint"))
    .order_by(outbox.c.xid.desc(), outbox.c.id.desc())
    .limit(1)
)
_CURSOR: Final = Statement(
    select(feed_cursors.c.xid, feed_cursors.c.id).where(feed_cursors.c.reader == bindparam("reader")).with_for_update()
)
_BEGIN: Final = Statement(
    upsert(feed_cursors).values(reader=bindparam("reader"), xid=START.xid, id=START.id).on_conflict_do_nothing()
)
_ADVANCE: Final = Statement(
    upsert(feed_cursors)
    .values(reader=bindparam("reader"), xid=bindparam("xid"), id=bindparam("id"))
    .on_conflict_do_update(
        index_elements=["reader"],
        set_={"xid": bindparam("xid"), "id": bindparam("id"), "updated_at": func.clock_timestamp()},
    )
)
_PRUNE: Final = Statement("""
    WITH gone AS (
        DELETE FROM outbox WHERE id IN (
            SELECT id FROM outbox
             WHERE created_at < :before
               AND (xid, id) <= (SELECT xid, id FROM feed_cursors ORDER BY xid, id LIMIT 1)
             ORDER BY id LIMIT :limit)
        RETURNING xid, id),
    floor AS (
        INSERT INTO feed_floor (xid, id) SELECT xid, id FROM gone ORDER BY xid DESC, id DESC LIMIT 1
        ON CONFLICT (is_only) DO UPDATE SET xid = excluded.xid, id = excluded.id
         WHERE (excluded.xid, excluded.id) > (feed_floor.xid, feed_floor.id))
    SELECT count(*) FROM gone
""")
_FLOOR: Final = Statement("SELECT xid, id FROM feed_floor")
_IS_FOREIGN: Final = Statement("""
    SELECT greatest((SELECT max(xid) FROM outbox), (SELECT max(xid) FROM feed_cursors))
           >= (pg_snapshot_xmax(pg_current_snapshot())::text)::bigint
""")
_LOCK: Final = Statement("LOCK TABLE outbox, feed_cursors IN EXCLUSIVE MODE")
_FORGET_READ: Final = Statement(
    "DELETE FROM outbox WHERE (xid, id) <= (SELECT xid, id FROM feed_cursors ORDER BY xid, id LIMIT 1)"
)
_ADOPT: Final = Statement("UPDATE outbox SET xid = 0, writer = NULL")
_RESTART: Final = Statement("UPDATE feed_cursors SET xid = 0, id = 0")
_NO_FLOOR: Final = Statement("DELETE FROM feed_floor")


async def publish(tx: WriteTx, *events: Event) -> None:
    """Write facts that become visible when, and only when, the transaction commits.

    What they are about is locked by an earlier statement of the transaction: so those of a key are read in order. Many
    of one kind share a row: see `unfold`.
    """
    if not events:
        return
    rows = _rows(events)
    await tx.execute(
        _PUBLISH,
        topics=[topic for topic, _, _ in rows],
        keys=[key for _, key, _ in rows],
        payloads=[payload for _, _, payload in rows],
    )
    tx.published += len(rows)


def _rows(events: Sequence[Event]) -> list[tuple[str, str, dict[str, Any]]]:
    """(topic, key, payload) of the rows that tell of these. Facts of one kind keep their order."""
    kinds: dict[type[Event], list[Event]] = {}
    for event in events:
        kinds.setdefault(type(event), []).append(event)
    many = {kind: alike for kind, alike in kinds.items() if len(alike) >= MANY_WEIGHT}
    rows = [(event.topic, event.key, event.payload()) for event in events if type(event) not in many]
    for kind, alike in many.items():
        for first in range(0, len(alike), SPAN):
            facts = kind.columns(alike[first : first + SPAN])
            rows.append((kind.topic, MANY, {"keys": [kind.key_field], "facts": facts}))
    return rows


async def read_feed(tx: ReadTx, after: Position, limit: int = 500) -> list[Row]:
    """The next rows (id, xid, writer, topic, key, payload, created_at): see `unfold`.

    None that commits late is ever skipped, and facts of one topic and key come in the order in which they were written.

    Fewer than `limit` when rows of many facts are among them, each of which counts for a hundred: see `weight`.
    """
    return await tx.fetch(_READ, xid=after.xid, id=after.id, limit=limit)


async def read_topics(
    tx: ReadTx,
    after: Position,
    topics: Sequence[str],
    *,
    limit: int = 500,
    most: int = 1_000_000,
    scan: int = 20_000,
) -> tuple[list[Row], Position, int]:
    """The next facts on some topics, how far the reading has come, and a number: 0 when there was no fact at all.

    limit: rows; most: their `weight`, which the last of them may exceed. Go on from the position given: up to it
    nothing on the topics was left out.
    """
    rows = await tx.fetch(
        _READ_TOPICS, xid=after.xid, id=after.id, topics=list(topics), limit=limit, most=most, scan=scan
    )
    if not rows:
        return [], after, 0
    heard = [row for row in rows if row["id"] is not None]
    if len(heard) == limit or weight(heard) >= most:
        return heard, Position(heard[-1]["xid"], heard[-1]["id"]), len(heard)
    return heard, Position(rows[0]["end_xid"], rows[0]["end_id"]), rows[0]["scanned"]


async def newest_position(tx: ReadTx) -> Position:
    """The end of the readable feed."""
    row = await tx.fetchrow(_NEWEST)
    return Position(row["xid"], row["id"]) if row else START


async def reader_position(tx: WriteTx, reader: str) -> Position:
    """Where a named reader stands; locks its cursor so that two processes do not read the same facts.

    A new reader begins at the oldest fact.
    """
    row = await tx.fetchrow(_CURSOR, reader=reader)
    if row is None:
        # There must be a row to lock: else two processes would both begin.
        await tx.execute(_BEGIN, reader=reader)
        row = await tx.fetchrow(_CURSOR, reader=reader)
    return Position(row["xid"], row["id"]) if row else START


async def advance_reader(tx: WriteTx, reader: str, to: Position) -> None:
    """Remember how far a named reader has come."""
    await tx.execute(_ADVANCE, reader=reader, xid=to.xid, id=to.id)


async def adopt_restored_outbox(tx: WriteTx) -> bool:
    """Make a feed readable that was restored from a dump; False, changing nothing, when it was not.

    A dump carries the transaction ids of the server that it comes from. On another server, which counts from the
    beginning, cursors would stand far ahead of all new facts. What every reader has passed is forgotten, the rest is
    given to all readers (again), in the order of the ids: for each key that is the order of the commits.
    """
    if not await tx.fetchval(_IS_FOREIGN):
        return False
    await tx.execute(_LOCK)
    if not await tx.fetchval(_IS_FOREIGN):
        return False
    await tx.execute(_FORGET_READ)
    await tx.execute(_ADOPT)
    await tx.execute(_RESTART)
    await tx.execute(_NO_FLOOR)
    return True


async def prune_outbox(tx: WriteTx, *, before: Any, limit: int = 10_000) -> int:
    """Delete facts older than `before` that all named readers have passed; returns how many."""
    return await tx.fetchval(_PRUNE, before=before, limit=limit)


async def feed_floor(tx: ReadTx) -> Position:
    """A position up to which facts may have been pruned: who has not come that far may have missed some."""
    row = await tx.fetchrow(_FLOOR)
    return end_of(row) if row else START


def weight(rows: Sequence[Row]) -> int:
    """How much of the limit of `read_feed` these rows make up; less than it: there was nothing more to be read."""
    return sum(MANY_WEIGHT if row["key"] == MANY else 1 for row in rows)


def end_of(row: Row) -> Position:
    """The position up to which nothing is left when a row was read.

    Rows whose ids are no multiples are of the time before there were rows of many facts.
    """
    return Position(row["xid"], row["id"] + (SPAN - 1 if row["id"] % SPAN == 0 else 0))


def row_before(position: Position) -> Position:
    """From where to read so that the row with this position in it is read, too: see `unfold`."""
    if position.id == LAST_ID:
        return position
    return Position(position.xid, position.id // SPAN * SPAN - 1)


def unfold(row: Row) -> Iterator[tuple[Position, str, dict[str, Any]]]:
    """(position, key, payload) of each fact that a row tells.

    Rows with the key `*` tell of many: `{"keys": [names of the columns that make the key], "facts": {column: [value of
    each fact]}}`.
    """
    payload = row["payload"]
    if row["key"] != MANY:
        yield Position(row["xid"], row["id"]), row["key"], payload
        return
    columns = payload["facts"]
    keys = [":".join(map(str, parts)) for parts in zip(*(columns[name] for name in payload["keys"]), strict=True)]
    for number, (key, *values) in enumerate(zip(keys, *columns.values(), strict=True)):
        yield Position(row["xid"], row["id"] + number), key, dict(zip(columns, values, strict=True))


def fact(row: Mapping[str, Any]) -> tuple[str, str, dict[str, Any]]:
    """(topic, key, payload) of a row that tells of one thing."""
    return row["topic"], row["key"], row["payload"]
