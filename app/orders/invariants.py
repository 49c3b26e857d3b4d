"""Each query must return no row: after every test, and in production when somebody checks."""

from typing import Final

INVARIANTS: Final[dict[str, str]] = {
    "an order's subtotal is the sum of its lines": """
        SELECT o.id, o.subtotal_minor, sum(l.total_minor)
          FROM orders AS o LEFT JOIN order_lines AS l ON l.order_id = o.id
         GROUP BY o.id HAVING o.subtotal_minor <> coalesce(sum(l.total_minor), 0)""",
    "an order has a line": """
        SELECT id FROM orders AS o WHERE NOT EXISTS (SELECT FROM order_lines AS l WHERE l.order_id = o.id)""",
    "tax rows cover the lines and the shipping, rate by rate": """
        SELECT order_id, rate_bp, sum(amount) FROM (
            SELECT order_id, tax_rate_bp AS rate_bp, total_minor AS amount FROM order_lines
            UNION ALL SELECT id, 1000, shipping_minor FROM orders WHERE shipping_minor <> 0
            UNION ALL SELECT order_id, rate_bp, -taxable_minor FROM order_taxes) AS part
         GROUP BY order_id, rate_bp HAVING sum(amount) <> 0""",
    "an order's tax is the sum of its tax rows": """
        SELECT o.id, o.tax_minor FROM orders AS o LEFT JOIN order_taxes AS t ON t.order_id = o.id
         GROUP BY o.id HAVING o.tax_minor <> coalesce(sum(t.tax_minor), 0)""",
    "a tax row is off by less than one minor unit": """
        SELECT order_id, rate_bp, taxable_minor, tax_minor FROM order_taxes
         WHERE abs(tax_minor::bigint * (10000 + rate_bp) - taxable_minor::bigint * rate_bp)
               >= 10000 + rate_bp""",
    "the fulfillment status follows from the lines": """
        SELECT * FROM (
            SELECT o.id, o.fulfillment_status,
                   CASE WHEN bool_or(fulfilled_quantity + canceled_quantity + short_quantity < quantity)
                        THEN CASE WHEN sum(fulfilled_quantity) > 0 THEN 'PARTIALLY_FULFILLED'
                                  ELSE 'UNFULFILLED' END
                        WHEN sum(fulfilled_quantity) > 0 THEN 'FULFILLED'
                        WHEN sum(canceled_quantity) > 0 THEN 'CANCELED'
                        ELSE 'UNFULFILLED' END AS expected
              FROM orders AS o JOIN order_lines AS l ON l.order_id = o.id AND l.quantity > 0
             GROUP BY o.id) AS state
         WHERE fulfillment_status <> expected""",
    "completed orders have nothing open, canceled ones nothing handed over": """
        SELECT id, status, fulfillment_status FROM orders
         WHERE (status = 'COMPLETED' AND fulfillment_status NOT IN ('FULFILLED', 'UNFULFILLED'))
            OR (status = 'CANCELED' AND fulfillment_status IN ('PARTIALLY_FULFILLED', 'FULFILLED'))
            OR (status = 'PENDING_PAYMENT' AND fulfillment_status <> 'UNFULFILLED')""",
    "canceled orders, and only they, have a time of cancellation": """
        SELECT id, status FROM orders WHERE (status = 'CANCELED') <> (canceled_at IS NOT NULL)""",
    "a canceled order keeps nobody's money waiting": """
        SELECT id, status, payment_status FROM orders
         WHERE status = 'CANCELED' AND payment_status IN ('PENDING', 'AUTHORIZED', 'DUE_AT_PICKUP')""",
    "an order that waits for its payment is not placed, and the other way round": """
        SELECT id, status, payment_status FROM orders
         WHERE (status = 'PENDING_PAYMENT') <> (payment_status = 'PENDING')""",
    "a delivery belongs to the order of its lines": """
        SELECT l.id FROM order_lines AS l JOIN order_deliveries AS d ON d.id = l.delivery_id
         WHERE d.order_id <> l.order_id""",
    "every change of an order is in its history": """
        SELECT o.id, o.version FROM orders AS o
         WHERE o.version > (SELECT count(*) FROM order_history AS h WHERE h.order_id = o.id)""",
    "a payment asks for its order's total and stands where the order says": """
        SELECT p.id, p.amount_minor, o.total_minor, p.status, o.payment_status
          FROM payments AS p LEFT JOIN orders AS o ON o.id = p.order_id
         WHERE o.id IS NULL OR p.amount_minor <> o.total_minor OR p.currency <> o.currency
            OR p.status <> o.payment_status""",
}
