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
    "a cart has one delivery per mode and place": """
        SELECT cart_id, mode, location_id, address FROM cart_deliveries
         GROUP BY cart_id, mode, location_id, address HAVING count(*) > 1
    """,
    "a cart holds at most 100 lines": """
        SELECT cart_id FROM cart_lines GROUP BY cart_id HAVING count(*) > 100
    """,
    "an open cart lives 30 days from its last change": """
        SELECT id FROM carts WHERE expires_at <> updated_at + interval '30 days' AND status = 'OPEN'
    """,
}
