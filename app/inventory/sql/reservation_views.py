"""Reservations as people see them, and what the requests for new ones are made of."""

from typing import Final

from app.kit.statement import Statement

# The ledger knows every reservation there ever was; those that are active have rows in holds as well. location_ids:
# only reservations that lie, or lay, at these and no other locations.
RESERVATIONS_BY_ID: Final = Statement("""
    SELECT l.cause_id AS id, min(l.cause_kind) AS owner_kind, min(l.at) AS created_at,
           h.reason, h.expires_at, h.extendable_until, h.extended_at,
           CASE WHEN h.reason IS NOT NULL THEN 'ACTIVE'
                ELSE CASE (array_agg(l.kind ORDER BY l.entry_id DESC))[1]
                     WHEN 'RESERVATION_EXPIRED' THEN 'EXPIRED'
                     WHEN 'RESERVATION_RELEASED' THEN 'RELEASED'
                     ELSE 'CONVERTED' END END AS status
      FROM ledger l
      LEFT JOIN LATERAL (
           SELECT min(reason) AS reason, min(expires_at) AS expires_at, min(extendable_until) AS extendable_until,
                  max(extended_at) AS extended_at
             FROM holds WHERE owner_id = l.cause_id AND state = 'R') h ON true
     WHERE l.cause_id = ANY(CAST(:ids AS uuid[])) AND l.d_reserved <> 0
     GROUP BY l.cause_id, h.reason, h.expires_at, h.extendable_until, h.extended_at
    HAVING CAST(:location_ids AS int[]) IS NULL OR bool_and(l.location_id = ANY(CAST(:location_ids AS int[])))
""")

# Owners in the order in which their reservations end, by the index on their ends.
ACTIVE_PAGE: Final = Statement("""
    WITH page AS MATERIALIZED (
        SELECT h.expires_at, h.owner_id
          FROM holds h
         WHERE h.state = 'R'
           AND (h.expires_at, h.owner_id) > (CAST(:after_at AS timestamptz), CAST(:after_id AS uuid))
           AND (CAST(:reason AS text) IS NULL OR h.reason = CAST(:reason AS text))
           AND (CAST(:variant_ids AS bigint[]) IS NULL OR h.variant_id = ANY(CAST(:variant_ids AS bigint[])))
           AND (CAST(:at_ids AS int[]) IS NULL OR h.location_id = ANY(CAST(:at_ids AS int[])))
           AND (CAST(:location_ids AS int[]) IS NULL OR NOT EXISTS (
                SELECT 1 FROM holds o
                 WHERE o.owner_id = h.owner_id AND o.state = 'R'
                   AND o.location_id <> ALL(CAST(:location_ids AS int[]))))
         GROUP BY h.expires_at, h.owner_id
         ORDER BY h.expires_at, h.owner_id
         LIMIT :limit)
    SELECT p.owner_id AS id, 'ACTIVE' AS status, p.expires_at, min(h.owner_kind) AS owner_kind, min(h.reason) AS reason,
           min(h.extendable_until) AS extendable_until, max(h.extended_at) AS extended_at,
           (SELECT min(l.at) FROM ledger l WHERE l.cause_id = p.owner_id AND l.d_reserved <> 0) AS created_at
      FROM page p JOIN holds h ON h.owner_id = p.owner_id AND h.state = 'R'
     GROUP BY p.expires_at, p.owner_id
     ORDER BY p.expires_at, p.owner_id
""")

RESERVATION_LINES: Final = Statement("""
    SELECT owner_id, line_no, variant_id, location_id, quantity
      FROM holds WHERE owner_id = ANY(CAST(:ids AS uuid[])) AND state = 'R'
     ORDER BY owner_id, line_no, variant_id, location_id
""")

VARIANTS: Final = Statement("""
    SELECT id, sku FROM variants
     WHERE sku = ANY(CAST(:skus AS text[])) OR id = ANY(CAST(:ids AS bigint[]))
""")

# Where each request may be served: a location, a group's active locations, or those of an active channel. In the
# order of their ids; all of them hold stock.
CANDIDATES: Final = Statement("""
    WITH wanted AS MATERIALIZED (
        SELECT w.number, w.location_id, coalesce(w.group_id, c.location_group_id) AS group_id, c.id AS channel_id
          FROM unnest(CAST(:numbers AS int[]), CAST(:location_ids AS bigint[]), CAST(:group_ids AS bigint[]),
                      CAST(:channels AS text[])) AS w (number, location_id, group_id, channel)
          LEFT JOIN channels c ON c.code = w.channel AND c.is_active)
    SELECT w.number, l.id, l.partner_id, w.channel_id
      FROM wanted w JOIN locations l ON l.id = w.location_id
     WHERE l.holds_stock AND l.kind <> 'IN_TRANSIT'
     UNION ALL
    SELECT w.number, l.id, l.partner_id, w.channel_id
      FROM wanted w
      JOIN location_group_members m ON m.group_id = w.group_id
      JOIN locations l ON l.id = m.location_id
     WHERE w.location_id IS NULL AND l.is_active AND l.holds_stock AND l.kind <> 'IN_TRANSIT'
     ORDER BY number, id
""")
