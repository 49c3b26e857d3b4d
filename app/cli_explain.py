"""The command `hikiate explain`."""

from pathlib import Path
from typing import Annotated, Any, Final

import orjson
import typer
from graphql import OperationType

from app.api.endpoint import Surroundings
from app.api.schema import schema as graphql_schema
from app.engine.explain import explain, generated_code
from app.engine.prepared import Prepared
from app.engine.request import Refused, Request
from app.kit.clock import utc_now
from app.kit.config import Config
from app.kit.db import Database
from app.kit.permissions import SHOPPER, STAFF_SCOPES, Actor, ActorKind
from app.kit.statement import Statement

STAFF: Final = Actor(ActorKind.STAFF, "explain", frozenset(STAFF_SCOPES))


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
        prepared = _prepare(document, variables, operation)
        typer.echo(explain(prepared))
        if run and prepared.operation.type is OperationType.QUERY:
            actor = STAFF if staff else SHOPPER
            for line in with_database(lambda db: _statements(prepared, db, actor)):
                typer.echo(line)
        if code:
            typer.echo("\n" + generated_code(prepared))


def _prepare(document: str, variables: str, operation: str | None) -> Prepared:
    is_file = "{" not in document and Path(document).is_file()
    text = Path(document).read_text(encoding="utf-8") if is_file else document
    try:
        values = orjson.loads(variables)
    except orjson.JSONDecodeError:
        values = None
    if not isinstance(values, dict):
        raise typer.BadParameter("--variables is no JSON object.")
    try:
        return graphql_schema.engine.prepare(Request(text, values, operation))
    except Refused as refused:
        for error in refused.errors:
            typer.echo(f"hikiate: {error.message}", err=True)
        raise typer.Exit(1) from None


async def _statements(prepared: Prepared, db: Database, actor: Actor) -> list[str]:
    """The statements that the query runs, in their order."""
    config = Config(secret_key=b"nothing that is explained needs a secret")
    context = Surroundings(graphql_schema.engine, graphql_schema, db, config, None, utc_now).context(actor, {})
    seen: list[Statement] = []
    db.observe = seen.append
    result = await graphql_schema.engine.execute(prepared, context)
    db.observe = None
    lines = [f"  {number}. {' '.join(statement.text.split())}" for number, statement in enumerate(seen, 1)]
    return ["", f"Statements: {len(seen)}", *lines, *(f"Error: {error.message}" for error in result.errors)]
