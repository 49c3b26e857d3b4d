"""Every statement of the members slice."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ARRAY, Integer, Text, Uuid, bindparam, func, literal_column, or_, select

from app.kit.db import Row, WriteTx
from app.kit.statement import Statement
from app.members.model import MemberDraft
from app.members.tables import members

COUNT_LIMIT: Final = 10_000
_words: Final = bindparam("words", type_=ARRAY(Text))

_SHOWN: Final = tuple(column for column in members.c if column.name not in {"search_text", "search_grams"})
MEMBERS_BY_ID: Final = Statement(select(*_SHOWN).where(members.c.id == func.any(bindparam("ids", type_=ARRAY(Uuid)))))
# The index finds members with all pieces of the words; the words themselves then sort out false finds.
_found: Final = select(*_SHOWN).where(
    members.c.search_grams.op("@>")(bindparam("pieces", type_=ARRAY(Text))),
    ~select(literal_column("1"))
    .select_from(func.unnest(_words).alias("word"))
    .where(func.strpos(members.c.search_text, literal_column("word")) == literal_column("0"))
    .exists(),
)
MEMBERS_FOUND: Final = Statement(
    _found.where(
        or_(
            bindparam("before_id", type_=Uuid).is_(None),
            members.c.id < bindparam("before_id", type_=Uuid),
        )
    )
    .order_by(members.c.id.desc())
    .limit(bindparam("limit", type_=Integer))
)
COUNT_FOUND: Final = Statement(
    select(func.count().label("total")).select_from(
        _found.with_only_columns(members.c.id).limit(literal_column(str(COUNT_LIMIT))).subquery()
    )
)

# Savers wait for each other, so that what was looked up stays true; readers and orders do not wait.
_LOCK: Final = Statement("LOCK TABLE members IN SHARE ROW EXCLUSIVE MODE")
_KNOWN: Final = Statement(
    select(*_SHOWN).where(
        or_(
            members.c.number == func.any(bindparam("numbers", type_=ARRAY(Text))),
            members.c.external_reference == func.any(bindparam("references", type_=ARRAY(Text))),
            members.c.email == func.any(bindparam("emails", type_=ARRAY(Text))),
        )
    )
)
_NUMBERS: Final = Statement("SELECT 'M-' || nextval('member_numbers') AS number FROM generate_series(1, :count)")
# As objects, because arrays of arrays cannot be unnested by one dimension.
_SAVE: Final = Statement("""
    INSERT INTO members AS member
           (id, number, name, email, external_reference, name_kana, phone, postal_code, search_text, search_grams,
            created_at)
    SELECT id, number, name, email, external_reference, name_kana, phone, postal_code, search_text, search_grams,
           :now
      FROM jsonb_to_recordset(:members) AS draft (
           id uuid, number text, name text, email text, external_reference text, name_kana text, phone text,
           postal_code text, search_text text, search_grams text[])
        ON CONFLICT (id) DO UPDATE SET
           (number, name, email, external_reference, name_kana, phone, postal_code, search_text, search_grams)
         = (excluded.number, excluded.name, excluded.email, excluded.external_reference, excluded.name_kana,
            excluded.phone, excluded.postal_code, excluded.search_text, excluded.search_grams)""")


async def lock_members(tx: WriteTx) -> None:
    """Let nobody else save members until this transaction ends."""
    await tx.execute(_LOCK)


async def find_known(tx: WriteTx, drafts: Collection[MemberDraft]) -> list[Row]:
    """All members that share a number, an external reference or an e-mail address with one of the drafts."""
    return await tx.fetch(
        _KNOWN,
        numbers=[draft.number for draft in drafts if draft.number],
        references=[draft.external_reference for draft in drafts if draft.external_reference],
        emails=[draft.email.lower() for draft in drafts if draft.email],
    )


async def new_numbers(tx: WriteTx, count: int) -> list[str]:
    """Numbers that no member has."""
    return [row.number for row in await tx.fetch(_NUMBERS, count=count)]


async def write_members(tx: WriteTx, rows: Sequence[Mapping[str, Any]], *, now: datetime) -> None:
    """Make or replace members by id. rows: all columns but created_at, which new ones get from `now`."""
    await tx.execute(_SAVE, members=[{**row, "id": str(row["id"])} for row in rows], now=now)
