"""Every statement of the channels slice."""

from typing import Any, Final

from sqlalchemy import ARRAY, BigInteger, Integer, Text, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert as upsert

from app.channels.tables import channels
from app.kit.db import ReadTx, Row, WriteTx
from app.kit.statement import Statement

CHANNELS: Final = Statement(select(channels).where(channels.c.is_active).order_by(channels.c.code))
CHANNELS_BY_ID: Final = Statement(
    select(channels).where(channels.c.id == func.any(bindparam("ids", type_=ARRAY(BigInteger))))
)
CHANNEL_BY_CODE: Final = Statement(select(channels).where(channels.c.code == bindparam("code", type_=Text)))
_BY_ID: Final = Statement(select(channels).where(channels.c.id == bindparam("id", type_=Integer)))
_DRAFTED: Final = tuple(column for column in channels.c if column.name != "id")
_drafted: Final = upsert(channels).values(
    {column.name: bindparam(column.name, type_=column.type) for column in _DRAFTED}
)
_UPSERT: Final = Statement(
    _drafted.on_conflict_do_update(
        index_elements=["code"],
        set_={column.name: _drafted.excluded[column.name] for column in _DRAFTED},
        where=channels.c.currency == _drafted.excluded.currency,
    ).returning(channels.c.id)
)


async def channel_by_code(tx: ReadTx, code: str) -> Row | None:
    """The channel with this code, active or not: all columns."""
    return await tx.fetchrow(CHANNEL_BY_CODE, code=code)


async def channel_by_id(tx: ReadTx, channel_id: int) -> Row | None:
    """The channel with this id, active or not: all columns."""
    return await tx.fetchrow(_BY_ID, id=channel_id)


async def upsert_channel(tx: WriteTx, **values: Any) -> int | None:
    """Make or replace the channel with this code; returns its id. None, writing nothing, when its currency differs."""
    return await tx.fetchval(_UPSERT, **values)
