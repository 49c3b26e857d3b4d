"""Tables of the members slice."""

from sqlalchemy import CheckConstraint, Column, Table, Text, Uuid

from app.kit.tables import instant, metadata

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
    instant("created_at", default_now=True),
    CheckConstraint("postal_code ~ '^[0-9]{7}$'", "member_postal_code_has_seven_digits"),
)
