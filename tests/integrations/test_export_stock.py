"""Exports in three formats hold the same rows; who may have them over HTTP."""

import csv
import io
from typing import Any

import arro3.io
import httpx
import orjson
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from app.api.exports import stock_exports
from app.integrations.actions.export_stock import COLUMNS, FORMATS, export_stock
from app.kit.cursor import Cursor
from app.kit.db import Database
from app.partners.actions.create_api_key import create_api_key
from tests.conftest import NOW
from tests.inventory.builders import hold, stocked, wish
from tests.inventory.test_ledger_many import filled


async def exported(db: Database, file_format: str, **options: Any) -> tuple[str, bytes]:
    async with export_stock(db, file_format, **options) as found:
        return found.cursor, b"".join([block async for block in found.blocks])


def rows_of(file_format: str, content: bytes) -> list[dict[str, Any]]:
    if file_format == "csv":
        return [
            {name: text if name in {"sku", "location"} else int(text) for name, text in row.items()}
            for row in csv.DictReader(io.StringIO(content.decode()))
        ]
    if file_format == "ndjson":
        return [orjson.loads(line) for line in content.splitlines()]
    table = arro3.io.read_parquet(io.BytesIO(content)).read_all()
    columns = {name: table.column(name).to_pylist() for name in table.column_names}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


@pytest.mark.parametrize("file_format", FORMATS)
async def test_all_rows_with_all_counters(db: Database, file_format: str) -> None:
    shirt, [store] = await stocked(db, 9)
    await hold(db, wish(shirt, 2, store))
    await filled(db, 5_500)
    cursor, content = await exported(db, file_format)
    rows = rows_of(file_format, content)
    assert len(rows) == 5_501
    assert tuple(rows[0]) == COLUMNS
    assert [rows[0][name] for name in COLUMNS[2:]] == [9, 0, 2, 0, 7, 2]
    assert [row["on_hand"] for row in rows[1:]] == list(range(1, 5_501))
    assert Cursor.decode(cursor).seen is not None


@pytest.mark.parametrize("file_format", FORMATS)
async def test_nothing_is_an_export_too(db: Database, file_format: str) -> None:
    _, content = await exported(db, file_format)
    assert rows_of(file_format, content) == []


@pytest.mark.parametrize("file_format", FORMATS)
async def test_a_receiver_who_goes_away_frees_the_connection(db: Database, file_format: str) -> None:
    await filled(db, 5_500)
    for _ in range(12):  # more than there are connections
        async with export_stock(db, file_format) as found:
            await anext(found.blocks)
    async with db.read() as tx:
        assert await tx.connection.fetchval("SELECT 1") == 1


async def test_over_http_with_a_key(db: Database) -> None:
    _, stores = await filled(db, 3)
    tokens = {}
    async with db.write() as tx:
        for name, scopes, places in (("all", ["stock:read"], None), ("one", ["stock:read"], stores[:1]),
                                     ("none", ["orders:read"], None)):  # fmt: skip
            _, tokens[name] = await create_api_key(
                tx, name=name, kind="STAFF", scopes=scopes, partner_id=None, location_ids=places, expires_at=None,
                now=NOW,
            )  # fmt: skip
    app = Starlette(routes=[Route("/exports/stock", stock_exports(db, lambda: NOW))])
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://shop") as client:

        async def get(name: str, file_format: str = "ndjson") -> httpx.Response:
            headers = {"Authorization": f"Bearer {tokens.get(name, name)}"} if name else {}
            return await client.get("/exports/stock", params={"format": file_format}, headers=headers)

        found = await get("all")
        assert (found.status_code, found.headers["content-type"]) == (200, FORMATS["ndjson"])
        assert [row["on_hand"] for row in rows_of("ndjson", found.content)] == [1, 2, 3]
        assert Cursor.decode(found.headers["X-Hikiate-Cursor"]).seen is not None
        assert [row["on_hand"] for row in rows_of("ndjson", (await get("one")).content)] == [1]
        refused = [(await get(*words)).status_code for words in (("none",), ("",), ("nonsense",), ("all", "xls"))]
        assert refused == [403, 403, 401, 400]
