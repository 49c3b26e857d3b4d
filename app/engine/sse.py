"""GraphQL over server-sent events: the protocol of `graphql-sse`, one connection per operation."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final

import orjson
from graphql import GraphQLError, OperationType

from app.engine.faults import masked
from app.engine.host import Host, Unauthenticated
from app.engine.hub import Answer, Hub, Subscribed
from app.engine.outlet import BOUNDS, Bounds, Message, Outlet, Pressure, Send
from app.engine.prepared import Prepared
from app.engine.rechecks import Rechecks
from app.engine.request import Refused

log = logging.getLogger(__name__)

Receive = Callable[[], Awaitable[Message]]

MEDIA_TYPE: Final = "text/event-stream"
_HEADERS: Final = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    # No proxy may keep it, compress it or wait for its end.
    (b"cache-control", b"no-cache, no-transform"),
    (b"x-accel-buffering", b"no"),
)
_START: Final[Message] = {"type": "http.response.start", "status": 200, "headers": _HEADERS}
_HEARTBEAT: Final = b":\n\n"
# Browsers hear of an event only if it has data, be it empty.
_COMPLETE: Final = b"event: complete\ndata: \n\n"
_UNREAD: Final = b": too many events were left unread, subscribe again\n\n"
# Under which a shared answer keeps its message; also the key under which heartbeats that nobody reads are one.
_FRAME: Final = MEDIA_TYPE


class EventStreams:
    """The open event streams of a process, and how they are kept.

    heartbeat_s: after so long at the latest something is sent, so that no proxy takes the connection for a dead one.
    flush_s: how long a client that does not read is waited for at the end. most: at once; one more is refused.
    rechecks: who asks them again for their keys.
    """

    def __init__(
        self,
        *,
        heartbeat_s: float = 12.0,
        flush_s: float = 60.0,
        bounds: Bounds = BOUNDS,
        most: int = 5_000,
        rechecks: Rechecks | None = None,
    ) -> None:
        self.heartbeat_s = heartbeat_s
        self.flush_s = flush_s
        self.bounds = bounds
        self.most = most
        self.rechecks = rechecks or Rechecks()
        self.pressure = Pressure()
        self.streams: set[EventStream] = set()

    def close(self) -> None:
        """End all of them without `complete`: clients come back, to another process."""
        for stream in list(self.streams):
            stream.leave()


class EventStream:
    """One response. To the hub it is a subscriber."""

    __slots__ = ("_beat", "_begun_by", "_has_begun", "_outlet", "_streams", "_subscribed", "over")

    def __init__(self, streams: EventStreams, send: Send) -> None:
        self._streams = streams
        self._outlet = Outlet(send, self._overflow, pressure=streams.pressure, bounds=streams.bounds)
        self.over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._beat: asyncio.TimerHandle | None = None
        self._subscribed: Subscribed | None = None
        self._begun_by: tuple[Host, Any, Mapping[str, str]] | None = None
        self._has_begun = False

    def next(self, answer: Answer) -> None:
        """Send an answer; its frame is made once for all who get it."""
        self.begin()
        self._outlet.put(answer.framed(_FRAME, _next_of), len(answer.payload), key=answer.key)

    def complete(self) -> None:
        """Nothing more will come."""
        self._end(_COMPLETE)

    def error(self, errors: Iterable[GraphQLError]) -> None:
        """It could not run, or broke off: the protocol has no other word for it than an answer without data."""
        self.next(Answer(orjson.dumps({"errors": [error.formatted for error in errors]})))
        self.complete()

    async def room(self) -> None:
        """Wait until nothing waits to be sent."""
        await self._outlet.room()

    def leave(self) -> None:
        """Break off, so that the client subscribes anew."""
        self._end(b"")

    def begin(self) -> None:
        """Send the head, once, and something after it: some browsers hear of neither before there is a body."""
        if self._has_begun:
            return
        self._has_begun = True
        self._outlet.put(_START, 0)
        self._send_heartbeat()

    async def run(
        self, host: Host, hub: Hub, prepared: Prepared | Refused, caller: Any, headers: Mapping[str, str]
    ) -> None:
        """Answer, or begin to answer what the hub goes on with.

        Raises what kept a subscription from beginning; nothing was sent then.
        """
        if isinstance(prepared, Refused):
            self.error(prepared.errors)
            return
        if prepared.operation.type is not OperationType.SUBSCRIPTION:
            await self._execute(host, prepared, host.context(caller, headers))
            return
        try:
            self._subscribed = await hub.subscribe(
                prepared, lambda: host.context(caller, headers), host.share_key(caller, headers), self
            )
        except Refused as refused:
            self.error(refused.errors)
        else:
            self.begin()
            self._begun_by = (host, caller, headers)
            self._streams.rechecks.add(self)

    async def recheck(self) -> None:
        """End when the key is none any more; break off when it became another, so that the client subscribes anew."""
        if self._begun_by is None or self.over.done():
            return
        host, caller, headers = self._begun_by
        try:
            found = await host.identify(headers)
        except Unauthenticated as error:
            self.error([GraphQLError(str(error), extensions={"code": "UNAUTHENTICATED"})])
        else:
            if found != caller:
                self.leave()

    async def _execute(self, host: Host, prepared: Prepared, context: Any) -> None:
        self.begin()
        try:
            result = await host.engine.execute(prepared, context)
        except Exception as error:
            where = "in an operation over server-sent events"
            self.error([masked(error, where, is_unavailable=host.is_unavailable(error))])
        else:
            self.next(Answer(result.encode()))
            self.complete()

    async def flush(self) -> None:
        """Wait until what was said is sent."""
        await self._outlet.close(within_s=self._streams.flush_s)

    async def close(self) -> None:
        """Nothing of it is left then."""
        self._streams.streams.discard(self)
        self._streams.rechecks.remove(self)
        if self._beat is not None:
            self._beat.cancel()
        if self._subscribed is not None:
            self._subscribed.close()
        await self._outlet.close(within_s=0)

    def _send_heartbeat(self) -> None:
        self._outlet.put(_body(_HEARTBEAT), len(_HEARTBEAT), key=_FRAME)
        self._beat = asyncio.get_running_loop().call_later(self._streams.heartbeat_s, self._send_heartbeat)

    def _overflow(self) -> None:
        self._end(_UNREAD)

    def _end(self, last: bytes) -> None:
        if self.over.done():
            return
        self.begin()
        self.over.set_result(None)
        self._outlet.end({"type": "http.response.body", "body": last, "more_body": False})


async def answer_events(  # noqa: PLR0917  # the application's four, the server's two
    host: Host,
    hub: Hub,
    prepared: Prepared | Refused,
    caller: Any,
    headers: Mapping[str, str],
    receive: Receive,
    send: Send,
    *,
    streams: EventStreams,
) -> None:
    """The whole response to a request whose body was read: 200 and a stream, until the client leaves or all is said.

    prepared: what the request asks for, or why it cannot run: the protocol wants that told in the stream too. A query
    or a mutation is answered by one `next` and `complete`; a mutation is run to its end also when the client leaves.
    Raises what kept a subscription from beginning, such as a database that is away; nothing was sent then.
    """
    stream = EventStream(streams, send)
    if len(streams.streams) >= streams.most:
        prepared = Refused([too_many_streams(streams.most)])
    streams.streams.add(stream)
    loop = asyncio.get_running_loop()
    gone = loop.create_task(_until_gone(receive))
    running = loop.create_task(stream.run(host, hub, prepared, caller, headers))
    try:
        await asyncio.wait({gone, running}, return_when=asyncio.FIRST_COMPLETED)
        if running.done():
            running.result()
            await asyncio.wait({gone, stream.over}, return_when=asyncio.FIRST_COMPLETED)
            if stream.over.done():
                await stream.flush()
        elif isinstance(prepared, Prepared) and prepared.operation.type is OperationType.MUTATION:
            await asyncio.wait({running})
    finally:
        gone.cancel()
        running.cancel()
        await asyncio.gather(gone, running, return_exceptions=True)
        await stream.close()


def too_many_streams(most: int) -> GraphQLError:
    """One stream of events too many at once."""
    message = f"There are {most} streams of events already. Ask again in a moment."
    return GraphQLError(message, extensions={"code": "SERVER_BUSY", "retryable": True, "most": most})


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _next_of(payload: bytes) -> Message:
    return _body(b"event: next\ndata: " + payload + b"\n\n")


def _body(content: bytes) -> Message:
    return {"type": "http.response.body", "body": content, "more_body": True}
