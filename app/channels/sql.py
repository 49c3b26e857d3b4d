"""Every statement of the channels slice, and what statements of other slices need to know of a channel."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import ARRAY, BigInteger, Cast, ColumnElement, Integer, Text, bindparam, cast, func, select
from sqlalchemy.dialects.postgresql import insert as upsert

from app.channels.tables import channels
from app.kit.db import ReadTx, Row, WriteTx
from app.kit.reference import Kept
from app.kit.statement import Statement

CHANNELS: Final = Statement(select(channels).where(channels.c.is_active).order_by(channels.c.code))
CHANNELS_BY_ID: Final = Statement(
    select(channels).where(channels.c.id == func.any(bindparam("ids", type_=ARRAY(BigInteger)))), generic=True
)
CHANNEL_BY_CODE: Final = Statement(select(channels).where(channels.c.code == bindparam("code", type_=Text)))
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
_BY_CODES: Final = Statement(select(channels).where(channels.c.code == func.any(bindparam("codes", type_=ARRAY(Text)))))


async def channels_by_code(tx: ReadTx, codes: list[str]) -> Mapping[str, Row]:
    """The channels with these codes, active or not, by code: all columns."""
    return {row["code"]: row for row in await tx.fetch(_BY_CODES, codes=codes)}


async def _load_by_id(tx: ReadTx, ids: list[int]) -> Mapping[int, Row]:
    return {row["id"]: row for row in await tx.fetch(CHANNELS_BY_ID, ids=ids)}


# Whole rows, of channels in any state.
KEPT_BY_CODE: Final = Kept(frozenset({"channels"}), channels_by_code)
KEPT_BY_ID: Final = Kept(frozenset({"channels"}), _load_by_id)


class InChannel:
    """A SELECT that depends on an active channel, in two forms with the same rows.

    by_code finds the channel inside (parameter `channel`); an unknown or inactive one has nothing. by_id is told the
    channel's row by who has it at hand: any of the parameters that `known` names.
    """

    def __init__(self, build: Callable[["ChannelColumns"], Any]) -> None:
        self.by_id = Statement(build(ChannelColumns(_known)), generic=True)
        self.by_code = Statement(build(ChannelColumns(_looked_up)), generic=True)

    @staticmethod
    def known(statement: Statement, channel: Row) -> dict[str, Any]:
        """Those parameters of `statement` that are of the channel."""
        return {name: channel[name.removeprefix("channel_")] for name in statement.names if name in _PARAMETERS}


class ChannelColumns:
    """What a statement may ask of its channel."""

    def __init__(self, column: Callable[[str, Any], ColumnElement[Any]]) -> None:
        self.id: ColumnElement[int] = column("id", Integer())
        self.currency: ColumnElement[str] = column("currency", Text())
        self.tax_rounding: ColumnElement[str] = column("tax_rounding", Text())


_PARAMETERS: Final = frozenset({"channel_id", "channel_currency", "channel_tax_rounding"})


def _known(name: str, kind: Any) -> Cast[Any]:
    return cast(bindparam(f"channel_{name}", type_=kind), kind)


def _looked_up(name: str, _kind: Any) -> ColumnElement[Any]:
    wanted = (channels.c.code == bindparam("channel", type_=Text)) & channels.c.is_active
    return select(channels.c[name]).where(wanted).scalar_subquery()


async def channel_by_code(tx: ReadTx, code: str) -> Row | None:
    """The channel with this code, active or not: all columns."""
    return await tx.fetchrow(CHANNEL_BY_CODE, code=code)


async def upsert_channel(tx: WriteTx, **values: Any) -> int | None:
    """Make or replace the channel with this code; returns its id. None, writing nothing, when its currency differs."""
    return await tx.fetchval(_UPSERT, **values)
