"""What is asked about work: lists of it, counts, its lines and history."""

from typing import Final

from app.kit.statement import Statement

WORK_BY_ID: Final = Statement("""
    SELECT work.*, sold.number AS order_number
      FROM work_instructions AS work
      LEFT JOIN orders AS sold ON sold.id = work.order_id
     WHERE work.id = ANY(CAST(:ids AS uuid[]))
       AND (CAST(:allowed AS int[]) IS NULL OR work.location_id = ANY(CAST(:allowed AS int[])))
""")
WORK_BY_FULFILLMENT: Final = Statement("""
    SELECT work.*, sold.number AS order_number
      FROM work_instructions AS work
      LEFT JOIN orders AS sold ON sold.id = work.order_id
     WHERE work.fulfillment_id = ANY(CAST(:ids AS uuid[]))
       AND (CAST(:allowed AS int[]) IS NULL OR work.location_id = ANY(CAST(:allowed AS int[])))
     ORDER BY work.id
""")
# One short walk along an index for each kind and status at a place, then the best of these; or for each status alone,
# when no place is named. Null filters filter nothing. A key limited to locations sees only those.
_FILTERS: Final = """
       AND (CAST(:assignee AS text) IS NULL OR work.assignee = CAST(:assignee AS text))
       AND (CAST(:due_before AS timestamptz) IS NULL OR work.due_order < CAST(:due_before AS timestamptz))
       AND (CAST(:due_from AS timestamptz) IS NULL OR work.due_order >= CAST(:due_from AS timestamptz))
       AND (CAST(:after_id AS uuid) IS NULL
            OR (work.due_order, work.id) > (CAST(:after_due AS timestamptz), CAST(:after_id AS uuid)))
     ORDER BY work.due_order, work.id
     LIMIT CAST(:limit AS int)
"""
_PAGE: Final = """
    SELECT found.*, sold.number AS order_number, CAST(found.id AS text) AS cursor,
           CAST(extract(epoch FROM found.due_order) * 1000000 AS bigint) AS due_us
      FROM {sets}
     CROSS JOIN LATERAL (
           SELECT work.* FROM work_instructions AS work
            WHERE {place} {filters}) AS found
      LEFT JOIN orders AS sold ON sold.id = found.order_id
     ORDER BY found.due_order, found.id
     LIMIT CAST(:limit AS int)
"""
WORK_OF_PLACES: Final = Statement(
    _PAGE.format(
        sets="unnest(CAST(:location_ids AS int[])) AS place (id)"
        " CROSS JOIN unnest(CAST(:kinds AS text[])) AS kind (name)"
        " CROSS JOIN unnest(CAST(:statuses AS text[])) AS status (name)",
        place="work.location_id = place.id AND work.kind = kind.name AND work.status = status.name",
        filters=_FILTERS,
    )
)
WORK_ANYWHERE: Final = Statement(
    _PAGE.format(
        sets="unnest(CAST(:statuses AS text[])) AS status (name)",
        place="work.status = status.name AND work.kind = ANY(CAST(:kinds AS text[]))",
        filters=_FILTERS,
    )
)
WORK_COUNTS: Final = Statement("""
    SELECT work.kind, work.status, count(*)::int AS count,
           (count(*) FILTER (WHERE work.due_order < CAST(:now AS timestamptz)))::int AS overdue
      FROM work_instructions AS work
     WHERE work.location_id = :location_id AND work.kind = ANY(CAST(:kinds AS text[]))
       AND work.status = ANY(CAST(:statuses AS text[]))
     GROUP BY work.kind, work.status
     ORDER BY work.kind, work.status
""")
# A line of a fulfillment or of a transfer, of what a pickup hands over, or goods named by whoever asked for the work.
LINES_BY_WORK: Final = Statement("""
    SELECT work.id AS work_id, line.line_no, line.variant_id, line.quantity, variant.sku, product.names
      FROM work_instructions AS work
      JOIN LATERAL (
            SELECT part.line_no, part.variant_id, part.quantity FROM fulfillment_lines AS part
             WHERE part.fulfillment_id = work.fulfillment_id
            UNION ALL
            SELECT part.line_no, part.variant_id, part.quantity FROM transfer_lines AS part
             WHERE part.transfer_id = work.transfer_id
            UNION ALL
            SELECT part.line_no, part.variant_id, part.quantity FROM work_lines AS part
             WHERE part.work_id = work.id
            UNION ALL
            SELECT part.line_no, part.variant_id, sum(part.quantity)::int
              FROM pickups AS pickup
              JOIN fulfillments AS parcel ON parcel.delivery_id = pickup.delivery_id AND parcel.status <> 'CANCELED'
              JOIN fulfillment_lines AS part ON part.fulfillment_id = parcel.id
             WHERE pickup.id = work.pickup_id
             GROUP BY part.line_no, part.variant_id) AS line ON true
      JOIN variants AS variant ON variant.id = line.variant_id
      JOIN products AS product ON product.id = variant.product_id
     WHERE work.id = ANY(CAST(:ids AS uuid[]))
     ORDER BY work.id, line.line_no
""")
HISTORY_BY_WORK: Final = Statement("""
    SELECT * FROM work_history WHERE work_id = ANY(CAST(:ids AS uuid[])) ORDER BY id
""")
