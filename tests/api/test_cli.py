"""The command line: what starts, what refuses to start and says so in one line, what the small commands answer."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

import asyncpg
import pytest
from typer.testing import Result

from app import cli
from tests.conftest import ROOT, with_database

SECRET = "a secret for tests, long enough to be one"
HISTORY = """InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country
1,A1,Mug,2,2010-12-01 08:26:00,2.55,17850,United Kingdom
2,B1,Cup,x,2010-12-01 08:26:00,2.55,17850,United Kingdom
"""


@pytest.mark.parametrize(
    ("command", "environment", "message"),
    [
        ("serve", {}, "HIKIATE_SECRET_KEY is not set"),
        ("worker", {}, "HIKIATE_SECRET_KEY is not set"),
        ("serve", {"HIKIATE_SECRET_KEY": SECRET}, "DATABASE_URL is not set"),
        ("serve", {"HIKIATE_SECRET_KEY": "short"}, "HIKIATE_SECRET_KEY cannot be used"),
        ("serve", {"HIKIATE_PORT": "eighty"}, "HIKIATE_PORT cannot be used"),
        ("serve", {"HIKIATE_PORT": "70000"}, "HIKIATE_PORT cannot be used"),
        ("dev", {"HIKIATE_PRODUCTION": "true"}, "`hikiate dev` is for development"),
        ("check", {"DATABASE_URL": "postgresql://nobody:hidden@127.0.0.1:1/none"}, "No database at 127.0.0.1:1/none"),
        ("migrate", {"DATABASE_URL": "no address"}, "No database at"),
        ("migrate", {"DATABASE_URL": "postgresql://x:y@[::1:5432/z"}, "No database at"),
    ],
)
def test_what_cannot_start_says_why_in_one_line(
    hikiate: Callable[..., Result], command: str, environment: dict[str, str], message: str
) -> None:
    result = hikiate(command, **environment)
    assert result.exit_code == 1
    assert result.output.startswith(f"hikiate: {message}")
    assert result.output.count("\n") == 1
    for secret in ("hidden", "short", SECRET):
        assert secret not in result.output


@pytest.mark.parametrize(
    "command",
    [
        ["check"],
        ["key", "create", "owner", "--scope", "all"],
        ["jobs", "failed"],
        ["export", "stock"],
        ["import", "stock", "stock.csv"],
        ["explain", "{ channel { code } }"],
    ],
)
def test_a_command_in_a_wrong_folder_makes_no_shop_there(
    hikiate: Callable[..., Result], tmp_path: Path, command: list[str]
) -> None:
    (tmp_path / "stock.csv").write_text("sku,location,quantity\nA,B,1\n")
    result = hikiate(*command)
    assert result.exit_code == 1
    assert (
        f"hikiate: There is no shop in {tmp_path / '.hikiate'}: run this in the folder where it was started, "
        "or set HIKIATE_DATA_DIR or DATABASE_URL.\n"
    ) in result.output
    assert [path.name for path in tmp_path.iterdir()] == ["stock.csv"]


def test_a_slip_in_the_name_of_a_setting_is_told(
    hikiate: Callable[..., Result], caplog: pytest.LogCaptureFixture
) -> None:
    hikiate("check", HIKIATE_PRODUCTON="true")
    assert caplog.messages == ["HIKIATE_PRODUCTON is no setting and changes nothing: did you mean HIKIATE_PRODUCTION?"]


def test_small_commands_do_not_wait_for_the_schema(hikiate: Callable[..., Result]) -> None:
    code = "import sys, app.cli; sys.exit('app.api.schema' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0
    assert hikiate("--version").output == f"hikiate {version('hikiate')}\n"


def test_a_taken_port_is_named(hikiate: Callable[..., Result], dsn: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = hikiate("serve", HIKIATE_SECRET_KEY=SECRET, DATABASE_URL=dsn, HIKIATE_PORT=port)
    assert (result.exit_code, result.output) == (
        1,
        f"hikiate: Port {port} is in use: stop what uses it, or set HIKIATE_PORT to another one.\n",
    )


async def test_an_empty_database_has_to_be_migrated_first(
    hikiate: Callable[..., Result], dsn: str, worker_id: str
) -> None:
    name = f"empty_{os.getpid()}_{worker_id}"
    connection = await asyncpg.connect(dsn)
    await connection.execute(f'CREATE DATABASE "{name}"')
    empty = with_database(dsn, name)
    try:
        for command, code, message in (
            ("check", 1, "hikiate: The database is not up to date: run `hikiate migrate` first.\n"),
            ("migrate", 0, "The database is up to date now.\n"),
            ("migrate", 0, "The database was up to date.\n"),
        ):
            result = await _in_process(command, empty)
            assert (result.returncode, result.stdout) == (code, message)
    finally:
        await connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        await connection.close()


async def _in_process(command: str, dsn: str) -> subprocess.CompletedProcess[str]:
    import asyncio  # noqa: PLC0415

    environment = {**os.environ, "DATABASE_URL": dsn}
    return await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "app", command],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def test_small_commands(hikiate: Callable[..., Result], dsn: str, tmp_path: Path) -> None:
    checked = hikiate("check", DATABASE_URL=dsn)
    assert (checked.exit_code, checked.output) == (
        0,
        f"{len(cli.INVARIANTS)} of {len(cli.INVARIANTS)} invariants hold.\n",
    )

    made = hikiate("key", "create", "till", "--scope", "stock:read", "--scope", "stock:write", DATABASE_URL=dsn)
    assert made.exit_code == 0
    assert made.output.startswith("hk_")
    again = hikiate("key", "create", "till", "--scope", "stock:read", DATABASE_URL=dsn)
    assert again.exit_code == 1
    assert again.output.startswith("hikiate: There is, or was, a key named till already")
    unknown = hikiate("key", "create", "other", "--scope", "everything", DATABASE_URL=dsn)
    assert unknown.exit_code == 1
    assert unknown.output.count("\n") == 1

    assert hikiate("jobs", "failed", DATABASE_URL=dsn).output == ""
    assert hikiate("jobs", "retry", DATABASE_URL=dsn).output == "0 jobs will be tried again.\n"

    history = tmp_path / "history.csv"
    history.write_text(HISTORY)
    imported = hikiate("import", "orders", str(history), DATABASE_URL=dsn)
    assert imported.exit_code == 0, imported.output
    assert (tmp_path / "history.csv.refused.csv").read_text().splitlines()[1].startswith("3,")
    wrong = hikiate("import", "orders", str(history), "--layout", "nonsense", DATABASE_URL=dsn)
    assert wrong.exit_code == 2


def test_the_schema_command(hikiate: Callable[..., Result], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "schema.graphql"
    monkeypatch.setattr(cli, "SCHEMA_FILE", file)
    assert hikiate("schema", "--check").exit_code == 1
    assert hikiate("schema", "--write").exit_code == 0
    assert hikiate("schema", "--check").exit_code == 0
    assert hikiate("schema").output == file.read_text()
    file.write_text("type Query { old: Int }\n")
    assert "run `make schema`" in hikiate("schema", "--check").output


def test_an_operation_is_explained(dsn: str, hikiate: Callable[..., Result], tmp_path: Path) -> None:
    document = "query Q($sku: String!) { variant(sku: $sku) { sku product { name } availability { available } } }"
    shown = hikiate("explain", document, "--variables", '{"sku": "A1"}', "--code", DATABASE_URL=dsn)
    assert shown.exit_code == 0, shown.output
    plan, _, code = shown.output.partition("\n# variant\n")
    assert plan.startswith(
        "query Q: cost 6\n  variant(sku: $sku) → Variant, function\n      sku\n"
        "    product → Product!, relation by products_by_id("
    )
    assert "\nBatches, level by level:\n  1. products_by_id(" in plan
    assert "\nStatements: 1\n  1. SELECT " in plan
    assert "def build(v, s):" in code
    (tmp_path / "two.graphql").write_text("query A { __typename } mutation B { __typename }")
    shown = hikiate("explain", "two.graphql", "--operation", "B", DATABASE_URL=dsn)
    assert shown.output.startswith("mutation B: cost ")
    assert "Statements" not in shown.output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["{ nothing }"], "hikiate: Cannot query field 'nothing' on type 'Query'.\n"),
        (["{ __typename }", "--variables", "[]"], "--variables is no JSON object."),
        (["query A { __typename } query B { __typename }"], "several and none was chosen"),
        (
            ["page.graphql"],
            "hikiate: page.graphql is no document, and as a file it cannot be read: No such file or directory.\n",
        ),
    ],
)
def test_what_cannot_be_explained_is_refused(
    hikiate: Callable[..., Result], arguments: list[str], message: str
) -> None:
    refused = hikiate("explain", *arguments)
    assert refused.exit_code != 0
    assert message in refused.output
