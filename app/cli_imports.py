"""The commands `hikiate import …`: a progress bar, a report, and a file of refused rows."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from app.cli_stock import add_stock_import
from app.integrations.actions.import_orders import import_orders
from app.integrations.actions.import_pickup_points import import_pickup_points
from app.integrations.actions.import_tracking_file import import_tracking_file
from app.integrations.actions.read_table import read_table
from app.integrations.actions.write_refusals import write_refusals
from app.integrations.errors import UnreadableFile
from app.integrations.model import ORDER_LAYOUTS, POINT_LAYOUTS, ImportReport, OrderLayout
from app.integrations.model.carrier_files import CARRIER_LAYOUTS, CarrierLayout
from app.kit.clock import utc_now
from app.kit.db import Database
from app.locations.model import LocationKind

imports: Final = typer.Typer(help="Bring data in from files.", no_args_is_help=True)
KINDS: Final = {
    "konbini": LocationKind.CONVENIENCE_STORE,
    "locker": LocationKind.LOCKER_STATION,
    "office": LocationKind.CARRIER_OFFICE,
}

Runner = Callable[[Callable[[Database], Awaitable[Any]]], Any]
Work = Callable[[Database, Callable[[int], None]], Awaitable[ImportReport]]


def add_import_commands(with_database: Runner) -> typer.Typer:
    """The commands, given a way to run `work(db)` on the database of the settings."""
    _add_orders(with_database)
    _add_pickup_points(with_database)
    _add_tracking(with_database)
    add_stock_import(imports, with_database)
    return imports


def _add_orders(with_database: Runner) -> None:
    @imports.command("orders")
    def orders(  # noqa: PLR0913, PLR0917  # options of a command
        file: Annotated[Path, typer.Argument(help="CSV, plain or gzipped; UTF-8 or CP932.")],
        layout: Annotated[
            str, typer.Option(help=f"How its columns are named: {', '.join(ORDER_LAYOUTS)}.")
        ] = "online-retail",
        column: Annotated[
            list[str] | None, typer.Option(help="Another column name: meaning=column, e.g. sku=品番.")
        ] = None,
        channel: Annotated[
            str, typer.Option(help="The channel that sold them; made when it is not there.")
        ] = "history",
        stock: Annotated[
            str, typer.Option(help="A CSV file with sku,quantity; auto: exactly what the file sells.")
        ] = "auto",
        source: Annotated[
            str | None, typer.Option(help="The system that wrote it; numbers are unique within it.")
        ] = None,
        currency: Annotated[str | None, typer.Option(help="Of the prices, such as JPY.")] = None,
        timezone: Annotated[str | None, typer.Option(help="Of the dates, such as Asia/Tokyo.")] = None,
        language: Annotated[str | None, typer.Option(help="Of the names: ja or en.")] = None,
        tax_class: Annotated[
            str | None, typer.Option(help="Of new products: STANDARD_10, REDUCED_8 or EXEMPT.")
        ] = None,
        encoding: Annotated[str | None, typer.Option(help="Of the file; found out when not given.")] = None,
        refused: Annotated[Path | None, typer.Option(help="Where refused rows go; by default beside the file.")] = None,
    ) -> None:
        """Import an order history: products, customers, stock, orders, cancellations and returns."""
        facts = {
            "source": source,
            "currency": currency,
            "timezone": timezone,
            "language": language,
            "tax_class": tax_class,
        }
        chosen = _order_layout(layout, column or [], facts)
        levels = None if stock == "auto" else Path(stock)

        async def work(db: Database, progress: Callable[[int], None]) -> ImportReport:
            return await import_orders(
                db,
                file,
                layout=chosen,
                channel=channel,
                stock=levels,
                now=utc_now(),
                encoding=encoding,
                progress=progress,
            )

        _run(with_database, file, work, chosen.columns(), encoding, refused)


def _add_pickup_points(with_database: Runner) -> None:
    @imports.command("pickup-points")
    def pickup_points(  # noqa: PLR0917  # options of a command
        file: Annotated[Path, typer.Argument(help="CSV, plain or gzipped; UTF-8 or CP932.")],
        layout: Annotated[
            str, typer.Option(help=f"How its columns are named: {', '.join(POINT_LAYOUTS)}.")
        ] = "jp-stations",
        kind: Annotated[str, typer.Option(help="locker or konbini.")] = "locker",
        partner: Annotated[
            str, typer.Option(help="Code of the company; made when it is not there.")
        ] = "STATION-LOCKERS",
        channel: Annotated[str | None, typer.Option(help="The channel that offers these points from now on.")] = None,
        encoding: Annotated[str | None, typer.Option(help="Of the file; found out when not given.")] = None,
        refused: Annotated[Path | None, typer.Option(help="Where refused rows go; by default beside the file.")] = None,
    ) -> None:
        """Import stations or stores with coordinates as pickup points."""
        chosen, place = _choose(POINT_LAYOUTS, layout, "layout"), _choose(KINDS, kind, "kind")

        async def work(db: Database, progress: Callable[[int], None]) -> ImportReport:
            return await import_pickup_points(
                db, file, layout=chosen, kind=place, partner=partner, channel=channel, now=utc_now(),
                encoding=encoding, progress=progress,
            )  # fmt: skip

        _run(with_database, file, work, chosen.columns(), encoding, refused)


def _add_tracking(with_database: Runner) -> None:
    @imports.command("tracking")
    def tracking(  # options of a command
        file: Annotated[Path, typer.Argument(help="CSV, plain or gzipped; UTF-8 or CP932.")],
        carrier: Annotated[str, typer.Option(help=f"Of which software: {', '.join(CARRIER_LAYOUTS)}.")],
        timezone: Annotated[str, typer.Option(help="Of times without a zone.")] = "Asia/Tokyo",
        encoding: Annotated[str | None, typer.Option(help="Of the file; found out when not given.")] = None,
        refused: Annotated[Path | None, typer.Option(help="Where refused rows go; by default beside the file.")] = None,
    ) -> None:
        """Ship what a carrier's software has labeled, or bring in what became of parcels."""
        layout: CarrierLayout = _choose(CARRIER_LAYOUTS, carrier, "layout")

        async def work(db: Database, progress: Callable[[int], None]) -> ImportReport:
            return await import_tracking_file(
                db, file, layout=layout, now=utc_now(), timezone=timezone, encoding=encoding, progress=progress
            )

        _run(with_database, file, work, [], encoding, refused)


def _order_layout(name: str, columns: list[str], facts: dict[str, str | None]) -> OrderLayout:
    layout: OrderLayout = _choose(ORDER_LAYOUTS, name, "layout")
    try:
        return layout.with_columns(_pairs(columns)).with_facts(**facts)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _choose(choices: Any, name: str, what: str) -> Any:
    if name not in choices:
        message = f"There is no {what} {name}. Known: {', '.join(choices)}."
        raise typer.BadParameter(message)
    return choices[name]


def _pairs(columns: list[str]) -> dict[str, str]:
    pairs: dict[str, str] = {}
    for text in columns:
        meaning, separator, column = text.partition("=")
        if not separator:
            message = f"{text} is not of the form meaning=column."
            raise typer.BadParameter(message)
        pairs[meaning] = column
    return pairs


def _run(  # noqa: PLR0917  # one call per command
    with_database: Runner, file: Path, work: Work, columns: list[str], encoding: str | None, refused: Path | None
) -> None:
    """Count the rows, import with a progress bar, print the report, write refused rows down."""
    try:
        total = sum(1 for _ in read_table(file, columns, encoding=encoding))
    except UnreadableFile as error:
        typer.echo(f"hikiate: {error}", err=True)
        raise typer.Exit(1) from None
    columns_shown = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns_shown, console=Console(stderr=True)) as bar:
        task = bar.add_task(file.name, total=total)
        report: ImportReport = with_database(lambda db: work(db, lambda done: bar.update(task, completed=done)))
    _print(report)
    if report.refusals:
        path = refused or file.with_name(f"{file.name}.refused.csv")
        with suppress(PermissionError):
            write_refusals(report, path)
            typer.echo(f"Refused rows: {path}")
            return
        fallback = Path.cwd() / path.name
        write_refusals(report, fallback)
        typer.echo(f"Refused rows: {fallback}")


def _print(report: ImportReport) -> None:
    table = Table(show_header=False)
    figures = [
        ("rows read", report.rows_read),
        ("rows imported", report.rows_imported),
        ("  of these by an earlier run", report.rows_already),
        ("rows refused", report.rows_refused),
    ]
    if report.orders or report.returns or report.rows_already:
        figures += [
            ("orders", report.orders),
            ("returns and cancellations", report.returns),
            ("lines allocated", report.lines_allocated),
            ("  of these split over locations", report.lines_split),
            ("lines short", report.lines_short),
            ("lines returned", report.lines_returned),
            ("oversold", report.oversold),
        ]
    for what, figure in [*figures, ("rows per second", report.rows_per_second)]:
        table.add_row(what, f"{figure:,}")
    Console().print(table)
