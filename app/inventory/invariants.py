"""What must hold at every moment between two transactions. Each query returns no row."""

from typing import Final

INVARIANTS: Final[dict[str, str]] = {
    "counters are the sums of the ledger, and versions its length": """
        SELECT variant_id, location_id, s.on_hand, s.reserved, s.allocated, s.safety, s.version,
               l.on_hand AS ledger_on_hand, l.reserved AS ledger_reserved, l.allocated AS ledger_allocated,
               l.safety AS ledger_safety, l.entries
          FROM stock s FULL JOIN (
               SELECT variant_id, location_id, sum(d_on_hand) AS on_hand, sum(d_reserved) AS reserved,
                      sum(d_allocated) AS allocated, sum(d_safety) AS safety, count(*) AS entries
                 FROM ledger GROUP BY variant_id, location_id) l USING (variant_id, location_id)
         WHERE (coalesce(s.on_hand, -1), s.reserved, s.allocated, s.safety, s.version)
            IS DISTINCT FROM (coalesce(l.on_hand, 0), coalesce(l.reserved, 0), coalesce(l.allocated, 0),
                              coalesce(l.safety, 0), coalesce(l.entries, 0))
    """,
    "counters are the sums of the holds": """
        SELECT variant_id, location_id, s.reserved, s.allocated, h.reserved AS held_reserved,
               h.allocated AS held_allocated
          FROM stock s FULL JOIN (
               SELECT variant_id, location_id,
                      coalesce(sum(quantity) FILTER (WHERE state = 'R'), 0) AS reserved,
                      coalesce(sum(quantity) FILTER (WHERE state = 'A'), 0) AS allocated
                 FROM holds GROUP BY variant_id, location_id) h USING (variant_id, location_id)
         WHERE (s.reserved, s.allocated) IS DISTINCT FROM (coalesce(h.reserved, 0), coalesce(h.allocated, 0))
    """,
    "nothing is negative and nothing is sold twice": """
        SELECT * FROM stock
         WHERE least(on_hand, reserved, allocated, safety) < 0 OR reserved + allocated > on_hand
    """,
    "units under way are those that were shipped and have neither arrived nor been lost": """
        SELECT variant_id, s.on_hand, t.under_way
          FROM (SELECT s.* FROM stock s JOIN locations l ON l.id = s.location_id AND l.kind = 'IN_TRANSIT') s
          FULL JOIN (
               SELECT variant_id, sum(shipped_quantity - received_quantity - lost_quantity) AS under_way
                 FROM transfer_lines GROUP BY variant_id) t USING (variant_id)
         WHERE coalesce(s.on_hand, 0) <> coalesce(t.under_way, 0)
    """,
    "a transfer's state says what its lines say": """
        SELECT t.id, t.status, l.*
          FROM transfers t LEFT JOIN (
               SELECT transfer_id, sum(quantity) AS quantity, sum(shipped_quantity) AS shipped,
                      sum(withdrawn_quantity) AS withdrawn, sum(received_quantity + lost_quantity) AS closed
                 FROM transfer_lines GROUP BY transfer_id) l ON l.transfer_id = t.id
         WHERE NOT coalesce(CASE t.status
               WHEN 'DRAFT' THEN l.shipped = 0 AND l.withdrawn = 0 AND t.shipped_at IS NULL AND t.order_id IS NULL
               WHEN 'READY_TO_SHIP' THEN l.shipped = 0 AND l.withdrawn < l.quantity AND t.shipped_at IS NULL
               WHEN 'CANCELED' THEN l.shipped = 0 AND t.shipped_at IS NULL AND t.canceled_at IS NOT NULL
               WHEN 'IN_TRANSIT' THEN l.shipped > 0 AND l.closed = 0 AND t.shipped_at IS NOT NULL
               WHEN 'PARTIALLY_RECEIVED' THEN t.shipped_at IS NOT NULL AND l.shipped > 0 AND t.received_at IS NULL
                                              AND l.closed + l.withdrawn < l.quantity
               WHEN 'RECEIVED' THEN l.shipped > 0 AND l.closed = l.shipped AND l.shipped + l.withdrawn = l.quantity
                                    AND t.received_at IS NOT NULL
               END, false)
    """,
    "a transfer of its own holds its units until they have arrived": """
        SELECT owner_id, line_no, variant_id, location_id, h.quantity, t.units
          FROM (SELECT owner_id, line_no, variant_id, location_id, quantity
                  FROM holds WHERE owner_kind = 'TRANSFER') h
          FULL JOIN (
               SELECT t.id AS owner_id, l.line_no, l.variant_id, place.location_id, place.units
                 FROM transfers t JOIN transfer_lines l ON l.transfer_id = t.id
                 JOIN locations way ON way.kind = 'IN_TRANSIT'
                CROSS JOIN LATERAL (VALUES
                      (t.from_location_id, CASE WHEN t.status IN ('DRAFT', 'CANCELED') THEN 0
                           ELSE l.quantity - l.shipped_quantity - l.withdrawn_quantity END),
                      (CAST(way.id AS int), l.shipped_quantity - l.received_quantity - l.lost_quantity)
                      ) AS place (location_id, units)
                WHERE t.order_id IS NULL) t
               USING (owner_id, line_no, variant_id, location_id)
         WHERE coalesce(h.quantity, 0) <> coalesce(t.units, 0)
    """,
    "differences of a transfer are in the ledger": """
        SELECT *
          FROM (SELECT transfer_id AS id, variant_id, sum(damaged_quantity) AS damaged,
                       sum(surplus_quantity) AS surplus
                  FROM transfer_lines WHERE damaged_quantity + surplus_quantity > 0 GROUP BY 1, 2) t
          FULL JOIN (
               SELECT cause_id AS id, variant_id, sum(d_state) AS damaged,
                      coalesce(sum(d_on_hand) FILTER (WHERE kind = 'ADJUSTED'), 0) AS surplus
                 FROM ledger WHERE cause_kind = 'TRANSFER' AND (kind = 'ADJUSTED' OR d_state <> 0)
                GROUP BY 1, 2) l USING (id, variant_id)
         WHERE (t.damaged, t.surplus) IS DISTINCT FROM (l.damaged, l.surplus)
    """,
    "what an owner has reserved is what the ledger says of it": """
        SELECT cause_id, variant_id, location_id, h.reserved AS held, l.reserved AS ledger_reserved
          FROM (SELECT cause_id, variant_id, location_id, sum(d_reserved) AS reserved
                  FROM ledger GROUP BY 1, 2, 3) l
          FULL JOIN (
               SELECT owner_id AS cause_id, variant_id, location_id, sum(quantity) AS reserved
                 FROM holds WHERE state = 'R' GROUP BY 1, 2, 3) h USING (cause_id, variant_id, location_id)
         WHERE coalesce(h.reserved, 0) <> coalesce(l.reserved, 0)
    """,
    "a reservation has a reason and an end within its bounds, and an allocation none of them": """
        SELECT owner_id, line_no, state, reason, expires_at, extendable_until, extended_at FROM holds
         WHERE (state = 'R') <> (reason IS NOT NULL) OR (state = 'R') <> (expires_at IS NOT NULL)
            OR expires_at > extendable_until
            OR (state = 'A' AND (extendable_until IS NOT NULL OR extended_at IS NOT NULL))
    """,
    "a purchase order's state says what its lines say": """
        SELECT p.id, p.status, l.*
          FROM purchase_orders p LEFT JOIN (
               SELECT purchase_order_id, count(*) AS lines, sum(received_quantity) AS received,
                      bool_and(received_quantity >= quantity) AS is_complete
                 FROM purchase_order_lines GROUP BY purchase_order_id) l ON l.purchase_order_id = p.id
         WHERE NOT coalesce(l.lines > 0 AND CASE p.status
               WHEN 'DRAFT' THEN l.received = 0 AND p.ordered_at IS NULL
               WHEN 'ORDERED' THEN l.received = 0 AND p.ordered_at IS NOT NULL
               WHEN 'CANCELED' THEN l.received = 0
               WHEN 'PARTIALLY_RECEIVED' THEN l.received > 0 AND NOT l.is_complete
               WHEN 'RECEIVED' THEN l.is_complete
               WHEN 'CLOSED_SHORT' THEN NOT l.is_complete AND p.ordered_at IS NOT NULL
               END, false)
    """,
    "components of a bundle do not travel for an order": """
        SELECT t.id, l.line_no, l.variant_id
          FROM transfers t JOIN transfer_lines l ON l.transfer_id = t.id
          JOIN held_line_parts p ON p.owner_id = t.order_id AND p.line_no = l.order_line_no
    """,
    "what came of a purchase order is in the ledger": """
        SELECT *
          FROM (SELECT purchase_order_id AS id, variant_id, location_id, sum(received_quantity) AS received,
                       sum(damaged_quantity) AS damaged
                  FROM purchase_order_lines l JOIN purchase_orders p ON p.id = l.purchase_order_id
                 WHERE received_quantity > 0 GROUP BY 1, 2, 3) p
          FULL JOIN (
               SELECT cause_id AS id, variant_id, location_id, sum(d_on_hand + coalesce(d_state, 0)) AS received,
                      sum(d_state) FILTER (WHERE state = 'DAMAGED') AS damaged
                 FROM ledger WHERE cause_kind = 'PURCHASE_ORDER' GROUP BY 1, 2, 3) l USING (id, variant_id, location_id)
         WHERE p.received IS DISTINCT FROM l.received OR p.damaged IS DISTINCT FROM coalesce(l.damaged, 0)
    """,
    "an approved count session has moved what it found, once, and no other has moved anything": """
        SELECT *
          FROM (SELECT count_id AS id, variant_id, location_id, difference
                  FROM count_lines WHERE difference <> 0) c
          FULL JOIN (
               SELECT cause_id AS id, variant_id, location_id, sum(d_on_hand) AS difference
                 FROM ledger WHERE cause_kind = 'COUNT' AND kind = 'COUNTED' GROUP BY 1, 2, 3) l
               USING (id, variant_id, location_id)
         WHERE c.difference IS DISTINCT FROM l.difference
    """,
    "who has counted has not approved where four eyes were wanted": """
        SELECT s.id, s.closed_by FROM count_sessions s
         WHERE s.needs_four_eyes AND s.status = 'APPROVED'
           AND EXISTS (SELECT FROM count_records r WHERE r.count_id = s.id AND r.counted_by = s.closed_by)
    """,
    "lines are open as long as their session is, and every line of an approved one was counted": """
        SELECT s.id, s.status, l.variant_id FROM count_sessions s JOIN count_lines l ON l.count_id = s.id
         WHERE l.is_open <> (s.status = 'OPEN') OR (s.status = 'APPROVED') <> (l.difference IS NOT NULL)
            OR l.location_id <> s.location_id
    """,
    "a queue is as long as its rule says, and within its limit": """
        SELECT variant_id, r.waiting, r.limit_units, b.units
          FROM selling_rules r FULL JOIN (
               SELECT variant_id, sum(quantity) AS units FROM backorders GROUP BY variant_id) b USING (variant_id)
         WHERE coalesce(r.waiting, -1) <> coalesce(b.units, 0) OR r.waiting > r.limit_units
    """,
    "a line waits as a whole or not at all": """
        SELECT b.owner_id, b.line_no, h.location_id FROM backorders b JOIN holds h USING (owner_id, line_no)
    """,
    "a bundle has no stock of its own, no queue, and is made of no bundle": """
        SELECT b.bundle_variant_id, b.component_variant_id FROM bundle_components b
         WHERE EXISTS (SELECT FROM stock s WHERE s.variant_id = b.bundle_variant_id
                          AND (s.on_hand, s.reserved, s.allocated) <> (0, 0, 0))
            OR EXISTS (SELECT FROM selling_rules r WHERE r.variant_id = b.bundle_variant_id)
            OR EXISTS (SELECT FROM bundle_components c WHERE c.bundle_variant_id = b.component_variant_id)
    """,
    "an import has moved as many rows as its chunks say, each chunk once": """
        SELECT id, c.changed, l.entries
          FROM (SELECT i.id, i.finished_at, coalesce(sum(c.changed), 0) AS changed
                  FROM stock_imports i LEFT JOIN stock_import_chunks c ON c.import_id = i.id GROUP BY i.id) c
          FULL JOIN (
               SELECT cause_id AS id, count(*) AS entries
                 FROM ledger WHERE cause_kind = 'STOCK_IMPORT' GROUP BY 1) l USING (id)
         WHERE (c.finished_at IS NOT NULL OR l.entries > 0) AND coalesce(c.changed, 0) <> coalesce(l.entries, 0)
    """,
    "a finished import has judged all of its rows": """
        SELECT i.id, i.row_count, c.rows
          FROM stock_imports i
          LEFT JOIN (SELECT import_id, sum(changed + unchanged + refused) AS rows
                       FROM stock_import_chunks GROUP BY 1) c ON c.import_id = i.id
         WHERE i.finished_at IS NOT NULL AND coalesce(c.rows, 0) <> i.row_count
    """,
    "units that are there but not sold are the sums of the ledger": """
        SELECT variant_id, location_id, state, s.quantity, l.quantity AS ledger_quantity
          FROM stock_states s FULL JOIN (
               SELECT variant_id, location_id, state, sum(d_state) AS quantity
                 FROM ledger WHERE state IS NOT NULL GROUP BY 1, 2, 3) l USING (variant_id, location_id, state)
         WHERE coalesce(s.quantity, 0) <> coalesce(l.quantity, 0)
    """,
    "a repair stands in the ledger, and nothing else says that it does": """
        SELECT r.id, l.cause_id
          FROM stock_repairs r FULL JOIN (
               SELECT DISTINCT cause_id, variant_id, location_id FROM ledger WHERE cause_kind = 'REPAIR') l
            ON l.cause_id = r.id AND l.variant_id = r.variant_id AND l.location_id = r.location_id
         WHERE r.id IS NULL OR l.cause_id IS NULL OR r.after IS NULL
    """,
}

# What an audit of single stock rows answers, too (`app.inventory.sql.drifts`): claim -> its flag there.
AUDITED: Final[dict[str, str]] = {
    "counters are the sums of the ledger, and versions its length": "is_unlike_ledger",
    "counters are the sums of the holds": "is_unlike_holds",
    "units that are there but not sold are the sums of the ledger": "is_unlike_states",
}
# What takes reading the whole ledger.
OF_ALL_HISTORY: Final = frozenset(
    {
        *AUDITED,
        "what an owner has reserved is what the ledger says of it",
        "what came of a purchase order is in the ledger",
        "an approved count session has moved what it found, once, and no other has moved anything",
        "an import has moved as many rows as its chunks say, each chunk once",
        "a repair stands in the ledger, and nothing else says that it does",
    }
)
