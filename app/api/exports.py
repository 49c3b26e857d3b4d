"""`GET /exports/stock?format=csv|ndjson|parquet`: all stock of one instant, streamed to operators with a key."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import datetime
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from app.api.auth import InvalidKey, identify
from app.api.endpoint import problem
from app.integrations.actions.export_stock import FORMATS, StockExport, export_stock
from app.inventory.sql.stock import locations_of_partner
from app.kit.db import Database
from app.kit.permissions import Actor

log = logging.getLogger(__name__)

# Each keeps a connection and a snapshot for as long as it takes.
AT_ONCE: Final = 2
CURSOR_HEADER: Final = "X-Hikiate-Cursor"


def stock_exports(db: Database, clock: Callable[[], datetime]) -> Callable[[Request], Awaitable[Response]]:
    """The endpoint over a database."""
    places = asyncio.Semaphore(AT_ONCE)

    async def export(request: Request) -> Response:
        try:
            actor = await identify(db, request.headers, now=clock())
        except InvalidKey as error:
            return problem(str(error), 401, "UNAUTHENTICATED")
        if not actor.may("stock:read"):
            return problem("This needs a key with the scope stock:read.", 403, "FORBIDDEN")
        file_format = request.query_params.get("format", "csv")
        if file_format not in FORMATS:
            return problem(f"There is no such format. Known: {', '.join(FORMATS)}.", 400, "INVALID_INPUT")
        if places.locked():
            return problem(
                "Other exports are running. Try again later.", 503, "RETRYABLE", headers={"Retry-After": "30"}
            )
        stack = AsyncExitStack()
        try:
            await stack.enter_async_context(places)
            found = await stack.enter_async_context(
                export_stock(db, file_format, location_ids=await _location_ids(db, actor))
            )
        except BaseException:
            await stack.aclose()
            raise
        headers = {CURSOR_HEADER: found.cursor, "Content-Disposition": f'attachment; filename="stock.{file_format}"'}
        return StreamingResponse(_blocks(found, stack), headers=headers, media_type=FORMATS[file_format])

    return export


async def _blocks(found: StockExport, stack: AsyncExitStack) -> AsyncGenerator[bytes, None]:
    async with stack:
        async for block in found.blocks:
            yield block


async def _location_ids(db: Database, actor: Actor) -> list[int] | None:
    """Where the caller may look; None: everywhere."""
    if actor.partner_id is None:
        return None if actor.location_ids is None else sorted(actor.location_ids)
    async with db.read() as tx:
        return [key for key in await locations_of_partner(tx, actor.partner_id) if actor.may_act_at(key)]
