"""The Starlette application: GraphQL over HTTP and WebSocket, the page at `/`, health."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Final

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route, WebSocketRoute

from app.api.endpoint import Surroundings, make_endpoint, problem
from app.api.extensions import Schema
from app.api.page import PAGE
from app.api.pictures import picture
from app.api.websocket import SocketEndpoint
from app.kit.clock import utc_now
from app.kit.config import Config
from app.kit.db import Database
from app.kit.feed import Feed
from app.kit.statement import Statement

_ONE: Final = Statement("SELECT 1")
_READY_WITHIN_S: Final = 2.0


def create_app(
    *,
    served: Schema,
    db: Database,
    config: Config,
    feed: Feed | None = None,
    allowed_origins: Sequence[str] = ("*",),
    max_body_bytes: int = 1_000_000,
    clock: Callable[[], datetime] = utc_now,
) -> Starlette:
    """The ASGI application over an open database and a started feed."""
    surroundings = Surroundings(served, db, config, feed, clock, max_body_bytes)
    headers = ["Authorization", "Content-Type", "Accept-Language", "X-Api-Key", "Hikiate-Channel"]
    app = Starlette(
        routes=[
            Route("/graphql", make_endpoint(surroundings), methods=["GET", "POST"]),
            WebSocketRoute("/graphql", SocketEndpoint(surroundings, list(allowed_origins))),
            Route("/", _front_page(config), methods=["GET"]),
            Route("/media/{name}.svg", picture, methods=["GET"]),
            Route("/healthz", _healthz, methods=["GET"]),
            Route("/readyz", _readyz(db), methods=["GET"]),
        ],
        middleware=[
            Middleware(
                CORSMiddleware,
                allow_origins=list(allowed_origins),
                allow_methods=["GET", "POST"],
                allow_headers=headers,
            )
        ],
        exception_handlers={404: _nothing_here, 405: _other_method, 500: _broken},
    )
    app.state.surroundings = surroundings
    return app


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
    return problem("Only GET and POST are understood.", 405, "METHOD_NOT_ALLOWED", headers={"Allow": "GET, POST"})


async def _broken(_request: Request, _error: Exception) -> Response:
    return problem("Something went wrong on our side.", 500, "INTERNAL_SERVER_ERROR")
