"""Each query must return no row: after every test, and in production when somebody checks."""

from typing import Final

INVARIANTS: Final[dict[str, str]] = {
    "an order has at most one payment that can still take or keep money": """
        SELECT order_id, count(*) FROM payments WHERE status NOT IN ('VOIDED', 'FAILED', 'REFUNDED')
         GROUP BY order_id HAVING count(*) > 1""",
    "an authorized card payment has the provider's reference": """
        SELECT id, status FROM payments
         WHERE method = 'CARD' AND status IN ('AUTHORIZED', 'CAPTURED', 'REFUNDED')
           AND provider_reference IS NULL""",
    "a failed payment says why, and only a failed one": """
        SELECT id, status, failure FROM payments WHERE (status = 'FAILED') <> (failure IS NOT NULL)""",
    "a token is kept only while it is needed": """
        SELECT id, status FROM payments WHERE token IS NOT NULL AND status <> 'PENDING'""",
    "money that is not taken yet, or given up, is not counted as taken": """
        SELECT id, status, captured_minor FROM payments
         WHERE status IN ('PENDING', 'AUTHORIZED', 'VOIDED', 'FAILED') AND captured_minor <> 0""",
    "another system has taken all of its payments": """
        SELECT id, captured_minor FROM payments
         WHERE method = 'EXTERNAL' AND status = 'CAPTURED' AND captured_minor <> amount_minor""",
    "what is given back is the sum of its refunds": """
        SELECT p.id, p.refunded_minor, coalesce(sum(r.amount_minor), 0) AS refunds
          FROM payments p LEFT JOIN refunds r ON r.payment_id = p.id AND r.status <> 'FAILED'
         GROUP BY p.id HAVING p.refunded_minor <> coalesce(sum(r.amount_minor), 0)""",
    "a payment is refunded when all that was taken is given back": """
        SELECT p.id, p.status FROM payments p
         WHERE EXISTS (SELECT FROM refunds WHERE payment_id = p.id)
           AND (p.status = 'REFUNDED') <> (p.refunded_minor = p.captured_minor AND NOT EXISTS (
               SELECT FROM refunds WHERE payment_id = p.id AND status = 'PENDING'))""",
    "only a provider is waited for": """
        SELECT r.id FROM refunds r JOIN payments p ON p.id = r.payment_id
         WHERE r.status = 'PENDING' AND p.method <> 'CARD'""",
    "only cards wait for a provider": """
        SELECT id, method FROM payments WHERE status = 'PENDING' AND (method <> 'CARD' OR token IS NULL)""",
}
