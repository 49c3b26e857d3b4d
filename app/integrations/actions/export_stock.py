"""All stock of one instant as a stream: CSV, NDJSON or Parquet."""

import asyncio
import csv
import io
from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import arro3.io
import orjson
from arro3.core import Array, DataType, Field, RecordBatch, RecordBatchReader, Schema

from app.inventory.actions.read_stock import StockCopy, read_stock
from app.kit.db import Database

FORMATS: Final = {"csv": "text/csv; charset=utf-8", "ndjson": "application/x-ndjson",
                  "parquet": "application/vnd.apache.parquet"}  # fmt: skip
COLUMNS: Final = ("sku", "location", "on_hand", "reserved", "allocated", "safety", "available", "version")
_SCHEMA: Final = Schema(
    [
        Field(name, DataType.utf8() if name in {"sku", "location"} else DataType.int64(), nullable=False)
        for name in COLUMNS
    ]
)
_ROW_GROUP: Final = 100_000
# Blocks that wait for the receiver; the reading of rows waits, too, when there are so many.
_AHEAD: Final = 4


@dataclass(frozen=True, slots=True)
class StockExport:
    """cursor: where `stockChanges` goes on from this copy. blocks: the bytes, in order."""

    cursor: str
    blocks: AsyncGenerator[bytes, None]


@asynccontextmanager
async def export_stock(
    db: Database, file_format: str, *, location_ids: Collection[int] | None = None
) -> AsyncGenerator[StockExport, None]:
    """A copy in one of FORMATS, of these locations (None: all), read while it is sent: its size does not matter."""
    async with read_stock(db, location_ids=location_ids) as copy:
        blocks = {"csv": _csv, "ndjson": _ndjson, "parquet": _parquet}[file_format](copy)
        try:
            yield StockExport(copy.cursor, blocks)
        finally:
            await blocks.aclose()


async def _csv(copy: StockCopy) -> AsyncGenerator[bytes, None]:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    async for rows in copy.batches:
        writer.writerows(rows)
        yield text.getvalue().encode()
        text.seek(0)
        text.truncate()
    if text.tell():
        yield text.getvalue().encode()


async def _ndjson(copy: StockCopy) -> AsyncGenerator[bytes, None]:
    async for rows in copy.batches:
        yield b"".join(orjson.dumps(dict(zip(COLUMNS, row, strict=True))) + b"\n" for row in rows)


async def _parquet(copy: StockCopy) -> AsyncGenerator[bytes, None]:
    """The library writes in a thread of its own, which asks for rows and gives away bytes."""
    loop = asyncio.get_running_loop()
    queue: asyncio.Queue[bytes | None] = asyncio.Queue(_AHEAD)
    sink = _Sink(lambda block: asyncio.run_coroutine_threadsafe(queue.put(block), loop).result())

    async def next_rows() -> Sequence[Any] | None:
        return await anext(copy.batches, None)

    def write() -> None:
        batches = _record_batches(lambda: asyncio.run_coroutine_threadsafe(_as_coroutine(next_rows), loop).result())
        arro3.io.write_parquet(
            RecordBatchReader.from_batches(_SCHEMA, batches),
            sink,  # pyright: ignore[reportArgumentType]  # a file for it is what has write and flush
            compression="zstd(3)",
            key_value_metadata={"hikiate.cursor": copy.cursor},
            max_row_group_size=_ROW_GROUP,
        )
        sink.give(None)

    writing = asyncio.create_task(asyncio.to_thread(write))
    try:
        while True:
            taking = asyncio.create_task(queue.get())
            await asyncio.wait({taking, writing}, return_when=asyncio.FIRST_COMPLETED)
            if not taking.done() and writing.done() and queue.empty():
                taking.cancel()
                writing.result()
            block = await taking
            if block is None:
                break
            yield block
        await writing
    finally:
        sink.is_closed = True
        while not writing.done():
            while not queue.empty():
                queue.get_nowait()
            await asyncio.wait({writing}, timeout=0.05)


async def _as_coroutine(ask: Callable[[], Awaitable[Any]]) -> Any:
    return await ask()


def _record_batches(next_rows: Callable[[], Sequence[Any] | None]) -> Iterator[RecordBatch]:
    while (rows := next_rows()) is not None:
        columns = list(zip(*rows, strict=True))
        arrays = [Array(list(values), _SCHEMA.field(number).type) for number, values in enumerate(columns)]
        yield RecordBatch.from_arrays(arrays, schema=_SCHEMA)


class _Sink(io.RawIOBase):
    """Where the library writes to. Whoever reads may have gone away: then writing ends, too."""

    def __init__(self, give: Callable[[bytes | None], None]) -> None:
        super().__init__()
        self.give = give
        self.is_closed = False

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, block: Any) -> int:
        """Wait until there is room for it."""
        if self.is_closed:
            raise BrokenPipeError
        self.give(bytes(block))
        return len(block)
