"""Selling rules as staff change them."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Final

from app.inventory.model.selling import Share
from app.kit.db import ReadTx, WriteTx
from app.kit.statement import Statement

_SAVE_RULE: Final = Statement("""
    INSERT INTO selling_rules (variant_id, policy, limit_units, promised_on)
    VALUES (:variant_id, :policy, :limit_units, :promised_on)
    ON CONFLICT (variant_id) DO UPDATE
       SET policy = excluded.policy, limit_units = excluded.limit_units, promised_on = excluded.promised_on,
           version = selling_rules.version + 1
""")
_IS_BUNDLE: Final = Statement("SELECT EXISTS (SELECT FROM bundle_components WHERE bundle_variant_id = :variant_id)")
# One at a time, so that two bundles never become components of each other.
_LOCK_BUNDLES: Final = Statement("LOCK TABLE bundle_components IN SHARE ROW EXCLUSIVE MODE")
# Whoever is giving the variant a rule or its first stock is waited for; what moves its stock is, too.
_LOCK_VARIANT: Final = Statement("SELECT id FROM variants WHERE id = :variant_id FOR UPDATE")
_LOCK_STOCK: Final = Statement("""
    SELECT location_id FROM stock WHERE variant_id = :variant_id ORDER BY location_id FOR UPDATE
""")
_LOCK_RULED: Final = Statement("SELECT id FROM variants WHERE id = :variant_id FOR NO KEY UPDATE")
_OBSTACLE: Final = Statement("""
    SELECT CASE
      WHEN CAST(:bundle AS bigint) = ANY(CAST(:components AS bigint[])) THEN 'A bundle is not its own component.'
      WHEN EXISTS (SELECT FROM bundle_components WHERE component_variant_id = :bundle)
        THEN 'This variant is a component of another bundle.'
      WHEN EXISTS (SELECT FROM bundle_components WHERE bundle_variant_id = ANY(CAST(:components AS bigint[])))
        THEN 'A component is a bundle itself.'
      WHEN EXISTS (SELECT FROM stock WHERE variant_id = :bundle AND (on_hand, reserved, allocated) <> (0, 0, 0))
        THEN 'This variant has stock of its own.'
      WHEN EXISTS (SELECT FROM stock WHERE variant_id = :bundle AND safety <> 0)
        THEN 'Units of this variant are kept off sale: set its safety stock to 0 first.'
      WHEN EXISTS (SELECT FROM stock_states WHERE variant_id = :bundle AND quantity <> 0)
        THEN 'Units of this variant are set aside: write them off first.'
      WHEN EXISTS (SELECT FROM purchase_order_lines l JOIN purchase_orders p ON p.id = l.purchase_order_id
                    WHERE l.variant_id = :bundle AND p.status IN ('DRAFT', 'ORDERED', 'PARTIALLY_RECEIVED'))
        THEN 'An open purchase order has this variant.'
      WHEN EXISTS (SELECT FROM transfer_lines l JOIN transfers t ON t.id = l.transfer_id
                    WHERE l.variant_id = :bundle
                      AND t.status IN ('DRAFT', 'READY_TO_SHIP', 'IN_TRANSIT', 'PARTIALLY_RECEIVED'))
        THEN 'An open transfer has this variant.'
      WHEN EXISTS (SELECT FROM count_lines l JOIN count_sessions c ON c.id = l.count_id
                    WHERE l.variant_id = :bundle AND c.status = 'OPEN')
        THEN 'This variant is being counted.'
      WHEN EXISTS (SELECT FROM selling_rules WHERE variant_id = :bundle)
        THEN 'This variant has a selling rule: give the components rules instead.' END
""")
_SAVE_COMPONENTS: Final = Statement("""
    WITH gone AS (
        DELETE FROM bundle_components
         WHERE bundle_variant_id = CAST(:bundle AS bigint)
           AND component_variant_id <> ALL(CAST(:components AS bigint[])))
    INSERT INTO bundle_components (bundle_variant_id, component_variant_id, quantity)
    SELECT CAST(:bundle AS bigint), c.id, c.quantity
      FROM unnest(CAST(:components AS bigint[]), CAST(:quantities AS int[])) AS c (id, quantity)
    ON CONFLICT (bundle_variant_id, component_variant_id) DO UPDATE SET quantity = excluded.quantity
""")
_SAVE_SHARE: Final = Statement("""
    INSERT INTO channel_shares (channel_id, variant_id, category_id, kept_units, kept_percent)
    VALUES (:channel_id, :variant_id, :category_id, :units, :percent)
    ON CONFLICT (channel_id, variant_id, category_id) DO UPDATE
       SET kept_units = excluded.kept_units, kept_percent = excluded.kept_percent
""")
_DELETE_SHARE: Final = Statement("""
    DELETE FROM channel_shares
     WHERE channel_id = :channel_id AND variant_id IS NOT DISTINCT FROM CAST(:variant_id AS bigint)
       AND category_id IS NOT DISTINCT FROM CAST(:category_id AS int)
""")


async def save_rule(tx: WriteTx, variant_id: int, *, policy: str, limit: int, promised_on: date | None) -> None:
    """Make or replace a variant's rule; its queue stays."""
    await tx.execute(_SAVE_RULE, variant_id=variant_id, policy=str(policy), limit_units=limit, promised_on=promised_on)


async def is_bundle(tx: ReadTx, variant_id: int) -> bool:
    """Whether a variant is made of others."""
    return await tx.fetchval(_IS_BUNDLE, variant_id=variant_id)


async def lock_bundle(tx: WriteTx, variant_id: int) -> None:
    """Be the only one who changes bundles, and who gives this variant stock or a rule."""
    await tx.execute(_LOCK_BUNDLES)
    await tx.fetch(_LOCK_VARIANT, variant_id=variant_id)
    await tx.fetch(_LOCK_STOCK, variant_id=variant_id)


async def lock_ruled(tx: WriteTx, variant_id: int) -> None:
    """Be the only one who gives a variant a rule or makes it a bundle."""
    await tx.fetch(_LOCK_RULED, variant_id=variant_id)


async def bundle_obstacle(tx: ReadTx, bundle: int, components: Collection[int]) -> str | None:
    """Why these variants cannot be put together so; None when they can."""
    return await tx.fetchval(_OBSTACLE, bundle=bundle, components=list(components))


async def save_components(tx: WriteTx, bundle: int, components: Mapping[int, int]) -> None:
    """Replace a bundle's components: units by variant id."""
    ids = sorted(components)
    await tx.execute(_SAVE_COMPONENTS, bundle=bundle, components=ids, quantities=[components[one] for one in ids])


async def save_share(
    tx: WriteTx, channel_id: int, share: Share, *, variant_id: int | None, category_id: int | None
) -> None:
    """Make or replace a channel's share of a subject."""
    await tx.execute(
        _SAVE_SHARE,
        channel_id=channel_id,
        variant_id=variant_id,
        category_id=category_id,
        units=share.units,
        percent=share.percent,
    )


async def delete_share(tx: WriteTx, channel_id: int, *, variant_id: int | None, category_id: int | None) -> bool:
    """End a channel's share of a subject; whether there was one."""
    return await tx.execute(_DELETE_SHARE, channel_id=channel_id, variant_id=variant_id, category_id=category_id) > 0
