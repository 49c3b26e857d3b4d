"""What must always hold between carts and orders. Each query returns no row."""

from typing import Final

INVARIANTS: Final = {
    "an open cart is no order": """
        SELECT cart.id, o.number, o.status FROM carts AS cart
          JOIN orders AS o ON o.source_system = 'cart' AND o.external_reference = CAST(cart.id AS text)
         WHERE cart.status = 'OPEN'
    """,
    "an order whose payment was declined has given its cart back": """
        SELECT o.number, o.status, o.payment_status FROM orders AS o
          JOIN carts AS cart ON o.source_system = 'cart' AND o.external_reference = CAST(cart.id AS text)
         WHERE o.status = 'CANCELED' AND o.payment_status = 'FAILED'
    """,
}
