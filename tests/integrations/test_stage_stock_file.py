"""Files of all kinds are read: plain ones by COPY, the others row by row, and with the same result."""

import gzip
from pathlib import Path
from typing import Any

import pytest

from app.integrations.actions.import_stock_file import StockFile
from app.integrations.errors import UnreadableFile
from app.integrations.model import StockLayout
from app.kit.db import Database
from app.kit.statement import Statement
from tests.integrations.test_import_stock_file import HEADER, LEFTOVERS, figures, ground, refused, run
from tests.inventory.builders import counters

_SAME = ["SKU-1,ST-1,5", "SKU-2,ST-1,7"]
_PLAIN = HEADER + "\n".join(_SAME) + "\n"
READABLE: dict[str, tuple[bytes, dict[str, Any], list[str]]] = {
    "CRLF": (_PLAIN.replace("\n", "\r\n").encode(), {}, []),
    "no last line break": (_PLAIN.rstrip().encode(), {}, []),
    "BOM": (b"\xef\xbb\xbf" + _PLAIN.encode(), {}, []),
    "gzip": (gzip.compress(_PLAIN.encode(), mtime=0), {}, []),
    "quoted": (b'"sku","location","quantity"\n"SKU-1","ST-1","5"\n"SKU-2","ST-1","7"\n', {}, []),
    "other order": (b"quantity,sku,location\n5,SKU-1,ST-1\n7,SKU-2,ST-1\n", {}, []),
    "more columns": (b"note,sku,quantity,location\nx,SKU-1,5,ST-1\ny,SKU-2,7,ST-1\n", {}, []),
    "a line break in a cell": (_PLAIN.encode() + b'"SKU\n3",ST-1,1\nSKU-4,ST-1,1\n', {}, ["5", "6"]),
    "too few cells": (_PLAIN.encode() + b"SKU-1\n", {}, ["4"]),
    "too many cells": (_PLAIN.encode() + b"SKU-1,ST-1,5,6\n", {}, ["4"]),
    "an end mark of COPY": (_PLAIN.encode() + b"\\.\nSKU-9,ST-1,5\n", {}, ["4", "5"]),
    "CP932": (_PLAIN.encode() + "商品,ST-1,5\n".encode("cp932"), {}, ["4"]),
    "one place": (b"sku,quantity\nSKU-1,5\nSKU-2,7\n", {"layout": StockLayout(location="ST-1")}, []),
    "other names": (
        "品番,店,数\nSKU-1,ST-1,5\nSKU-2,ST-1,7\n".encode(),
        {"layout": StockLayout().with_columns({"sku": "品番", "location": "店", "quantity": "数"})}, [],
    ),
    "NDJSON": (
        b"".join([
            b'{"sku":"SKU-1","location":"ST-1","quantity":5}\n\n',
            b'{"quantity":"7","location":"ST-1","sku":"SKU-2","more":1}\n',
            b'{"sku":"SKU-1"}\n[1]\n{"sku":\n{"sku":"SKU-1","location":"ST-1","quantity":1.5}\n',
        ]),
        {"is_ndjson": True}, ["4", "5", "6", "7"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("content", "options", "bad"), READABLE.values(), ids=READABLE.keys())
async def test_files_of_all_kinds(
    db: Database, tmp_path: Path, content: bytes, options: dict[str, Any], bad: list[str]
) -> None:
    [one, two], [here] = await ground(db, 2, 1)
    path = tmp_path / "stock"
    path.write_bytes(content)
    file = StockFile(path, "stock", **{"layout": StockLayout(), **options})
    assert figures(await run(db, file)) == (2 + len(bad), 2, 0, len(bad))
    assert {key: row[0] for key, row in (await counters(db)).items()} == {(one, here): 5, (two, here): 7}
    assert ([row[0] for row in refused(file)] if bad else []) == bad


UNREADABLE = {
    "nothing": (b"", "has no column"),
    "other columns": (b"a,b\n1,2\n", "has no column sku"),
    "UTF-16": (_PLAIN.encode("utf-16"), "UTF-8"),
    "half a gzip": (gzip.compress((HEADER + "SKU-1,ST-1,5\n" * 50_000).encode(), mtime=0)[:-20], "gzip"),
    "an endless cell": (HEADER.encode() + b'"' + b"x" * 200_000 + b'",ST-1,5\n"', "field larger than"),
}


@pytest.mark.parametrize(("content", "reason"), UNREADABLE.values(), ids=UNREADABLE.keys())
async def test_a_file_that_cannot_be_read_to_its_end_changes_nothing(
    db: Database, tmp_path: Path, content: bytes, reason: str
) -> None:
    await ground(db, 1, 1)
    path = tmp_path / "stock.csv"
    path.write_bytes(content)
    with pytest.raises(UnreadableFile, match=reason):
        await run(db, StockFile(path, "stock.csv", StockLayout()))
    with pytest.raises(UnreadableFile):
        await run(db, StockFile(tmp_path / "nowhere.csv", "nowhere.csv", StockLayout()))
    assert await counters(db) == {}
    async with db.read() as tx:
        assert await tx.fetchval(LEFTOVERS) == 3  # as when nothing was imported
        assert await tx.fetchval(Statement("SELECT count(*) FROM stock_imports")) == 0
