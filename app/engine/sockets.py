"""What a WebSocket may do, and how many there are."""

from collections.abc import Collection
from dataclasses import dataclass, field

from app.engine.outlet import BOUNDS, Bounds, Pressure


@dataclass(frozen=True, slots=True, kw_only=True)
class SocketLimits:
    """What one socket may do. `*` among the origins allows all; who sends no Origin is no browser and always may."""

    allowed_origins: Collection[str] = ("*",)
    init_timeout_s: float = 10.0
    operations: int = 100
    """At once; one more is answered with an `error` of its own."""
    message_bytes: int = 1_000_000
    init_bytes: int = 64 * 1024
    """The same up to `connection_init`, of which the socket keeps what stands for headers."""
    nesting: int = 25
    """Lists and objects inside one another in a message."""
    values: int = 50_000
    """In a message."""
    pings: int = 100
    """Pings and pongs in a burst; more may come by `pings_per_s`."""
    pings_per_s: float = 10.0
    outlet: Bounds = BOUNDS
    close_timeout_s: float = 5.0
    """How long a socket that does not read may keep its last messages waiting."""


@dataclass(slots=True, eq=False)
class SocketCounts:
    """How many there are: read by metrics and by tests."""

    sockets: int = 0
    operations: int = 0
    pressure: Pressure = field(default_factory=Pressure)
