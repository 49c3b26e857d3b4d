"""Tables of how variants are sold: ahead of their units, as bundles, and with a share left for others."""

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    Table,
    Text,
    Uuid,
)

from app.kit.tables import instant, metadata

# How a variant is sold ahead of its units. `waiting` counts the units of `backorders` and moves by their trigger alone;
# its limit is a constraint, as for stock. promised_on: of backorders, or the release of preorders.
selling_rules = Table(
    "selling_rules",
    metadata,
    Column("variant_id", BigInteger, ForeignKey("variants.id"), primary_key=True, autoincrement=False),
    Column("policy", Text, nullable=False),
    Column("limit_units", Integer, nullable=False, server_default="0"),
    Column("waiting", Integer, nullable=False, server_default="0"),
    Column("promised_on", Date, nullable=True),
    Column("version", Integer, nullable=False, server_default="1"),
    CheckConstraint("policy IN ('ON_HAND_ONLY', 'BACKORDER', 'PREORDER')", "selling_policy_known"),
    CheckConstraint("waiting BETWEEN 0 AND limit_units", "not_sold_ahead_past_the_limit"),
    CheckConstraint("policy = 'ON_HAND_ONLY' OR promised_on IS NOT NULL", "sold_ahead_with_a_date"),
    postgresql_with={"fillfactor": "70"},
)

# Units that an owner waits for, a whole line each: R until expires_at, A for good, as in `holds`. Served by entry_id,
# oldest first, from one or several of the candidates. When units come the row becomes holds.
backorders = Table(
    "backorders",
    metadata,
    Column("owner_id", Uuid, primary_key=True),
    Column("line_no", Integer, primary_key=True, autoincrement=False),
    Column("entry_id", BigInteger, Identity(always=True), nullable=False),
    Column("owner_kind", Text, nullable=False),
    Column("variant_id", BigInteger, ForeignKey("selling_rules.variant_id"), nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("kind", Text, nullable=False),
    Column("state", Text, nullable=False),
    instant("expires_at", nullable=True),
    Column("promised_on", Date, nullable=False),
    Column("candidates", ARRAY(Integer), nullable=False),
    Column("may_split", Boolean, nullable=False),
    instant("created_at", default_now=True),
    Index("ix_backorders_variant_id", "variant_id", "entry_id"),
    Index("ix_backorders_entry_id", "entry_id", unique=True),
    Index("ix_backorders_expires_at", "expires_at", postgresql_where=Column("state") == "R"),
    CheckConstraint("quantity > 0", "backorder_quantity_positive"),
    CheckConstraint("kind IN ('BACKORDER', 'PREORDER')", "backorder_kind_known"),
    CheckConstraint("state IN ('R', 'A') AND (state = 'R') = (expires_at IS NOT NULL)", "backorder_state_known"),
)

# A bundle is sold as one and made of others: it has no stock of its own, and its components are no bundles.
bundle_components = Table(
    "bundle_components",
    metadata,
    Column("bundle_variant_id", BigInteger, ForeignKey("variants.id"), primary_key=True, autoincrement=False),
    Column("component_variant_id", BigInteger, ForeignKey("variants.id"), primary_key=True, autoincrement=False),
    Column("quantity", Integer, nullable=False),
    Index("ix_bundle_components_component_variant_id", "component_variant_id"),
    CheckConstraint("quantity BETWEEN 1 AND 1000", "component_quantity_sane"),
    CheckConstraint("bundle_variant_id <> component_variant_id", "bundle_is_not_its_own_component"),
)

# What a channel leaves for others of what could be bought: of a variant, else of the nearest category above it, else of
# everything (both null).
channel_shares = Table(
    "channel_shares",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("channel_id", Integer, ForeignKey("channels.id"), nullable=False),
    Column("variant_id", BigInteger, ForeignKey("variants.id"), nullable=True),
    Column("category_id", Integer, ForeignKey("categories.id"), nullable=True),
    Column("kept_units", Integer, nullable=False, server_default="0"),
    Column("kept_percent", Integer, nullable=False, server_default="0"),
    Index(
        "uq_channel_shares_subject",
        "channel_id",
        "variant_id",
        "category_id",
        unique=True,
        postgresql_nulls_not_distinct=True,
    ),
    Index("ix_channel_shares_variant_id", "variant_id"),
    Index("ix_channel_shares_category_id", "category_id"),
    CheckConstraint("num_nonnulls(variant_id, category_id) <= 1", "share_is_of_one_thing"),
    CheckConstraint("kept_units BETWEEN 0 AND 1000000 AND kept_percent BETWEEN 0 AND 100", "share_sane"),
)
