"""Statements about what is reserved for carts."""

from typing import Final

from app.kit.statement import Statement

# The line's number in `holds` is its place in the cart. Of a bundle its components are held, each in full sets.
RESERVATIONS_BY_CART: Final = Statement("""
    SELECT c.id AS cart_id, min(h.expires_at) AS expires_at, min(h.extendable_until) AS extendable_until,
           max(h.extended_at) AS extended_at
      FROM carts AS c JOIN holds AS h ON h.owner_id = c.reservation_id AND h.state = 'R'
     WHERE c.id = ANY(CAST(:ids AS uuid[])) GROUP BY c.id
""")
RESERVED_LINES_BY_CART: Final = Statement("""
    SELECT cart_id, line_id, min(units) AS quantity
      FROM (SELECT line.cart_id, line.id AS line_id, h.variant_id,
                   CAST(sum(h.quantity) AS int) / coalesce(min(part.quantity), 1) AS units
              FROM (SELECT id, cart_id, variant_id, row_number() OVER (PARTITION BY cart_id ORDER BY id) AS line_no
                      FROM cart_lines WHERE cart_id = ANY(CAST(:ids AS uuid[]))) AS line
              JOIN carts AS c ON c.id = line.cart_id
              JOIN holds AS h ON h.owner_id = c.reservation_id AND h.state = 'R' AND h.line_no = line.line_no
              LEFT JOIN bundle_components AS part
                     ON part.bundle_variant_id = line.variant_id AND part.component_variant_id = h.variant_id
             GROUP BY line.cart_id, line.id, h.variant_id) AS held
     GROUP BY cart_id, line_id ORDER BY cart_id, line_id
""")
SET_RESERVATIONS: Final = Statement("""
    UPDATE carts AS c
       SET reservation_id = r.reservation_id, reservations_begun = r.begun, reservations_since = r.since
      FROM unnest(CAST(:ids AS uuid[]), CAST(:reservation_ids AS uuid[]), CAST(:begun AS int[]),
                  CAST(:since AS timestamptz[])) AS r (id, reservation_id, begun, since)
     WHERE c.id = r.id
""")
