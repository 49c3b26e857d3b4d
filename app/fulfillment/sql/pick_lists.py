"""Statements about pick lists and shelves."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Uuid

from app.fulfillment.model.pick_lists import PickListStatus, shelf_order
from app.fulfillment.tables import pick_lists
from app.kit.db import ReadTx, Row, WriteTx
from app.kit.ids import new_id
from app.kit.statement import Statement

_INSERT: Final = Statement("""
    INSERT INTO pick_lists (id, number, location_id, status, assignee, created_at, created_by)
    VALUES (:id, 'PL-' || nextval('pick_list_numbers'), :location_id, 'OPEN', :assignee, :now, :actor)
""")
_LOCK: Final = Statement(
    select(pick_lists)
    .where(pick_lists.c.id == func.any(bindparam("ids", type_=ARRAY(Uuid))))
    .order_by(pick_lists.c.id)
    .with_for_update()
)
_FIND: Final = Statement("""
    SELECT list.id, list.location_id, location.partner_id
      FROM pick_lists AS list JOIN locations AS location ON location.id = list.location_id
     WHERE list.id = :id
""")
_NUMBERS: Final = Statement("SELECT id, number FROM pick_lists WHERE id = ANY(CAST(:ids AS uuid[]))")
_WORKS: Final = Statement("SELECT id FROM work_instructions WHERE pick_list_id = :id ORDER BY id")
_NEXT: Final = Statement("""
    SELECT id FROM work_instructions
     WHERE location_id = :location_id AND kind = 'PICK' AND status = 'OPEN' AND pick_list_id IS NULL
       AND (CAST(:due_before AS timestamptz) IS NULL OR due_order < CAST(:due_before AS timestamptz))
     ORDER BY due_order, id LIMIT :limit
""")
_JOIN: Final = Statement("""
    UPDATE work_instructions
       SET pick_list_id = :list_id, version = version + 1, assignee = coalesce(:assignee, assignee)
     WHERE id = ANY(CAST(:work_ids AS uuid[]))
""")
_SET_STATUS: Final = Statement("""
    UPDATE pick_lists
       SET status = :status, version = version + 1,
           completed_at = CASE :status WHEN 'DONE' THEN CAST(:now AS timestamptz) END,
           completed_by = CASE :status WHEN 'DONE' THEN CAST(:actor AS text) END
     WHERE id = ANY(CAST(:ids AS uuid[]))
""")
_EMPTY: Final = Statement("""
    SELECT list.id FROM pick_lists AS list
     WHERE list.id = ANY(CAST(:ids AS uuid[])) AND list.status = 'OPEN'
       AND NOT EXISTS (SELECT FROM work_instructions WHERE pick_list_id = list.id)
""")
_PUT: Final = Statement("""
    INSERT INTO stock_shelves (location_id, variant_id, label, sort_key)
    SELECT CAST(:location_id AS int), row.variant_id, row.label, row.sort_key
      FROM unnest(CAST(:variant_ids AS bigint[]), CAST(:labels AS text[]), CAST(:sort_keys AS text[]))
           AS row (variant_id, label, sort_key)
     ORDER BY row.variant_id
        ON CONFLICT (location_id, variant_id) DO UPDATE SET label = excluded.label, sort_key = excluded.sort_key
""")
_TAKE_AWAY: Final = Statement("""
    DELETE FROM stock_shelves WHERE location_id = :location_id AND variant_id = ANY(CAST(:variant_ids AS bigint[]))
""")

PICK_LISTS_BY_ID: Final = Statement("""
    SELECT * FROM pick_lists
     WHERE id = ANY(CAST(:ids AS uuid[]))
       AND (CAST(:allowed AS int[]) IS NULL OR location_id = ANY(CAST(:allowed AS int[])))
""")
PICK_LIST_PAGE: Final = Statement("""
    SELECT list.*, CAST(list.id AS text) AS cursor FROM pick_lists AS list
     WHERE list.location_id = :location_id
       AND (CAST(:status AS text) IS NULL OR list.status = CAST(:status AS text))
       AND (CAST(:after AS uuid) IS NULL OR list.id > CAST(:after AS uuid))
     ORDER BY list.id LIMIT CAST(:limit AS int)
""")
WORK_BY_PICK_LIST: Final = Statement("""
    SELECT work.*, sold.number AS order_number
      FROM work_instructions AS work LEFT JOIN orders AS sold ON sold.id = work.order_id
     WHERE work.pick_list_id = ANY(CAST(:ids AS uuid[]))
     ORDER BY work.due_order, work.id
""")
# What is to be picked, or was, of all orders, along the shelves. Of a bundle its components are picked.
LINES_BY_PICK_LIST: Final = Statement("""
    SELECT work.pick_list_id, goods.variant_id, sum(goods.units)::int AS quantity,
           count(DISTINCT work.order_id)::int AS orders, variant.sku, product.names, shelf.label AS shelf
      FROM work_instructions AS work
      JOIN fulfillment_lines AS line ON line.fulfillment_id = work.fulfillment_id
     CROSS JOIN LATERAL (
           SELECT part.variant_id, part.quantity * line.quantity AS units FROM order_line_components AS part
            WHERE part.order_id = work.order_id AND part.line_no = line.line_no
            UNION ALL
           SELECT line.variant_id, line.quantity
            WHERE NOT EXISTS (SELECT FROM order_line_components AS part
                               WHERE part.order_id = work.order_id AND part.line_no = line.line_no)) AS goods
      JOIN variants AS variant ON variant.id = goods.variant_id
      JOIN products AS product ON product.id = variant.product_id
      LEFT JOIN stock_shelves AS shelf
        ON shelf.variant_id = goods.variant_id AND shelf.location_id = work.location_id
     WHERE work.pick_list_id = ANY(CAST(:ids AS uuid[])) AND work.status IN ('OPEN', 'IN_PROGRESS', 'DONE')
     GROUP BY work.pick_list_id, goods.variant_id, variant.sku, product.names, shelf.label, shelf.sort_key
     ORDER BY work.pick_list_id, shelf.sort_key COLLATE "C" NULLS LAST, variant.sku
""")


async def insert_pick_list(tx: WriteTx, location_id: int, *, assignee: str | None, actor: str, now: datetime) -> UUID:
    """An empty list, numbered `PL-80000001` and on."""
    list_id = new_id()
    await tx.execute(_INSERT, id=list_id, location_id=location_id, assignee=assignee, actor=actor, now=now)
    return list_id


async def find_pick_list(tx: ReadTx, list_id: UUID) -> Row | None:
    """id, location_id and partner_id of the location."""
    return await tx.fetchrow(_FIND, id=list_id)


async def lock_pick_lists(tx: WriteTx, ids: Collection[UUID]) -> dict[UUID, Row]:
    """Lists, all columns, locked until the transaction ends. Lock the orders and the work in them first."""
    return {row["id"]: row for row in await tx.fetch(_LOCK, ids=sorted(ids))}


async def number_of(tx: ReadTx, list_id: UUID) -> str:
    """The list's number."""
    return (await tx.fetch(_NUMBERS, ids=[list_id]))[0]["number"]


async def works_in(tx: ReadTx, list_id: UUID) -> list[UUID]:
    """The work in a list, whatever its status."""
    return [row["id"] for row in await tx.fetch(_WORKS, id=list_id)]


async def next_picks(tx: ReadTx, location_id: int, *, due_before: datetime | None, limit: int) -> list[UUID]:
    """Open picking at a location that is in no list, what is due first at the top."""
    return [row["id"] for row in await tx.fetch(_NEXT, location_id=location_id, due_before=due_before, limit=limit)]


async def put_in_list(
    tx: WriteTx, work_ids: Collection[UUID], list_id: UUID | None, *, assignee: str | None = None
) -> None:
    """Locked work joins a list, or leaves its own (None). assignee: whose it is then; None: as it was."""
    await tx.execute(_JOIN, work_ids=sorted(work_ids), list_id=list_id, assignee=assignee)


async def set_list_status(
    tx: WriteTx, ids: Sequence[UUID], status: PickListStatus, *, actor: str, now: datetime
) -> None:
    """Set the status of locked lists, with its time when it is DONE."""
    await tx.execute(_SET_STATUS, ids=list(ids), status=status, actor=actor, now=now)


async def empty_lists(tx: ReadTx, ids: Collection[UUID]) -> list[UUID]:
    """Those of these lists that are open and have no work."""
    return [row["id"] for row in await tx.fetch(_EMPTY, ids=sorted(ids))]


async def set_shelves(tx: WriteTx, location_id: int, labels: Mapping[int, str | None]) -> None:
    """Where variants lie in a location, by variant id; None: nobody says."""
    put = {variant_id: label for variant_id, label in labels.items() if label is not None}
    await tx.execute(
        _PUT,
        location_id=location_id,
        variant_ids=list(put),
        labels=list(put.values()),
        sort_keys=[shelf_order(label) for label in put.values()],
    )
    await tx.execute(_TAKE_AWAY, location_id=location_id, variant_ids=sorted(labels.keys() - put.keys()))
