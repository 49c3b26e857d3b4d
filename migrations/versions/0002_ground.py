"""Partners, locations, channels and members."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy import Text
from sqlalchemy.dialects import postgresql

revision: str = "0002"
down_revision: str | None = "0001"


def upgrade() -> None:
    """Create the tables."""
    op.execute("CREATE SEQUENCE member_numbers START WITH 20000001")

    op.create_table(
        "location_groups",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("names", postgresql.JSONB(astext_type=Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_location_groups")),
        sa.UniqueConstraint("code", name=op.f("uq_location_groups_code")),
    )
    op.create_table(
        "members",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_kana", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("postal_code", sa.Text(), nullable=True),
        sa.Column("external_reference", sa.Text(), nullable=True),
        sa.Column("search_text", sa.Text(), server_default="", nullable=False),
        sa.Column("search_grams", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint("postal_code ~ '^[0-9]{7}$'", name=op.f("member_postal_code_has_seven_digits")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_members")),
        sa.UniqueConstraint("email", name=op.f("uq_members_email")),
        sa.UniqueConstraint("external_reference", name=op.f("uq_members_external_reference")),
        sa.UniqueConstraint("number", name=op.f("uq_members_number")),
    )
    op.create_index("ix_members_search_grams", "members", ["search_grams"], unique=False, postgresql_using="gin")
    op.create_table(
        "partners",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint(
            "kind IN ('CONVENIENCE_STORE_CHAIN', 'LOCKER_OPERATOR', 'CARRIER', 'WAREHOUSE')",
            name=op.f("partner_kind_known"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_partners")),
        sa.UniqueConstraint("code", name=op.f("uq_partners_code")),
    )
    op.create_table(
        "postal_areas",
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("prefecture", sa.SmallInteger(), nullable=False),
        sa.Column("latitude", sa.Float(), nullable=False),
        sa.Column("longitude", sa.Float(), nullable=False),
        sa.CheckConstraint("prefix ~ '^[0-9]{2,7}$'", name=op.f("postal_prefix_is_digits")),
        sa.CheckConstraint("prefecture BETWEEN 1 AND 47", name=op.f("postal_prefecture_is_jis_x_0401")),
        sa.PrimaryKeyConstraint("prefix", name=op.f("pk_postal_areas")),
    )
    op.create_table(
        "api_keys",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("location_ids", sa.ARRAY(sa.Integer()), nullable=True),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("(kind = 'PARTNER') = (partner_id IS NOT NULL)", name=op.f("partner_keys_have_a_partner")),
        sa.CheckConstraint("kind IN ('STAFF', 'PARTNER', 'SYSTEM')", name=op.f("api_key_kind_known")),
        sa.CheckConstraint("cardinality(scopes) > 0", name=op.f("api_key_has_scopes")),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name=op.f("fk_api_keys_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_keys")),
        sa.UniqueConstraint("name", name=op.f("uq_api_keys_name")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_api_keys_secret_hash")),
    )
    op.create_index("ix_api_keys_partner_id", "api_keys", ["partner_id"], unique=False)
    op.create_table(
        "channels",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("names", postgresql.JSONB(astext_type=Text()), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("languages", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("location_group_id", sa.Integer(), nullable=False),
        sa.Column("payment_methods", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("tax_rounding", sa.Text(), server_default="DOWN", nullable=False),
        sa.Column("shipping_fee_minor", sa.Integer(), server_default="0", nullable=False),
        sa.Column("free_shipping_from_minor", sa.Integer(), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default="true", nullable=False),
        sa.CheckConstraint("currency ~ '^[A-Z]{3}$'", name=op.f("channel_currency_is_iso_4217")),
        sa.CheckConstraint("tax_rounding IN ('DOWN', 'HALF_UP', 'UP')", name=op.f("tax_rounding_known")),
        sa.CheckConstraint("shipping_fee_minor >= 0", name=op.f("shipping_fee_not_negative")),
        sa.ForeignKeyConstraint(
            ["location_group_id"], ["location_groups.id"], name=op.f("fk_channels_location_group_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_channels")),
        sa.UniqueConstraint("code", name=op.f("uq_channels_code")),
    )
    op.create_index("ix_channels_location_group_id", "channels", ["location_group_id"], unique=False)
    op.create_table(
        "locations",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("names", postgresql.JSONB(astext_type=Text()), nullable=False),
        sa.Column("partner_id", sa.Uuid(), nullable=True),
        sa.Column("prefecture", sa.SmallInteger(), nullable=True),
        sa.Column("postal_code", sa.Text(), nullable=True),
        sa.Column("address", sa.Text(), server_default="", nullable=False),
        sa.Column("latitude", sa.Float(), nullable=True),
        sa.Column("longitude", sa.Float(), nullable=True),
        sa.Column("hours", postgresql.JSONB(astext_type=Text()), server_default="{}", nullable=False),
        sa.Column("timezone", sa.Text(), server_default="Asia/Tokyo", nullable=False),
        sa.Column("holds_stock", sa.Boolean(), nullable=False),
        sa.Column("ships_orders", sa.Boolean(), nullable=False),
        sa.Column("hands_over", sa.Boolean(), nullable=False),
        sa.Column("hold_days", sa.Integer(), server_default="7", nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default="true", nullable=False),
        sa.Column("version", sa.Integer(), server_default="1", nullable=False),
        sa.Column(
            "created_at", sa.DateTime(timezone=True), server_default=sa.text("clock_timestamp()"), nullable=False
        ),
        sa.CheckConstraint(
            "kind IN ('EC_WAREHOUSE', 'STORE', 'CONVENIENCE_STORE', 'LOCKER_STATION', 'IN_TRANSIT')",
            name=op.f("location_kind_known"),
        ),
        sa.CheckConstraint("postal_code ~ '^[0-9]{7}$'", name=op.f("postal_code_has_seven_digits")),
        sa.CheckConstraint("(latitude IS NULL) = (longitude IS NULL)", name=op.f("coordinates_are_a_pair")),
        sa.CheckConstraint("hold_days BETWEEN 1 AND 60", name=op.f("hold_days_reasonable")),
        sa.CheckConstraint(
            "latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180", name=op.f("coordinates_on_earth")
        ),
        sa.CheckConstraint("prefecture BETWEEN 1 AND 47", name=op.f("prefecture_is_jis_x_0401")),
        sa.ForeignKeyConstraint(["partner_id"], ["partners.id"], name=op.f("fk_locations_partner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_locations")),
        sa.UniqueConstraint("code", name=op.f("uq_locations_code")),
    )
    op.create_index("ix_locations_partner_id", "locations", ["partner_id"], unique=False)
    op.create_index(
        "uq_locations_in_transit", "locations", ["kind"], unique=True, postgresql_where=sa.text("kind = 'IN_TRANSIT'")
    )
    op.create_table(
        "location_group_members",
        sa.Column("group_id", sa.Integer(), nullable=False),
        sa.Column("location_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["group_id"], ["location_groups.id"], name=op.f("fk_location_group_members_group_id")),
        sa.ForeignKeyConstraint(["location_id"], ["locations.id"], name=op.f("fk_location_group_members_location_id")),
        sa.PrimaryKeyConstraint("group_id", "location_id", name=op.f("pk_location_group_members")),
    )
    op.create_index("ix_location_group_members_location_id", "location_group_members", ["location_id"], unique=False)


def downgrade() -> None:
    """Drop the tables."""
    op.drop_index("ix_location_group_members_location_id", table_name="location_group_members")
    op.drop_table("location_group_members")
    op.drop_index("uq_locations_in_transit", table_name="locations", postgresql_where=sa.text("kind = 'IN_TRANSIT'"))
    op.drop_index("ix_locations_partner_id", table_name="locations")
    op.drop_table("locations")
    op.drop_index("ix_channels_location_group_id", table_name="channels")
    op.drop_table("channels")
    op.drop_index("ix_api_keys_partner_id", table_name="api_keys")
    op.drop_table("api_keys")
    op.drop_table("postal_areas")
    op.drop_table("partners")
    op.drop_index("ix_members_search_grams", table_name="members", postgresql_using="gin")
    op.drop_table("members")
    op.drop_table("location_groups")

    op.execute("DROP SEQUENCE member_numbers")
