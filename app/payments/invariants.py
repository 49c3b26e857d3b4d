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
    "only cards wait for a provider": """
        SELECT id, method FROM payments WHERE status = 'PENDING' AND (method <> 'CARD' OR token IS NULL)""",
}
