"""Endpoints: their addresses, their states, and when a delivery is tried again. Pure."""

import random
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Final
from urllib.parse import urlsplit

from app.kit.machine import Machine
from app.notifications.errors import InvalidEndpoint

MAX_URL: Final = 2_000
MAX_DESCRIPTION: Final = 200
# Endpoints of one partner, or of the shop.
MAX_ENDPOINTS: Final = 20
# Deliveries that one process has on their way to one endpoint at the same time.
AT_ONCE: Final = 4
# How long an attempt may take, and after how long a process that did not end it is taken for dead.
ATTEMPT_TIMEOUT: Final = timedelta(seconds=15)
LEASE: Final = timedelta(seconds=45)
# What is read of an answer, and what is kept of it.
MAX_ANSWER_BYTES: Final = 4_096
KEPT_ANSWER: Final = 500
MAX_BODY_BYTES: Final = 20_000
# The attempts of a delivery that are remembered, the newest ones.
KEPT_ATTEMPTS: Final = 20

# After each failed attempt; after the last one the delivery is dead.
DELAYS: Final = tuple(
    timedelta(seconds=seconds) for seconds in (5, 30, 120, 600, 3_600, 6 * 3_600, 24 * 3_600, 24 * 3_600)
)
JITTER: Final = 0.2
LONGEST_RETRY_AFTER: Final = timedelta(days=1)
# So many failures in a row, and the endpoint is left alone for a while, whatever waits for it.
RESTS_FROM: Final = 5
FIRST_REST: Final = timedelta(seconds=30)
LONGEST_REST: Final = timedelta(minutes=10)
# An endpoint that has failed for so long, without a success, is sent nothing any more.
SUSPENDED_AFTER: Final = timedelta(days=5)


class WebhookEndpointStatus(StrEnum):
    """Whether an endpoint is sent anything."""

    ACTIVE = "ACTIVE"
    PAUSED = "PAUSED"
    SUSPENDED = "SUSPENDED"
    GONE = "GONE"


class EndpointStep(StrEnum):
    """What changes that."""

    PAUSE = "PAUSE"
    SUSPEND = "SUSPEND"
    GIVE_UP = "GIVE_UP"
    RESUME = "RESUME"


ENDPOINTS: Final = Machine(
    "webhook endpoint",
    (WebhookEndpointStatus.ACTIVE,),
    {
        EndpointStep.PAUSE: {WebhookEndpointStatus.ACTIVE: (WebhookEndpointStatus.PAUSED,)},
        EndpointStep.SUSPEND: {WebhookEndpointStatus.ACTIVE: (WebhookEndpointStatus.SUSPENDED,)},
        EndpointStep.GIVE_UP: {WebhookEndpointStatus.ACTIVE: (WebhookEndpointStatus.GONE,)},
        EndpointStep.RESUME: {
            WebhookEndpointStatus.PAUSED: (WebhookEndpointStatus.ACTIVE,),
            WebhookEndpointStatus.SUSPENDED: (WebhookEndpointStatus.ACTIVE,),
            WebhookEndpointStatus.GONE: (WebhookEndpointStatus.ACTIVE,),
        },
    },
)


class WebhookDeliveryStatus(StrEnum):
    """How far a delivery has come."""

    WAITING = "WAITING"
    DELIVERED = "DELIVERED"
    DEAD = "DEAD"


class WebhookFailure(StrEnum):
    """Why an attempt did not succeed."""

    ANSWER = "ANSWER"
    REDIRECT = "REDIRECT"
    TIMEOUT = "TIMEOUT"
    CONNECTION = "CONNECTION"
    ADDRESS = "ADDRESS"
    SECRET = "SECRET"  # noqa: S105  # a reason


def check_url(url: str, *, is_anywhere: bool) -> None:
    """Raise InvalidEndpoint unless deliveries may be sent there.

    is_anywhere: also without TLS. Where the name leads is looked at when a connection is made, each time.
    """
    trouble = ""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        trouble = "This is no URL."
    else:
        schemes = ("https", "http") if is_anywhere else ("https",)
        if len(url) > MAX_URL or not url.isascii() or not url.isprintable() or " " in url:
            trouble = f"A URL has up to {MAX_URL} ASCII characters and no blanks."
        elif parts.scheme not in schemes or not host or port == 0:
            trouble = "Deliveries are sent to https://host/path."
        elif parts.username is not None or parts.password is not None or parts.fragment:
            trouble = "A URL with a user, a password or a fragment is not called: the signature says who we are."
    if trouble:
        raise InvalidEndpoint(trouble, argument="url")


def delay_after(attempts: int) -> timedelta | None:
    """How long to wait after the failed attempt with this number, from 1, with some chance; None: no more."""
    if attempts > len(DELAYS):
        return None
    return DELAYS[attempts - 1] * random.uniform(1, 1 + JITTER)  # noqa: S311  # jitter, no secret


def rest_after(failures: int) -> timedelta | None:
    """How long an endpoint is left alone after so many failures in a row; several are under way at once."""
    if failures < RESTS_FROM:
        return None
    rounds = (failures - RESTS_FROM) // AT_ONCE
    return min(FIRST_REST * 2 ** min(rounds, 10), LONGEST_REST)


def retry_after(header: str | None, *, now: datetime) -> timedelta:
    """What `Retry-After` asks for: seconds or a date; nothing for what is neither, and a day at most."""
    text = (header or "").strip()
    if text.isascii() and text.isdigit():
        seconds = min(int(text[:9]), LONGEST_RETRY_AFTER.days * 86_400)
        return timedelta(seconds=seconds)
    try:
        wanted = parsedate_to_datetime(text) - now
    except (TypeError, ValueError):
        return timedelta()
    return max(timedelta(), min(wanted, LONGEST_RETRY_AFTER))
