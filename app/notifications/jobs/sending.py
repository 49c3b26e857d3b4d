"""HTTP requests to addresses that others have chosen."""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from time import monotonic
from typing import Any, Final

import httpcore

from app.notifications.actions.record_attempt import Attempt
from app.notifications.model import ATTEMPT_TIMEOUT, KEPT_ANSWER, MAX_ANSWER_BYTES, WebhookFailure, retry_after

_CONNECT_S: Final = 5.0
# Looking up a name blocks a thread: these are nobody else's.
_LOOKUPS: Final = 32
_CONNECTIONS: Final = 400
_IDLE_CONNECTIONS: Final = 100
_IDLE_S: Final = 20.0
# What of IPv6 is given to anybody outside.
_UNICAST: Final = ipaddress.ip_network("2000::/3")
_NAT64: Final = ipaddress.ip_network("64:ff9b::/96")

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class ForbiddenAddress(Exception):
    """A name leads to no address of the open internet."""


def is_public(address: Address) -> bool:
    """Whether an address belongs to the open internet: no private, local, link-local, shared or metadata address."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(inner)
        if inner is None and (address not in _UNICAST or address.teredo is not None):
            return False
    return address.is_global and not address.is_multicast


class GuardedNetwork(httpcore.AsyncNetworkBackend):
    """Connects to public addresses only: to the very address that was looked at, not to the name a second time."""

    def __init__(self, *, is_anywhere: bool) -> None:
        self._is_anywhere = is_anywhere
        self._network: Any = httpcore.AnyIOBackend()
        self._threads = ThreadPoolExecutor(_LOOKUPS, thread_name_prefix="webhook-names")

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  # httpcore's interface
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Raises ForbiddenAddress, or what the network raises."""
        address = await self._address(host, port)
        return await self._network.connect_tcp(
            str(address), port, timeout=timeout, local_address=local_address, socket_options=socket_options
        )

    async def connect_unix_socket(self, *_: Any, **__: Any) -> httpcore.AsyncNetworkStream:
        """Never."""
        raise ForbiddenAddress

    async def sleep(self, seconds: float) -> None:
        """As it says."""
        await self._network.sleep(seconds)

    async def _address(self, host: str, port: int) -> Address:
        loop = asyncio.get_running_loop()
        try:
            found = await loop.run_in_executor(self._threads, _look_up, host, port)
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from None
        for address in found:
            if self._is_anywhere or is_public(address):
                return address
        raise ForbiddenAddress

    def close(self) -> None:
        """Leave threads that still look something up to themselves."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _look_up(host: str, port: int) -> list[Address]:
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found))


class Sender:
    """Sends bodies by POST. Follows no redirects, knows no proxies and no cookies, reads little of an answer."""

    def __init__(
        self,
        *,
        is_anywhere: bool,
        clock: Callable[[], datetime],
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._network = GuardedNetwork(is_anywhere=is_anywhere)
        self._clock = clock
        # One for each name: a connection to another name at the same address has proved nothing for this one.
        self._pool = httpcore.AsyncConnectionPool(
            ssl_context=ssl_context,
            max_connections=_CONNECTIONS,
            max_keepalive_connections=_IDLE_CONNECTIONS,
            keepalive_expiry=_IDLE_S,
            network_backend=self._network,
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._pool.aclose()
        self._network.close()

    async def send(self, url: str, headers: Mapping[str, str], body: bytes) -> Attempt:
        """What became of one attempt; raises nothing that the receiver could cause."""
        began_at, began = self._clock(), monotonic()
        status_code: int | None = None
        failure, answer, asked = WebhookFailure.CONNECTION, "", None
        try:
            async with asyncio.timeout(ATTEMPT_TIMEOUT.total_seconds()):
                status_code, asked, answer = await self._post(url, headers, body)
        except (TimeoutError, httpcore.TimeoutException):
            failure = WebhookFailure.TIMEOUT
        except ForbiddenAddress:
            failure = WebhookFailure.ADDRESS
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError, ValueError) as error:
            answer = str(error)
        return Attempt(
            began_at=began_at,
            duration_ms=round((monotonic() - began) * 1000),
            failure=failure if status_code is None else _failure_of(status_code),
            status_code=status_code,
            answer=answer.replace("\x00", "")[:KEPT_ANSWER],
            retry_after=retry_after(asked, now=began_at),
        )

    async def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, str | None, str]:
        timeouts = {"connect": _CONNECT_S, "pool": ATTEMPT_TIMEOUT.total_seconds()}
        async with self._pool.stream(
            "POST", url, headers=list(headers.items()), content=body, extensions={"timeout": timeouts}
        ) as response:
            read = bytearray()
            # What the receiver says decides nothing: its status does, also where the rest never comes.
            try:
                async with asyncio.timeout(_CONNECT_S):
                    async for chunk in response.aiter_stream():
                        read += chunk
                        if len(read) >= MAX_ANSWER_BYTES:
                            break
            except (TimeoutError, httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException):
                pass
            asked = dict(response.headers).get(b"retry-after") or dict(response.headers).get(b"Retry-After")
            return response.status, asked.decode("latin-1") if asked else None, read.decode(errors="replace")


def _failure_of(status_code: int) -> WebhookFailure | None:
    if 200 <= status_code < 300:  # noqa: PLR2004  # the classes of HTTP's statuses
        return None
    return WebhookFailure.REDIRECT if 300 <= status_code < 400 else WebhookFailure.ANSWER  # noqa: PLR2004
