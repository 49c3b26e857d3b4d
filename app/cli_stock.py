"""The command `hikiate import stock`: a progress bar with rows per second, a report, a file of refused rows."""

import shutil
import sys
import tempfile
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from app.integrations.actions.import_stock_file import StockFile, import_stock_file
from app.integrations.errors import UnreadableFile
from app.integrations.model import StockLayout, StockReport
from app.kit.clock import utc_now
from app.kit.db import Database

Runner = Callable[[Callable[[Database], Awaitable[Any]]], Any]
MODES: Final = {"absolute": True, "delta": False}
FORMATS: Final = ("auto", "csv", "ndjson")
REFUSED_EXIT: Final = 3


class _RowsPerSecond(ProgressColumn):
    def render(self, task: Task) -> Text:
        """Of the last seconds."""
        speed = task.finished_speed or task.speed
        return Text("" if speed is None else f"{speed:,.0f} rows/s")


def add_stock_import(imports: typer.Typer, with_database: Runner) -> None:
    """Add the command, given a way to run `work(db)` on the database of the settings."""

    @imports.command("stock")
    def stock(  # noqa: PLR0913, PLR0917  # options of a command
        file: Annotated[Path, typer.Argument(help="CSV or NDJSON, plain or gzipped; - reads what is piped in.")],
        mode: Annotated[
            str, typer.Option(help="absolute: quantities are what is on hand; delta: what is added or taken off.")
        ] = "absolute",
        location: Annotated[str | None, typer.Option(help="The code of the place that all rows are about.")] = None,
        column: Annotated[
            list[str] | None, typer.Option(help="Another column name: meaning=column, e.g. sku=品番.")
        ] = None,
        format: Annotated[str, typer.Option(help="csv, ndjson, or auto: by the file's name.")] = "auto",
        encoding: Annotated[str | None, typer.Option(help="Of the file; found out when not given.")] = None,
        refused: Annotated[Path | None, typer.Option(help="Where refused rows go; by default beside the file.")] = None,
        release_promises: Annotated[
            bool,
            typer.Option(
                "--release-promises",
                help="Where promised units would be missing, let other places keep the promises, or end the youngest, "
                "instead of refusing the row.",
            ),
        ] = False,
        released: Annotated[
            Path | None, typer.Option(help="Where rows that released promises go; by default beside the file.")
        ] = None,
        again: Annotated[bool, typer.Option("--again", help="Apply a file that was applied before.")] = False,
        dry_run: Annotated[bool, typer.Option("--dry-run", help="Judge all rows and move nothing.")] = False,
        jobs: Annotated[int, typer.Option(help="Connections that apply it at once.", min=1, max=8)] = 2,
    ) -> None:
        """Set or change stock on hand from a file. Exits with 3 when rows were refused."""
        is_absolute = _choose(MODES, mode, "mode")
        layout = _layout(column or [], location)
        if format not in FORMATS:
            message = f"There is no format {format}. Known: {', '.join(FORMATS)}."
            raise typer.BadParameter(message)
        with _as_file(file) as path:
            is_ndjson = format == "ndjson" or (format == "auto" and _is_ndjson(file))
            given = StockFile(path, file.name, layout, is_absolute, is_ndjson, encoding, release_promises)
            targets = (refused or _beside(file, "refused"), released or _beside(file, "released"))
            report = _run(with_database, given, targets, again=again, is_rehearsal=dry_run, jobs=jobs)
        _print(report, targets, is_rehearsal=dry_run)
        if report.refused:
            raise typer.Exit(REFUSED_EXIT)


def _choose(choices: dict[str, bool], name: str, what: str) -> bool:
    if name not in choices:
        message = f"There is no {what} {name}. Known: {', '.join(choices)}."
        raise typer.BadParameter(message)
    return choices[name]


def _layout(columns: list[str], location: str | None) -> StockLayout:
    names: dict[str, str] = {}
    for text in columns:
        meaning, separator, name = text.partition("=")
        if not separator:
            message = f"{text} is not of the form meaning=column."
            raise typer.BadParameter(message)
        names[meaning] = name
    try:
        return StockLayout(location=location).with_columns(names)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


@contextmanager
def _as_file(file: Path) -> Generator[Path]:
    """The file, or one with all that is piped in: it is read twice."""
    if str(file) != "-":
        yield file
        return
    with tempfile.TemporaryDirectory(prefix="hikiate-") as folder:
        path = Path(folder) / "stdin"
        with path.open("wb") as copy:
            shutil.copyfileobj(sys.stdin.buffer, copy)
        yield path


def _is_ndjson(file: Path) -> bool:
    return {".ndjson", ".jsonl"} & set(file.suffixes) != set()


def _beside(file: Path, what: str) -> Path:
    return Path(f"stdin.{what}.csv") if str(file) == "-" else file.with_name(f"{file.name}.{what}.csv")


def _run(
    with_database: Runner, file: StockFile, targets: tuple[Path, Path], *, again: bool, is_rehearsal: bool, jobs: int
) -> StockReport:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), _RowsPerSecond(),
               TimeRemainingColumn())  # fmt: skip
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(file.name, total=None)

        async def work(db: Database) -> StockReport:
            return await import_stock_file(
                db,
                file,
                now=utc_now(),
                refused=targets[0],
                released=targets[1],
                again=again,
                is_rehearsal=is_rehearsal,
                jobs=jobs,
                progress=lambda done, rows: bar.update(task, completed=done, total=rows),
            )

        try:
            return with_database(work)
        except UnreadableFile as error:
            typer.echo(f"hikiate: {error}", err=True)
            raise typer.Exit(1) from None


def _print(report: StockReport, targets: tuple[Path, Path], *, is_rehearsal: bool) -> None:
    refused, released = targets
    table = Table(show_header=False)
    releases = [
        ("rows that release promises" if is_rehearsal else "rows that released promises", report.released),
        ("  promised units that other places serve", report.moved),
        ("  promised units that nobody serves", report.ended),
    ]
    for what, figure in [
        ("rows", report.rows),
        ("rows to be changed" if is_rehearsal else "rows changed", report.changed),
        *(releases[: 1 if is_rehearsal else 3] if report.released else ()),
        ("rows unchanged", report.unchanged),
        ("rows refused", report.refused),
        ("applied by an earlier run", report.earlier),
        ("rows per second", report.rows_per_second),
    ]:
        table.add_row(what, f"{figure:,}")
    Console().print(table)
    if report.is_repeated:
        typer.echo("This file was applied before. Use --again to apply it once more.")
    if report.refused and not report.is_repeated:
        typer.echo(f"Refused rows: {refused}")
    if report.released and not report.is_repeated:
        typer.echo(f"Rows that release promises: {released}")
