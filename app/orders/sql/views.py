"""What people see of orders. Whoever holds an order's id may read it; a partner sees only the parts that are handed
over at its own points.
"""

from typing import Final

from app.kit.statement import Statement


def _seen(delivery: str) -> str:
    """The condition that the caller is no partner, or one of whose points `delivery` (on the alias `own`) holds."""
    return f"""
       AND (CAST(:partner_id AS uuid) IS NULL OR EXISTS (
               SELECT FROM order_deliveries AS own JOIN locations AS point ON point.id = own.location_id
                WHERE {delivery} AND point.partner_id = CAST(:partner_id AS uuid)))"""


ORDERS_BY_ID: Final = Statement(
    f"""
    SELECT o.* FROM orders AS o
     WHERE o.id = ANY(CAST(:ids AS uuid[])) {_seen("own.order_id = o.id")}
""",  # noqa: S608  # constants only
    generic=True,
)

ORDERS_BY_CART: Final = Statement(
    "SELECT * FROM orders WHERE source_system = 'cart' AND external_reference = ANY(CAST(:references AS text[]))",
    generic=True,
)

ORDER_BY_NUMBER: Final = Statement("SELECT * FROM orders WHERE number = :number")

LINES_BY_ORDER: Final = Statement(
    f"""
    SELECT l.*, o.currency FROM order_lines AS l JOIN orders AS o ON o.id = l.order_id
     WHERE l.order_id = ANY(CAST(:ids AS uuid[])) {_seen("own.id = l.delivery_id")}
     ORDER BY l.order_id, l.line_no
""",  # noqa: S608  # constants only
    generic=True,
)

LINES_BY_ID: Final = Statement(
    f"""
    SELECT l.*, o.currency FROM order_lines AS l JOIN orders AS o ON o.id = l.order_id
     WHERE l.id = ANY(CAST(:ids AS uuid[])) {_seen("own.id = l.delivery_id")}
""",  # noqa: S608  # constants only
    generic=True,
)

DELIVERIES_BY_ORDER: Final = Statement(
    f"""
    SELECT d.* FROM order_deliveries AS d
     WHERE d.order_id = ANY(CAST(:ids AS uuid[])) {_seen("own.id = d.id")}
     ORDER BY d.order_id, d.id
""",  # noqa: S608  # constants only
    generic=True,
)

DELIVERIES_BY_ID: Final = Statement(
    f"""
    SELECT d.* FROM order_deliveries AS d
     WHERE d.id = ANY(CAST(:ids AS uuid[])) {_seen("own.id = d.id")}
""",  # noqa: S608  # constants only
    generic=True,
)

LINES_BY_DELIVERY: Final = Statement(
    """
    SELECT l.*, o.currency FROM order_lines AS l JOIN orders AS o ON o.id = l.order_id
     WHERE l.delivery_id = ANY(CAST(:ids AS uuid[])) ORDER BY l.delivery_id, l.line_no
""",
    generic=True,
)

TAXES_BY_ORDER: Final = Statement(
    """
    SELECT t.*, o.currency FROM order_taxes AS t JOIN orders AS o ON o.id = t.order_id
     WHERE t.order_id = ANY(CAST(:ids AS uuid[])) ORDER BY t.order_id, t.rate_bp DESC
""",
    generic=True,
)

HISTORY_BY_ORDER: Final = Statement(
    """
    SELECT entry.* FROM unnest(CAST(:ids AS uuid[])) AS wanted (order_id)
     CROSS JOIN LATERAL (SELECT * FROM order_history AS h WHERE h.order_id = wanted.order_id
                          ORDER BY h.id DESC LIMIT :first) AS entry
     ORDER BY entry.order_id, entry.id
""",
    generic=True,
)

ALLOCATIONS_BY_LINE: Final = Statement(
    """
    SELECT h.* FROM holds AS h
     WHERE (h.owner_id, h.line_no) IN (
               SELECT * FROM unnest(CAST(:order_ids AS uuid[]), CAST(:line_nos AS int[])))
       AND h.owner_kind = 'ORDER'
     ORDER BY h.owner_id, h.line_no, h.location_id
""",
    generic=True,
)

# The place behind which a page begins is one row comparison, which the index on (placed_at, id) answers however deep
# the page lies; without a cursor it is the very end of the list.
_MATCHES: Final = """
      FROM orders AS o
     WHERE o.source_system <> 'sandbox'
       AND (CAST(:status AS text) IS NULL OR o.status = :status)
       AND (CAST(:channel AS text) IS NULL
            OR o.channel_id = (SELECT id FROM channels WHERE code = CAST(:channel AS text)))
       AND (CAST(:placed_after AS timestamptz) IS NULL OR o.placed_at >= :placed_after)
       AND (CAST(:placed_before AS timestamptz) IS NULL OR o.placed_at < :placed_before)
       AND (CAST(:email AS text) IS NULL OR o.email = :email)"""

LIST_NEWEST_FIRST: Final = Statement(
    "SELECT o.*"
    + _MATCHES
    + """
       AND (o.placed_at, o.id) < (COALESCE(CAST(:after_at AS timestamptz), 'infinity'),
                                  COALESCE(CAST(:after_id AS uuid), 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
     ORDER BY o.placed_at DESC, o.id DESC LIMIT :limit"""
)
LIST_OLDEST_FIRST: Final = Statement(
    "SELECT o.*"
    + _MATCHES
    + """
       AND (o.placed_at, o.id) > (COALESCE(CAST(:after_at AS timestamptz), '-infinity'),
                                  COALESCE(CAST(:after_id AS uuid), '00000000-0000-0000-0000-000000000000'))
     ORDER BY o.placed_at, o.id LIMIT :limit"""
)
COUNT_MATCHES: Final = Statement(f"SELECT count(*) AS total FROM (SELECT 1 {_MATCHES} LIMIT 10000) AS counted")  # noqa: S608
