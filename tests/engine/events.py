"""The thinnest application that answers by server-sent events."""

from typing import Any, Final

import orjson

from app.engine.hub import Hub, Metrics
from app.engine.request import Refused, Request
from app.engine.sse import EventStreams, answer_events
from tests.engine.serving import Away, SmallHost, World

COMPLETE: Final = b"event: complete\ndata: \n\n"
BEAT: Final = b":\n\n"


def next_of(value: Any) -> bytes:
    return b"event: next\ndata: " + orjson.dumps(value) + b"\n\n"


class Endpoint:
    """The thinnest ASGI application that answers by events: the document is the body of the request."""

    def __init__(self, world: World, **options: Any) -> None:
        self.host = SmallHost(world)
        self.hub = Hub(self.host.engine)
        self.streams = EventStreams(**options)
        self.raised: list[BaseException] = []

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        body = (await receive())["body"]
        try:
            prepared: Any = self.host.engine.prepare(Request(body.decode()))
        except Refused as refused:
            prepared = refused
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        caller = await self.host.identify(headers)
        try:
            await answer_events(self.host, self.hub, prepared, caller, headers, receive, send, streams=self.streams)
        except Away as error:
            self.raised.append(error)
            await send({"type": "http.response.start", "status": 503, "headers": [(b"content-length", b"0")]})
            await send({"type": "http.response.body"})

    def is_empty(self) -> bool:
        pressure, members = self.streams.pressure, getattr(self.hub, "metrics", Metrics()).members
        is_asking = self.streams.rechecks.listeners or not self.streams.rechecks.is_idle
        return not (is_asking or self.streams.streams or pressure.queued_bytes or pressure.queued_messages or members)
