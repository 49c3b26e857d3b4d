"""The command `hikiate explain`."""

from pathlib import Path
from typing import Annotated, Any

import orjson
import typer


def add_explain_command(cli: typer.Typer, with_database: Any) -> None:
    """Add the command. with_database(work): runs `work(db)` on the database of the settings."""

    @cli.command("explain")
    def command(  # noqa: PLR0917  # options of a command
        document: Annotated[str, typer.Argument(help="A GraphQL document, or the name of a file with one.")],
        variables: Annotated[str, typer.Option(help="Its variables, as a JSON object.")] = "{}",
        operation: Annotated[str | None, typer.Option(help="Which operation, when there are several.")] = None,
        staff: Annotated[bool, typer.Option("--staff", help="Run it with all scopes of staff.")] = False,
        run: Annotated[bool, typer.Option("--run/--no-run", help="Run a query once to see its statements.")] = True,
        code: Annotated[bool, typer.Option("--code", help="Show the generated functions, too.")] = False,
    ) -> None:
        """Show how an operation runs: its plan, batches, SQL statements and cost."""
        # Whatever can be run has a brace.
        text, values = document if "{" in document else _read(Path(document)), _object(variables)
        _explain(text, values, operation, with_database=with_database, as_staff=staff, is_run=run, shows_code=code)


def _explain(
    text: str,
    variables: dict[str, Any],
    operation: str | None,
    *,
    with_database: Any,
    as_staff: bool,
    is_run: bool,
    shows_code: bool,
) -> None:
    from graphql import OperationType  # noqa: PLC0415  # see app.main

    from app.api.explaining import prepare, statements_of  # noqa: PLC0415
    from app.engine.explain import explain, generated_code  # noqa: PLC0415
    from app.engine.request import Refused  # noqa: PLC0415

    try:
        prepared = prepare(text, variables, operation)
    except Refused as refused:
        for error in refused.errors:
            typer.echo(f"hikiate: {error.message}", err=True)
        raise typer.Exit(1) from None
    typer.echo(explain(prepared))
    if is_run and prepared.operation.type is OperationType.QUERY:
        for line in with_database(lambda db: statements_of(prepared, db, as_staff=as_staff)):
            typer.echo(line)
    if shows_code:
        typer.echo("\n" + generated_code(prepared))


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "it is no text in UTF-8"
        typer.echo(f"hikiate: {file} is no document, and as a file it cannot be read: {reason}.", err=True)
        raise typer.Exit(1) from None


def _object(variables: str) -> dict[str, Any]:
    try:
        values = orjson.loads(variables)
    except orjson.JSONDecodeError:
        values = None
    if not isinstance(values, dict):
        raise typer.BadParameter("--variables is no JSON object.")
    return values
