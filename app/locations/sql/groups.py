"""Groups of locations."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sqlalchemy import ARRAY, BigInteger, Integer, Text, bindparam, delete, func, literal_column, select
from sqlalchemy.dialects.postgresql import insert as upsert

from app.kit.db import ReadTx, Row, WriteTx
from app.kit.reference import Kept
from app.kit.statement import Statement
from app.locations.tables import location_group_members, location_groups, locations

_ids: Final = bindparam("ids", type_=ARRAY(BigInteger))
_group_id: Final = bindparam("group_id", type_=Integer)
_GROUP: Final = select(
    location_groups.c.id,
    location_groups.c.code,
    location_groups.c.names,
    select(func.count())
    .select_from(location_group_members.join(locations))
    .where(location_group_members.c.group_id == location_groups.c.id, locations.c.is_active)
    .scalar_subquery()
    .label("location_count"),
)
GROUPS_BY_ID: Final = Statement(_GROUP.where(location_groups.c.id == func.any(_ids)))


async def _load(tx: ReadTx, ids: list[int]) -> Mapping[int, Row]:
    return {row["id"]: row for row in await tx.fetch(GROUPS_BY_ID, ids=ids)}


KEPT_GROUPS: Final = Kept(frozenset({"location_groups", "location_group_members", "locations"}), _load)
_STOCK_GROUPS: Final = Statement("""
    SELECT g.id, array_remove(array_agg(l.id ORDER BY l.id), NULL) AS location_ids
      FROM location_groups AS g
      LEFT JOIN location_group_members AS m ON m.group_id = g.id
      LEFT JOIN locations AS l ON l.id = m.location_id AND l.is_active AND l.holds_stock
     GROUP BY g.id, g.code ORDER BY g.code
""")


async def _load_stock_groups(tx: ReadTx, keys: list[int]) -> Mapping[int, Mapping[int, Sequence[int]]]:
    found = {row["id"]: row["location_ids"] for row in await tx.fetch(_STOCK_GROUPS)}
    return dict.fromkeys(keys, found)


# One value, under the key 0: the active locations that hold stock by group, all groups in order of their code.
KEPT_STOCK_GROUPS: Final = Kept(
    frozenset({"location_groups", "location_group_members", "locations"}), _load_stock_groups, capacity=1
)
GROUPS: Final = Statement(_GROUP.order_by(location_groups.c.code))
_GROUP_ID: Final = Statement(
    select(location_groups.c.id).where(location_groups.c.code == bindparam("code", type_=Text))
)
_drafted: Final = upsert(location_groups).values(
    code=bindparam("code"), names=bindparam("names", type_=location_groups.c.names.type)
)
_UPSERT: Final = Statement(
    _drafted.on_conflict_do_update(index_elements=["code"], set_={"names": _drafted.excluded.names}).returning(
        location_groups.c.id
    )
)
_LEAVE: Final = Statement(
    delete(location_group_members).where(
        location_group_members.c.group_id == _group_id,
        location_group_members.c.location_id != func.all(_ids),
    )
)
_REMOVE: Final = Statement(
    delete(location_group_members).where(
        location_group_members.c.group_id == _group_id, location_group_members.c.location_id == func.any(_ids)
    )
)
# The IN_TRANSIT location and ids that do not exist join no group; the caller compares the counts.
_JOIN: Final = Statement(
    upsert(location_group_members)
    .from_select(
        ["group_id", "location_id"],
        select(_group_id, locations.c.id).where(
            locations.c.id == func.any(_ids), locations.c.kind != literal_column("'IN_TRANSIT'")
        ),
    )
    .on_conflict_do_nothing()
)
_MISSING: Final = Statement("""
    SELECT wanted.id FROM unnest(CAST(:ids AS bigint[])) AS wanted (id)
     WHERE NOT EXISTS (SELECT FROM location_group_members AS member
                        WHERE member.group_id = :group_id AND member.location_id = wanted.id)
     ORDER BY wanted.id LIMIT 1""")


async def group_id_by_code(tx: ReadTx, code: str) -> int | None:
    """The id of a group, or None."""
    return await tx.fetchval(_GROUP_ID, code=code)


async def upsert_group(tx: WriteTx, code: str, names: Mapping[str, str]) -> int:
    """Make or rename a group; returns its id. The row stays locked until the transaction ends."""
    return await tx.fetchval(_UPSERT, code=code, names=dict(names))


async def join_group(tx: WriteTx, group_id: int, location_ids: Iterable[int]) -> int | None:
    """Put locations into a group. Returns an id that could not be: there is no such location to sell from."""
    ids = list(location_ids)
    await tx.execute(_JOIN, group_id=group_id, ids=ids)
    return await tx.fetchval(_MISSING, group_id=group_id, ids=ids)


async def remove_from_group(tx: WriteTx, group_id: int, location_ids: Iterable[int]) -> int:
    """Take these locations out of a group; returns how many of them were in it."""
    return await tx.execute(_REMOVE, group_id=group_id, ids=list(location_ids))


async def leave_group(tx: WriteTx, group_id: int, *, except_ids: Iterable[int]) -> int:
    """Take all others out of a group; returns how many left."""
    return await tx.execute(_LEAVE, group_id=group_id, ids=list(except_ids))
