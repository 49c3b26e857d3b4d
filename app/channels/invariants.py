"""What must be true of channels at all times: each query returns the rows that break the rule."""

from typing import Final

INVARIANTS: Final[dict[str, str]] = {
    "a channel speaks a language and offers a way to pay": """
        SELECT id FROM channels WHERE cardinality(languages) = 0 OR cardinality(payment_methods) = 0""",
}
