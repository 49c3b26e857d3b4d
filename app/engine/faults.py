"""What a caller learns of what nobody foresaw: that it happened, and under which id the log tells of it."""

import logging
import secrets
from typing import Final

from graphql import GraphQLError

log = logging.getLogger(__name__)

UNAVAILABLE: Final = "The service cannot answer now. Send the request again, with the same idempotency key."
UNEXPECTED: Final = "Something went wrong on our side. The trace id finds it in the log."


def masked(error: BaseException, where: str, *, is_unavailable: bool) -> GraphQLError:
    """Log the error and give what may be said of it. where: for the log, such as `in a request`.

    is_unavailable: what it needs is away for now; the caller may try again.
    """
    trace_id = secrets.token_hex(8)
    if is_unavailable:
        log.warning("What is needed is not available [%s], met %s: %r", trace_id, where, error)
        facts = {"code": "SERVICE_UNAVAILABLE", "retryable": True, "traceId": trace_id}
        return GraphQLError(UNAVAILABLE, extensions=facts)
    log.error("Unexpected error [%s] %s", trace_id, where, exc_info=error)
    return GraphQLError(UNEXPECTED, extensions={"code": "INTERNAL_SERVER_ERROR", "traceId": trace_id})
