"""The command `hikiate export stock`: all stock of one instant, and the cursor to go on from."""

import sys
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Final

import typer

from app.integrations.actions.export_stock import FORMATS, export_stock
from app.kit.db import Database

exports: Final = typer.Typer(help="Give data out as files.", no_args_is_help=True)


def add_stock_export(with_database: Callable[[Callable[[Database], Awaitable[Any]]], Any]) -> typer.Typer:
    """The commands, given a way to run `work(db)` on the database of the settings."""

    @exports.callback()
    def _() -> None:
        """Give data out as files."""

    @exports.command("stock")
    def stock(
        file: Annotated[Path, typer.Argument(help="Where to; - writes to the standard output.")] = Path("-"),
        format: Annotated[str, typer.Option(help="csv, ndjson or parquet.")] = "csv",
    ) -> None:
        """Export all stock of one instant. The cursor for `stockChanges` is printed on the standard error."""
        if format not in FORMATS:
            message = f"There is no format {format}. Known: {', '.join(FORMATS)}."
            raise typer.BadParameter(message)

        async def work(db: Database) -> str:
            async with export_stock(db, format) as found:
                opened: Any = nullcontext(sys.stdout.buffer) if str(file) == "-" else file.open("wb")
                with opened as target:
                    await _write(target, found.blocks)
                return found.cursor

        typer.echo(f"cursor: {with_database(work)}", err=True)

    return exports


async def _write(target: BinaryIO, blocks: Any) -> None:
    async for block in blocks:
        target.write(block)
    target.flush()
