"""The ASGI application: GraphQL goes straight to the engine, the page at `/` and health go through Starlette."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, Final

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from app.api.auth import connection_headers
from app.api.endpoint import REQUEST_HEADERS, Surroundings, problem
from app.api.executable import Schema
from app.api.exports import stock_exports
from app.api.masking import public_error
from app.api.metrics import Watched, metrics_page
from app.api.page import PAGE
from app.api.pictures import picture
from app.api.traffic import Traffic
from app.engine.documents import DocumentStore
from app.engine.engine import Engine
from app.engine.http import HttpEndpoint
from app.engine.hub import Hub
from app.engine.limits import Limits
from app.engine.rechecks import Rechecks
from app.engine.sockets import SocketLimits
from app.engine.sse import EventStreams, answer_events
from app.engine.websocket import SocketEndpoint
from app.kit.clock import utc_now
from app.kit.config import Config
from app.kit.db import Database
from app.kit.feed import Feed
from app.kit.statement import Statement

log = logging.getLogger(__name__)

_ONE: Final = Statement("SELECT 1")
_READY_WITHIN_S: Final = 2.0


class Application(Starlette):
    """Starlette for everything but `/graphql`, which no router and no middleware stands before."""

    graphql_http: Callable[[Any, Any, Any], Awaitable[None]]
    graphql_websocket: Callable[[Any, Any, Any], Awaitable[None]]
    event_streams: EventStreams
    has_explorer: bool
    traffic: Traffic

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request, connection or lifespan."""
        if scope["type"] == "lifespan" or scope["path"] != "/graphql":
            await super().__call__(scope, receive, send)
        elif scope["type"] == "http":
            if self.has_explorer and _is_visit(scope):
                await RedirectResponse("/", 303)(scope, receive, send)
            else:
                await self.graphql_http(scope, receive, self.traffic.watched(send))
        else:
            await self.graphql_websocket(scope, receive, send)

    def end_streams(self) -> None:
        """End all event streams, so that their clients connect again elsewhere."""
        self.event_streams.close()


def _is_visit(scope: Scope) -> bool:
    """Whether somebody has typed the address of the API into a browser."""
    if scope["method"] != "GET" or scope["query_string"]:
        return False
    return any(name == b"accept" and b"text/html" in value for name, value in scope["headers"])


def create_app(  # noqa: PLR0913  # settings, all by keyword
    *,
    served: Schema,
    db: Database,
    config: Config,
    feed: Feed | None = None,
    allowed_origins: Sequence[str] = ("*",),
    limits: Limits | None = None,
    max_body_bytes: int | None = None,
    trusted_documents: Sequence[tuple[str, str]] = (),
    only_trusted_documents: bool = False,
    sockets: SocketLimits | None = None,
    heartbeat_s: float = 12.0,
    recheck_s: float = 30.0,
    metrics_token: str | None = None,
    clock: Callable[[], datetime] = utc_now,
) -> Application:
    """The ASGI application over an open database and a started feed.

    trusted_documents: ids and texts that are known beforehand; only_trusted_documents: nothing else is run.
    heartbeat_s: after so long at the latest a stream of events says something. recheck_s: after such a
    pause those who listen are asked again for their keys. metrics_token: see `metrics_page`.
    """
    limits = limits or Limits()
    if max_body_bytes is not None:
        limits = replace(limits, body_bytes=max_body_bytes)
    traffic = Traffic()
    engine = _engine(served, limits, config, traffic, trusted=trusted_documents, only_trusted=only_trusted_documents)
    surroundings = Surroundings(engine, served, db, config, feed, clock)
    app = Application(
        routes=_routes(config, db, clock),
        middleware=[Middleware(CORSMiddleware, allow_origins=list(allowed_origins), allow_methods=["GET"])],
        exception_handlers={404: _nothing_here, 405: _other_method, 500: _broken},
    )
    hub, rechecks = Hub(engine), Rechecks(every_s=recheck_s)
    app.has_explorer, app.traffic = not config.production, traffic
    app.event_streams = EventStreams(heartbeat_s=heartbeat_s, rechecks=rechecks)
    app.graphql_http = HttpEndpoint(
        surroundings,
        limits=limits,
        allowed_origins=allowed_origins,
        allowed_headers=REQUEST_HEADERS,
        events=partial(answer_events, surroundings, hub, streams=app.event_streams),
    )
    sockets_endpoint = app.graphql_websocket = SocketEndpoint(
        surroundings,
        hub,
        headers_of=connection_headers,
        limits=_as_over_http(sockets or SocketLimits(), limits, allowed_origins),
        rechecks=rechecks,
    )
    app.state.surroundings = surroundings
    watched = Watched(db, engine, hub.metrics, app.event_streams.pressure, sockets_endpoint.counts.pressure, traffic)
    app.add_route("/metrics", metrics_page(watched, metrics_token, clock), methods=["GET"])
    return app


def _as_over_http(sockets: SocketLimits, limits: Limits, allowed_origins: Sequence[str]) -> SocketLimits:
    return replace(
        sockets,
        allowed_origins=allowed_origins,
        message_bytes=limits.body_bytes,
        nesting=limits.nesting + 1,  # what a body is over HTTP stands inside a message here
        values=limits.json_values,
    )


def _engine(
    served: Schema,
    limits: Limits,
    config: Config,
    traffic: Traffic,
    *,
    trusted: Sequence[tuple[str, str]],
    only_trusted: bool,
) -> Engine:
    store = DocumentStore(
        served._schema,  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
        limits=limits,
        introspection=not config.production,
        trusted=trusted,
        only_trusted=only_trusted,
    )
    for document in store.trusted:
        for error in document.errors:
            log.error("The trusted document %.60r cannot run: %s", document.text, error.message)
    return Engine(served, store=store, publish=traffic.counted(public_error), timeout_s=limits.timeout_s)


def _routes(config: Config, db: Database, clock: Callable[[], datetime]) -> list[Route]:
    return [
        Route("/", _front_page(config), methods=["GET"]),
        Route("/media/{name}.svg", picture, methods=["GET"]),
        Route("/exports/stock", stock_exports(db, clock), methods=["GET"]),
        Route("/healthz", _healthz, methods=["GET"]),
        Route("/readyz", _readyz(db), methods=["GET"]),
    ]


def _front_page(config: Config) -> Callable[[Request], Any]:
    async def page(_request: Request) -> Response:
        if config.production:
            return JSONResponse({"name": "Hikiate", "graphql": "/graphql"})
        return HTMLResponse(PAGE)

    return page


async def _healthz(_request: Request) -> Response:
    """The process lives."""
    return JSONResponse({"status": "ok"})


def _readyz(db: Database) -> Callable[[Request], Any]:
    async def readyz(_request: Request) -> Response:
        try:
            async with asyncio.timeout(_READY_WITHIN_S), db.read() as tx:
                await tx.fetchval(_ONE)
        except Exception as error:  # noqa: BLE001  # whatever it is, the process cannot answer
            return JSONResponse({"status": "unavailable", "reason": type(error).__name__}, 503)
        return JSONResponse({"status": "ready"})

    return readyz


async def _nothing_here(_request: Request, _error: Exception) -> Response:
    return problem("There is nothing here. GraphQL is at /graphql.", 404, "NOT_FOUND")


async def _other_method(_request: Request, _error: Exception) -> Response:
    return problem("Only GET is understood here.", 405, "METHOD_NOT_ALLOWED", headers={"Allow": "GET"})


async def _broken(_request: Request, _error: Exception) -> Response:
    return problem("Something went wrong on our side.", 500, "INTERNAL_SERVER_ERROR")
