"""The command `hikiate`. Thin: what a command does lies in the floors below."""

import logging
import os
import sys
from collections.abc import Generator
from contextlib import contextmanager
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from app import main as process
from app.cli_explain import add_explain_command
from app.cli_exports import add_stock_export
from app.cli_imports import add_import_commands
from app.cli_partner import add_partner_check
from app.kit.clock import utc_now
from app.kit.db import Database
from app.kit.embedded import EmbeddedPostgresError, is_initialised
from app.kit.ended_jobs import failed_jobs, retry_failed_jobs
from app.kit.errors import DomainError
from app.kit.logs import set_up_logs
from app.kit.migrations import SchemaDrift, check_migrations
from app.kit.permissions import SCOPES, STAFF_SCOPES
from app.kit.startup import StartError, database_must_answer, run
from app.partners.actions.create_api_key import create_api_key
from app.settings import Settings, SettingsError, load_settings, misspelt
from app.worker import INVARIANTS, broken_invariants

cli = typer.Typer(
    name="hikiate",
    help="A GraphQL commerce backend and order management system.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
keys = typer.Typer(help="API keys.", no_args_is_help=True)
jobs = typer.Typer(help="Background jobs.", no_args_is_help=True)
cli.add_typer(keys, name="key")
cli.add_typer(jobs, name="jobs")
log = logging.getLogger(__name__)
SCHEMA_FILE = Path(__file__).parents[1] / "schema.graphql"
_EXPECTED = (StartError, SettingsError, EmbeddedPostgresError, SchemaDrift, DomainError)


@contextmanager
def _command() -> Generator[Settings]:
    """The settings. What is expected to go wrong ends in one line and the exit code 1."""
    try:
        settings = load_settings()
        set_up_logs(as_json=settings.log_format == "json", level=settings.log_level)
        for name, meant in misspelt(os.environ):
            log.warning("%s is no setting and changes nothing: did you mean %s?", name, meant)
        yield settings
    except _EXPECTED as error:
        typer.echo(f"hikiate: {error}", err=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def _say(line: str) -> None:
    typer.echo(line)
    sys.stdout.flush()


def _with_database(settings: Settings, work: Any) -> Any:
    """Run `work(db)` on the migrated database of the settings. In a wrong folder it makes none."""
    if not settings.database_url and not is_initialised(settings.data_dir):
        message = (
            f"There is no shop in {settings.data_dir.expanduser().resolve()}: run this in the folder "
            "where it was started, or set HIKIATE_DATA_DIR or DATABASE_URL."
        )
        raise StartError(message)

    async def opened(dsn: str) -> Any:
        async with process.open_database(dsn, settings) as db:
            return await work(db)

    with process.database_server(settings) as dsn:
        return run(opened(dsn))


def _print_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"hikiate {version('hikiate')}")
        raise typer.Exit


@cli.callback()
def common(
    _: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Show the version and exit.")
    ] = False,
) -> None:
    """A GraphQL commerce backend and order management system."""


@cli.command()
def dev(
    demo: Annotated[
        bool | None, typer.Option("--demo/--no-demo", help="Fill an empty database with a demo shop (the default).")
    ] = None,
) -> None:
    """Start everything for development: an embedded database, migrations, the demo shop, web and worker."""
    with _command() as settings:
        process.develop(settings if demo is None else settings.model_copy(update={"demo": demo}), _say)


@cli.command()
def serve(
    worker: Annotated[bool, typer.Option("--worker", help="Run jobs in the same process, too.")] = False,
) -> None:
    """Answer requests. Needs DATABASE_URL and HIKIATE_SECRET_KEY."""
    with _command() as settings:
        process.serve(settings, _say, with_worker=worker)


@cli.command()
def worker() -> None:
    """Run background jobs. Needs DATABASE_URL and HIKIATE_SECRET_KEY."""
    with _command() as settings:
        process.work(settings, _say)


@cli.command("migrate")
def migrate_command(
    check: Annotated[bool, typer.Option("--check", help="Compare the migrations with the code's tables.")] = False,
) -> None:
    """Bring the database up to date."""
    with _command() as settings, process.database_server(settings) as dsn, database_must_answer(dsn):
        if check:
            run(check_migrations(dsn))
            typer.echo("The migrations lead to the tables of the code.")
        elif run(process.bring_up_to_date(dsn, settings)):
            typer.echo("The database is up to date now.")
        else:
            typer.echo("The database was up to date.")


@cli.command("schema")
def schema_command(
    write: Annotated[bool, typer.Option("--write", help="Write schema.graphql.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Compare schema.graphql with the code.")] = False,
) -> None:
    """Print the GraphQL schema, write it, or compare it with the file."""
    from app.api.schema import schema  # noqa: PLC0415  # see app.main

    text = schema.as_str() + "\n"
    if write:
        SCHEMA_FILE.write_text(text, encoding="utf-8")
    elif not check:
        typer.echo(text, nl=False)
    elif not SCHEMA_FILE.exists() or SCHEMA_FILE.read_text(encoding="utf-8") != text:
        typer.echo("schema.graphql differs from the code: run `make schema`.", err=True)
        raise typer.Exit(1)


@cli.command()
def check() -> None:
    """Ask the database whether everything that must always hold does hold."""
    with _command() as settings:
        broken = _with_database(settings, broken_invariants)
        for claim, rows in broken.items():
            typer.echo(f"BROKEN  {claim}")
            for row in rows:
                typer.echo(f"        {row}")
        typer.echo(f"{len(INVARIANTS) - len(broken)} of {len(INVARIANTS)} invariants hold.")
        if broken:
            raise typer.Exit(1)


@keys.command("create")
def create_key(  # noqa: PLR0917  # options of a command
    name: Annotated[str, typer.Argument(help="What the ledger and histories will show.")],
    kind: Annotated[str, typer.Option(help="STAFF, PARTNER or SYSTEM.")] = "STAFF",
    scope: Annotated[
        list[str] | None, typer.Option(help=f"Several times: {', '.join(SCOPES)}; all: what staff may hold.")
    ] = None,
    partner: Annotated[UUID | None, typer.Option(help="The partner that the key belongs to.")] = None,
    location: Annotated[list[int] | None, typer.Option(help="A location that the key is limited to.")] = None,
    expires_at: Annotated[datetime | None, typer.Option(help="UTC.", formats=["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"])] = None,
) -> None:
    """Make an API key and print it. It is shown this once."""

    async def work(db: Database) -> str:
        async with db.write() as tx:
            _, token = await create_api_key(
                tx,
                name=name,
                kind=kind.upper(),
                scopes=STAFF_SCOPES if scope == ["all"] else scope or [],
                partner_id=partner,
                location_ids=location,
                expires_at=expires_at and expires_at.replace(tzinfo=utc_now().tzinfo),
                now=utc_now(),
            )
        return token

    with _command() as settings:
        typer.echo(_with_database(settings, work))


@jobs.command("failed")
def list_failed_jobs() -> None:
    """List the jobs that are not tried any more."""
    with _command() as settings:
        for job in _with_database(settings, failed_jobs):
            typer.echo(
                f"{job.id}  {job.created_at:%Y-%m-%d %H:%M:%S}  {job.name}  {job.attempts} attempts  {job.arguments}"
            )


@jobs.command("retry")
def retry_jobs() -> None:
    """Try all failed jobs again."""
    with _command() as settings:
        typer.echo(f"{_with_database(settings, retry_failed_jobs)} jobs will be tried again.")


def _on_database(work: Any) -> Any:
    with _command() as settings:
        return _with_database(settings, work)


cli.add_typer(add_import_commands(_on_database), name="import")
cli.add_typer(add_stock_export(_on_database), name="export")
add_explain_command(cli, _on_database)
add_partner_check(cli)


def main() -> None:
    """The console script."""
    cli()
