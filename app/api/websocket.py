"""GraphQL over WebSocket (graphql-transport-ws): strawberry speaks the protocol, we say who calls."""

import logging
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import orjson
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.exceptions import ConnectionRejectionError
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler
from strawberry.types.unset import UNSET, UnsetType

from app.api.auth import InvalidKey, connection_headers, identify
from app.api.endpoint import Surroundings
from app.kit.graphql.context import Context
from app.kit.permissions import SHOPPER

log = logging.getLogger(__name__)

FORBIDDEN = 4403
TRY_AGAIN = 1013


class Connection:
    """One WebSocket, in the place of a context. strawberry puts what `connection_init` brought into it."""

    def __init__(self, surroundings: Surroundings, headers: Mapping[str, Any]) -> None:
        self._surroundings = surroundings
        self._headers = dict(headers)
        self._actor = SHOPPER
        self.connection_params: dict[str, Any] | None = None

    async def identify(self) -> None:
        """Find out who calls. Asked before each operation, since a key may be revoked. Raises InvalidKey."""
        self._headers |= connection_headers(self.connection_params)
        now = self._surroundings.clock()
        self._actor = await identify(self._surroundings.db, self._headers, now=now)

    def __call__(self) -> Context:
        """A context for one operation."""
        return self._surroundings.context(self._actor, self._headers)


class _Handler(BaseGraphQLTransportWSHandler[Connection, None]):
    async def run_operation(self, operation: Any) -> None:
        try:
            await self.context.identify()
        except InvalidKey:
            await self.websocket.close(FORBIDDEN, "Forbidden")
        except Exception:
            log.warning("A WebSocket operation could not be started", exc_info=True)
            await self.websocket.close(TRY_AGAIN, "Try again later")
        else:
            await super().run_operation(operation)


class SocketEndpoint(GraphQL[Connection, None]):
    """The WebSocket half of `/graphql`."""

    graphql_transport_ws_handler_class = _Handler

    def __init__(self, surroundings: Surroundings, allowed_origins: list[str]) -> None:
        super().__init__(
            surroundings.schema,
            graphql_ide=None,
            subscription_protocols=(GRAPHQL_TRANSPORT_WS_PROTOCOL,),
            connection_init_wait_timeout=timedelta(seconds=15),
            max_subscriptions_per_connection=100,
            allowed_origins=allowed_origins,
        )
        self._surroundings = surroundings

    async def get_context(self, request: Any, response: Any) -> Connection:
        """The connection stands for the context until an operation starts."""
        del response
        headers: WebSocket = request
        return Connection(self._surroundings, dict(headers.headers))

    async def on_ws_connect(self, context: Connection) -> UnsetType:
        """Refuse the connection when it brings a key that is none."""
        try:
            await context.identify()
        except InvalidKey as error:
            raise ConnectionRejectionError from error
        return UNSET

    def decode_json(self, data: str | bytes) -> Any:
        """As over HTTP: halves of surrogate pairs, which no database keeps, are no JSON."""
        return orjson.loads(data)

    def encode_json(self, data: object) -> str:
        """Text frames, as the protocol wants."""
        return orjson.dumps(data).decode()
