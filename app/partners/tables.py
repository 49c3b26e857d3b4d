"""Tables of the partners slice: companies that act on the API, and all API keys (partners' and staff's)."""

from sqlalchemy import (
    ARRAY,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    Uuid,
    text,
)

from app.kit.tables import instant, metadata

# is_sandbox: a company's developers try the API with its keys; nothing of it touches the shop.
partners = Table(
    "partners",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("is_sandbox", Boolean, nullable=False, server_default="false"),
    instant("created_at", default_now=True),
    CheckConstraint(
        "kind IN ('CONVENIENCE_STORE_CHAIN', 'LOCKER_OPERATOR', 'CARRIER', 'WAREHOUSE')", "partner_kind_known"
    ),
)

# `name` is what histories and the ledger record as the actor, so it is never given twice.
# The key itself is shown once and never stored, see `api_key_secrets`.
api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Uuid, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("kind", Text, nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("partner_id", ForeignKey("partners.id"), nullable=True),
    Column("location_ids", ARRAY(Integer), nullable=True),
    instant("created_at", default_now=True),
    instant("expires_at", nullable=True),
    instant("revoked_at", nullable=True),
    Index("ix_api_keys_partner_id", "partner_id"),
    CheckConstraint("kind IN ('STAFF', 'PARTNER', 'SYSTEM')", "api_key_kind_known"),
    CheckConstraint("(kind = 'PARTNER') = (partner_id IS NOT NULL)", "partner_keys_have_a_partner"),
    CheckConstraint(text("cardinality(scopes) > 0"), "api_key_has_scopes"),
)

# What a caller sends. `secret_hash` is the SHA-256 of a 256-bit random text. A rotated key has several secrets for a
# while: the newest one has no end, the others have.
api_key_secrets = Table(
    "api_key_secrets",
    metadata,
    Column("secret_hash", LargeBinary, primary_key=True),
    Column("key_id", ForeignKey("api_keys.id"), nullable=False),
    Column("prefix", Text, nullable=False),
    instant("created_at", default_now=True),
    instant("ends_at", nullable=True),
    instant("last_used_at", nullable=True),
    Index("ix_api_key_secrets_key_id", "key_id", "created_at"),
    Index("uq_api_key_secrets_endless", "key_id", unique=True, postgresql_where=text("ends_at IS NULL")),
)
