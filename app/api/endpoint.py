"""The application, as GraphQL's transports see it."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from starlette.responses import Response

from app.api.auth import InvalidKey, identify
from app.api.executable import Schema
from app.api.language import preferred_language
from app.engine.engine import Engine
from app.engine.host import Unauthenticated
from app.kit.config import Config
from app.kit.db import Database, may_be_sent_again
from app.kit.feed import Feed
from app.kit.graphql.context import Context
from app.kit.permissions import Actor

# What a page of another origin may send besides what every page may.
REQUEST_HEADERS: Final = ("Authorization", "X-Api-Key", "Hikiate-Channel")


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What all requests of a process share. An app.engine.host.Host."""

    engine: Engine
    schema: Schema
    db: Database
    config: Config
    feed: Feed | None
    clock: Callable[[], datetime]

    async def identify(self, headers: Mapping[str, str]) -> Actor:
        """The caller; a shopper when no key was sent. Raises Unauthenticated."""
        try:
            return await identify(self.db, headers, now=self.clock())
        except InvalidKey as error:
            raise Unauthenticated(str(error)) from error

    def context(self, caller: Actor, headers: Mapping[str, Any]) -> Context:
        """The context of one operation. headers: names in lower case."""
        return Context(
            db=self.db,
            config=self.config,
            actor=caller,
            now=self.clock(),
            language=self._language(headers),
            channel=self._channel(headers),
            feed=self.feed,
        )

    def share_key(self, caller: Actor, headers: Mapping[str, Any]) -> Hashable:
        """All that answers depend on: who calls, in which language, in which channel."""
        return caller, self._language(headers), self._channel(headers)

    def is_unavailable(self, error: BaseException) -> bool:
        """Whether the database is away, or too busy for this very request."""
        return may_be_sent_again(error)

    def _language(self, headers: Mapping[str, Any]) -> str:
        return preferred_language(headers.get("accept-language"), self.config.default_language)

    def _channel(self, headers: Mapping[str, Any]) -> str:
        return str(headers.get("hikiate-channel") or self.config.default_channel)


def problem(
    message: str, status: int, code: str, *, headers: Mapping[str, str] | None = None, **extensions: Any
) -> Response:
    """An answer without data, in the shape of any other."""
    body = {"errors": [{"message": message, "extensions": {"code": code, **extensions}}]}
    return Response(orjson.dumps(body), status, headers, media_type="application/json")
