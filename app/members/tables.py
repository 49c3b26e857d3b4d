"""Tables of the members slice."""

from sqlalchemy import ARRAY, CheckConstraint, Column, Index, Sequence, Table, Text, Uuid

from app.kit.tables import instant, metadata

member_numbers = Sequence("member_numbers", start=20_000_001, metadata=metadata)

# `search_text` and `search_grams` are made by `app.kit.text` from number, name, kana, email and phone.
members = Table(
    "members",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("number", Text, nullable=False, unique=True),
    Column("email", Text, nullable=True, unique=True),
    Column("name", Text, nullable=False),
    Column("name_kana", Text, nullable=True),
    Column("phone", Text, nullable=True),
    Column("postal_code", Text, nullable=True),
    Column("external_reference", Text, nullable=True, unique=True),
    Column("search_text", Text, nullable=False, server_default=""),
    Column("search_grams", ARRAY(Text), nullable=False, server_default="{}"),
    instant("created_at", default_now=True),
    Index("ix_members_search_grams", "search_grams", postgresql_using="gin"),
    CheckConstraint("postal_code ~ '^[0-9]{7}$'", "member_postal_code_has_seven_digits"),
)
