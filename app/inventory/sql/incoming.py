"""What is expected where, and on which day: open purchase orders and transfers under way.

The day of a purchase order's line is given as a day; a transfer's instant is told as the day that it is in Japan then.
A transfer of an order brings nothing to sell: its units are promised to that order.
"""

from typing import Final

from app.inventory.sql.availability import COUNTERS, FREE
from app.kit.statement import Statement

# The one definition of units that are expected. Rows of variant_id, location_id, expected_on (null: nobody knows),
# quantity, cause_kind, cause_id, line_no. Parameter: variant_ids.
INCOMING: Final = """
    SELECT l.variant_id, o.location_id, l.expected_on, l.quantity - l.received_quantity AS quantity,
           'PURCHASE_ORDER' AS cause_kind, o.id AS cause_id, l.line_no
      FROM purchase_order_lines AS l JOIN purchase_orders AS o ON o.id = l.purchase_order_id
     WHERE l.variant_id = ANY(CAST(:variant_ids AS bigint[]))
       AND o.status IN ('ORDERED', 'PARTIALLY_RECEIVED') AND l.quantity > l.received_quantity
    UNION ALL
    SELECT l.variant_id, t.to_location_id, CAST(t.expected_at AT TIME ZONE 'Asia/Tokyo' AS date),
           l.shipped_quantity - l.received_quantity - l.lost_quantity, 'TRANSFER', t.id, l.line_no
      FROM transfer_lines AS l JOIN transfers AS t ON t.id = l.transfer_id
     WHERE l.variant_id = ANY(CAST(:variant_ids AS bigint[])) AND t.order_id IS NULL
       AND t.status IN ('IN_TRANSIT', 'PARTIALLY_RECEIVED')
       AND l.shipped_quantity > l.received_quantity + l.lost_quantity
"""

_SHOWN: Final = ", ".join(f"coalesce(s.{name}, 0) AS {name}" for name in (*COUNTERS, "version"))

# What is late is not promised: nobody knows when it comes. Places where the variant never was and where nothing is
# expected are left out.
PROMISABLE: Final = Statement(f"""
    WITH expected AS MATERIALIZED (
        SELECT variant_id, location_id, array_agg(expected_on ORDER BY expected_on) AS days,
               array_agg(quantity ORDER BY expected_on) AS units
          FROM (SELECT variant_id, location_id, expected_on, CAST(sum(quantity) AS bigint) AS quantity
                  FROM ({INCOMING}) AS i
                 WHERE expected_on >= CAST(:today AS date) AND location_id = ANY(CAST(:location_ids AS int[]))
                 GROUP BY variant_id, location_id, expected_on) AS d
         GROUP BY variant_id, location_id)
    SELECT variant_id, location_id, {_SHOWN}, coalesce({FREE}, 0) AS free, e.days, e.units
      FROM (SELECT * FROM stock
             WHERE variant_id = ANY(CAST(:variant_ids AS bigint[]))
               AND (location_id = ANY(CAST(:location_ids AS int[]))) IS TRUE) AS s
      FULL JOIN expected AS e USING (variant_id, location_id)
     ORDER BY variant_id, location_id
""")  # noqa: S608  # pieces of ours

# By variant, then by what brings them: those that are expected somewhere, late ones and ones without a day included.
INCOMING_PAGE: Final = Statement(f"""
    SELECT i.*, coalesce(i.expected_on < CAST(:today AS date), false) AS is_late, CAST(i.cause_id AS text) AS cause
      FROM ({INCOMING}) AS i
     WHERE (CAST(:location_ids AS int[]) IS NULL OR i.location_id = ANY(CAST(:location_ids AS int[])))
       AND (i.variant_id, i.cause_id, i.line_no)
         > (CAST(:after_variant_id AS bigint), CAST(:after_cause_id AS uuid), CAST(:after_line_no AS int))
     ORDER BY i.variant_id, i.cause_id, i.line_no
     LIMIT :limit
""")  # noqa: S608  # a piece of ours
