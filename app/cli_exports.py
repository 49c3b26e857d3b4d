"""The commands `hikiate export …`: all stock of one instant, and files for carriers' label software."""

import sys
from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Final

import typer

from app.integrations.actions.export_shipments import export_shipments
from app.integrations.actions.export_stock import FORMATS, export_stock
from app.integrations.model.carrier_files import CARRIER_LAYOUTS, ordered
from app.kit.clock import utc_now
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

    _add_shipments(with_database)
    return exports


def _add_shipments(with_database: Callable[[Callable[[Database], Awaitable[Any]]], Any]) -> None:
    @exports.command("shipments")
    def shipments(  # options of a command
        carrier: Annotated[str, typer.Option(help=f"For which software: {', '.join(CARRIER_LAYOUTS)}.")],
        location: Annotated[str, typer.Option(help="The code of the location that ships.")],
        file: Annotated[Path, typer.Argument(help="Where to; - writes to the standard output.")] = Path("-"),
        phone: Annotated[str, typer.Option(help="The sender's phone number.")] = "",
        columns: Annotated[str, typer.Option(help="Only these columns, in this order, parted by commas.")] = "",
    ) -> None:
        """Write what is to leave a location as a carrier's CSV file (CP932). Nothing is marked as shipped."""
        if carrier not in CARRIER_LAYOUTS:
            message = f"There is no layout {carrier}. Known: {', '.join(CARRIER_LAYOUTS)}."
            raise typer.BadParameter(message)
        layout = CARRIER_LAYOUTS[carrier]
        if columns:
            try:
                layout = ordered(layout, [title.strip() for title in columns.split(",")])
            except ValueError as error:
                raise typer.BadParameter(str(error)) from None
        found = with_database(lambda db: export_shipments(db, layout, location, phone=phone, now=utc_now()))
        if str(file) == "-":
            sys.stdout.buffer.write(found.content)
            sys.stdout.buffer.flush()
        else:
            file.write_bytes(found.content)
        typer.echo(f"labels: {found.rows}", err=True)
        if found.changed:
            typer.echo(f"texts changed for the carrier: {', '.join(found.changed)}", err=True)


async def _write(target: BinaryIO, blocks: Any) -> None:
    async for block in blocks:
        target.write(block)
    target.flush()
