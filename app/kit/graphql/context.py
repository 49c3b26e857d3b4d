"""What one GraphQL operation knows: its caller, language, channel, instant and the way to the database."""

from datetime import datetime
from typing import Any, TypeAlias

import strawberry
from aiodataloader import DataLoader

from app.engine.relations import Batch, make_loader
from app.kit.config import Config
from app.kit.db import Database, Row
from app.kit.permissions import Actor
from app.kit.statement import Statement


class Context:
    """One per operation; for subscriptions one per event, so that no loader serves stale rows."""

    def __init__(  # plain data, all by keyword
        self,
        *,
        db: Database,
        config: Config,
        actor: Actor,
        now: datetime,
        language: str,
        channel: str,
        feed: Any = None,
    ) -> None:
        self.db = db
        self.config = config
        self.actor = actor
        self.now = now
        self.language = language
        self.channel = channel
        self.feed = feed
        self._loaders: dict[tuple[int, tuple[tuple[str, Any], ...]], DataLoader[Any, Any]] = {}

    def renew(self, now: datetime) -> None:
        """Begin the next event of a subscription: nothing that was loaded for the last one is used again."""
        self.now = now
        self._loaders.clear()

    async def fetch(self, statement: Statement, **values: Any) -> list[Row]:
        """All rows, read after whatever this operation has committed."""
        async with self.db.read() as tx:
            return await tx.fetch(statement, **values)

    async def fetchrow(self, statement: Statement, **values: Any) -> Row | None:
        """The first row, or None."""
        async with self.db.read() as tx:
            return await tx.fetchrow(statement, **values)

    def loader(self, batch: Batch, arguments: tuple[tuple[str, Any], ...]) -> DataLoader[Any, Any]:
        """The loader of this operation for one relation with one set of arguments."""
        key = (id(batch), arguments)
        found = self._loaders.get(key)
        if found is None:
            found = self._loaders[key] = make_loader(self, batch, arguments)
        return found


Info: TypeAlias = strawberry.Info[Context, None]
