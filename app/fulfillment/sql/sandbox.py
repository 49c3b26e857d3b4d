"""Statements about test pickups of partners."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from app.kit.db import ReadTx, Row, WriteTx
from app.kit.statement import Statement

_COUNT: Final = Statement("SELECT count(*) FROM pickups WHERE is_sandbox AND partner_id = :partner_id")
# Any will do: nothing of them moves.
_GOODS: Final = Statement("""
    SELECT channel.id AS channel_id, channel.currency, goods.*
      FROM (SELECT id, currency FROM channels ORDER BY id LIMIT 1) AS channel
     CROSS JOIN (
           SELECT variant.id AS variant_id, variant.sku, product.names
             FROM variants AS variant JOIN products AS product ON product.id = variant.product_id
            WHERE NOT EXISTS (SELECT FROM bundle_components WHERE bundle_variant_id = variant.id)
            ORDER BY variant.id LIMIT 1) AS goods
""")
# What hangs on others goes before them. Staff may have made work of a test by hand.
_DELETE: Final = tuple(
    Statement(text)
    for text in (
        """DELETE FROM work_history WHERE work_id IN (
           SELECT id FROM work_instructions WHERE order_id = ANY(CAST(:ids AS uuid[])))""",
        """DELETE FROM work_lines WHERE work_id IN (
           SELECT id FROM work_instructions WHERE order_id = ANY(CAST(:ids AS uuid[])))""",
        "DELETE FROM work_instructions WHERE order_id = ANY(CAST(:ids AS uuid[]))",
        """DELETE FROM pickup_reports WHERE pickup_id IN (
           SELECT id FROM pickups WHERE order_id = ANY(CAST(:ids AS uuid[])))""",
        "DELETE FROM pickups WHERE order_id = ANY(CAST(:ids AS uuid[]))",
        """DELETE FROM tracking_reports WHERE package_id IN (
           SELECT package.id FROM packages AS package JOIN shipments AS shipment ON shipment.id = package.shipment_id
            WHERE shipment.order_id = ANY(CAST(:ids AS uuid[])))""",
        """DELETE FROM packages WHERE shipment_id IN (
           SELECT id FROM shipments WHERE order_id = ANY(CAST(:ids AS uuid[])))""",
        "DELETE FROM shipments WHERE order_id = ANY(CAST(:ids AS uuid[]))",
        """DELETE FROM fulfillment_lines WHERE fulfillment_id IN (
           SELECT id FROM fulfillments WHERE order_id = ANY(CAST(:ids AS uuid[])))""",
        "DELETE FROM fulfillments WHERE order_id = ANY(CAST(:ids AS uuid[]))",
    )
)


async def count_sandbox_pickups(tx: ReadTx, partner_id: UUID) -> int:
    """How many test pickups a partner has."""
    return await tx.fetchval(_COUNT, partner_id=partner_id)


async def sandbox_goods(tx: ReadTx) -> Row | None:
    """What test orders name: channel_id, currency, variant_id, sku, names. None in a shop that sells nothing yet."""
    return await tx.fetchrow(_GOODS)


async def delete_pickups(tx: WriteTx, order_ids: Sequence[UUID]) -> None:
    """Delete what fulfillment keeps of locked test orders."""
    for statement in _DELETE:
        await tx.execute(statement, ids=list(order_ids))
