"""Load the rows of a stock file into the table where they wait to be applied."""

import csv
import gzip
import hashlib
import io
import zlib
from collections.abc import AsyncGenerator, Generator, Iterable
from pathlib import Path
from typing import IO, Any, Final, cast

import asyncpg
import orjson

from app.integrations.actions.read_table import GZIP_MAGIC, encoding_of, open_text, read_table
from app.integrations.errors import UnreadableFile
from app.integrations.model import StockLayout
from app.inventory.sql.imports import Staging, take_time
from app.kit.db import WriteTx

_BLOCK: Final = 1 << 20
_ROWS: Final = 5_000
_MAX_LINE: Final = 100_000
_STAGED: Final = ("line_no", "problem", "sku", "location", "quantity")


class _OtherwiseError(Exception):
    """PostgreSQL cannot take the bytes as they are: every row has to be looked at."""


async def stage_stock_file(
    tx: WriteTx, path: Path, staging: Staging, layout: StockLayout, *, is_ndjson: bool, encoding: str | None
) -> int:
    """Make the table and fill it; returns the number of rows. A row that is none is staged with what is wrong with it.

    A plain file is handed to COPY as it is. Another encoding, other columns and rows that COPY refuses make it be read
    row by row. Raises UnreadableFile when it cannot be read to its end.
    """
    await take_time(tx)
    await tx.execute(staging.drop)
    await tx.execute(staging.create)
    count: int | None = None
    if not is_ndjson:
        try:
            async with tx.connection.transaction():
                count = await _copy_as_it_is(tx, path, staging, layout, encoding)
        except (_OtherwiseError, asyncpg.DataError):
            count = None
    if count is None:
        rows = _json_rows(path, layout, encoding) if is_ndjson else _table_rows(path, layout, encoding)
        await tx.execute(staging.empty)
        count = await tx.copy_csv(staging.name, _STAGED, _as_csv(rows))
    if layout.location is not None:
        await tx.execute(staging.place, location=layout.location)
    await tx.execute(staging.index)
    await tx.execute(staging.turns)
    await tx.execute(staging.analyze)
    return count


def content_hash(path: Path, *options: object) -> bytes:
    """Of what a file holds and how it is to be applied. Raises UnreadableFile."""
    digest = hashlib.sha256(repr(options).encode())
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    except OSError as error:
        message = f"{path} cannot be read: {error.strerror or error}."
        raise UnreadableFile(message) from error
    return digest.digest()


async def _copy_as_it_is(tx: WriteTx, path: Path, staging: Staging, layout: StockLayout, encoding: str | None) -> int:
    if (encoding or encoding_of(path)).lower().replace("_", "-") not in {"utf-8", "utf8", "utf-8-sig"}:
        raise _OtherwiseError
    with path.open("rb") as probe:
        opener = gzip.open if probe.read(2) == GZIP_MAGIC else open
    meanings = {column: meaning for meaning, column in layout.wanted().items()}
    with cast("IO[bytes]", opener(path, "rb")) as file:
        header = file.readline(_MAX_LINE).removeprefix(b"\xef\xbb\xbf").decode()
        names = next(csv.reader([header]), [])
        if sorted(names) != sorted(meanings):
            raise _OtherwiseError
        lines = 0
        ends_with_line = True

        async def blocks() -> AsyncGenerator[bytes, None]:
            nonlocal lines, ends_with_line
            while block := file.read(_BLOCK):
                lines += block.count(b"\n")
                ends_with_line = block.endswith(b"\n")
                yield block

        try:
            count = await tx.copy_csv(staging.name, [meanings[name] for name in names], blocks())
        except (OSError, EOFError, zlib.error):
            raise _OtherwiseError from None  # reading it row by row says what is wrong
    # A cell with a line break in it, and the numbers of lines would be wrong.
    if count != lines + (not ends_with_line):
        raise _OtherwiseError
    return count


def _table_rows(path: Path, layout: StockLayout, encoding: str | None) -> Generator[tuple[Any, ...], None, None]:
    wanted = layout.wanted()
    for line_no, row in read_table(path, wanted.values(), encoding=encoding):
        values = {meaning: row[column] for meaning, column in wanted.items()}
        problem = "The line has another number of cells than the header." if "" in row or None in row.values() else None
        yield line_no, problem, values["sku"], values.get("location"), values["quantity"]


def _json_rows(path: Path, layout: StockLayout, encoding: str | None) -> Generator[tuple[Any, ...], None, None]:
    """One object a line; blank lines are passed over."""
    wanted = layout.wanted()
    try:
        with open_text(path, encoding or encoding_of(path)) as file:
            for line_no, line in enumerate(file, 1):
                if line.strip():
                    yield line_no, *_json_row(line, wanted)
    except (OSError, EOFError, zlib.error, LookupError, UnicodeError) as error:
        message = f"{path.name} cannot be read: {error}."
        raise UnreadableFile(message) from error


def _json_row(line: str, wanted: dict[str, str]) -> tuple[str | None, ...]:
    try:
        found: Any = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return f"The line is no JSON: {error}.", None, None, None
    if not isinstance(found, dict):
        return "The line is no JSON object.", None, None, None
    row = cast("dict[str, Any]", found)
    if missing := [column for column in wanted.values() if column not in row]:
        return f"The object has no {', '.join(missing)}.", None, None, None
    cells = {
        meaning: str(row[column]) if isinstance(row[column], str | int) else orjson.dumps(row[column]).decode()
        for meaning, column in wanted.items()
    }
    return None, cells["sku"], cells.get("location"), cells["quantity"]


async def _as_csv(rows: Iterable[tuple[Any, ...]]) -> AsyncGenerator[bytes, None]:
    text = io.StringIO()
    writer = csv.writer(text)
    for number, row in enumerate(rows, 1):
        writer.writerow(["" if cell is None else str(cell).replace("\0", "\ufffd") for cell in row])
        if number % _ROWS == 0:
            yield text.getvalue().encode(errors="replace")
            text.seek(0)
            text.truncate()
    if text.tell():
        yield text.getvalue().encode(errors="replace")
