"""What must always hold. Each query returns no row."""

from typing import Final

INVARIANTS: Final = {
    "each delivery of a cart hands over at least one of its lines": """
        SELECT delivery.id FROM cart_deliveries AS delivery
         WHERE NOT EXISTS (SELECT FROM cart_lines AS line
                            WHERE line.delivery_id = delivery.id AND line.cart_id = delivery.cart_id)
    """,
    "a line is handed over by a delivery of its own cart": """
        SELECT line.id FROM cart_lines AS line JOIN cart_deliveries AS delivery ON delivery.id =
        line.delivery_id
         WHERE delivery.cart_id <> line.cart_id
    """,
    "a cart has one delivery per mode, place and slot": """
        SELECT cart_id, mode, location_id, address, slot_begins FROM cart_deliveries
         GROUP BY cart_id, mode, location_id, address, slot_begins HAVING count(*) > 1
    """,
    "a cart holds at most 100 lines": """
        SELECT cart_id FROM cart_lines GROUP BY cart_id HAVING count(*) > 100
    """,
    "a cart that has become an order has nothing reserved any more": """
        SELECT cart.id, h.line_no, h.quantity FROM carts AS cart
          JOIN holds AS h ON h.owner_id = cart.reservation_id WHERE cart.status = 'COMPLETED'
    """,
    "what is reserved for a cart is for its lines, and no more than their units": """
        SELECT cart.id, h.line_no, h.variant_id, h.units, line.quantity
          FROM carts AS cart
          JOIN (SELECT owner_id, line_no, variant_id, sum(quantity) AS units
                  FROM holds WHERE state = 'R' GROUP BY owner_id, line_no, variant_id) AS h
            ON h.owner_id = cart.reservation_id
          LEFT JOIN (SELECT cart_id, variant_id, quantity,
                            row_number() OVER (PARTITION BY cart_id ORDER BY id) AS line_no FROM cart_lines) AS line
            ON line.cart_id = cart.id AND line.line_no = h.line_no
         WHERE line.cart_id IS NULL OR (line.variant_id = h.variant_id AND h.units > line.quantity)
    """,
    "an open cart lives 30 days from its last change": """
        SELECT id FROM carts WHERE expires_at <> updated_at + interval '30 days' AND status = 'OPEN'
    """,
}
