"""Tests about the code base: sizes, names, owners of tables, permissions and descriptions of the schema."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    get_named_type,
    is_required_input_field,
    is_specified_scalar_type,
)

from app.kit.tables import metadata
from tests.conftest import ROOT, load_rooms

APP: Final = ROOT / "app"
MAX_LINES: Final = 300
MAX_FUNCTION_LINES: Final = 60
FORBIDDEN_NAMES: Final = ("utils", "helpers", "manager", "service")

# Mutations that a shopper without a key may call: knowing the unguessable id of the cart or order is the permission.
OPEN_MUTATIONS: Final = {
    "cartCreate",
    "cartLinesAdd",
    "cartLinesUpdate",
    "cartLinesRemove",
    "cartDeliverySet",
    "cartReserve",
    "cartReservationExtend",
    "cartReservationRelease",
    "checkoutComplete",
    "orderCancel",
    "pickupAnnounce",
    "pickupCollectorSet",
    "pickupExtend",
    "pickupReschedule",
}

# They move stock, money or an order, make a secret or send something, so a caller that hears nothing must be able to
# send them again.
KEYED_MUTATIONS: Final = {
    "apiKeyRotate",
    "ownApiKeyRotate",
    "webhookEndpointCreate",
    "webhookEndpointSecretRotate",
    "webhookEndpointTest",
    "webhookReplay",
    "stockAdjust",
    "stockReceive",
    "stockSet",
    "stockCorrect",
    "stockDriftRepair",
    "stockStateChange",
    "stockSafetySet",
    "transferCreate",
    "transferShip",
    "transferReceive",
    "transferCancel",
    "transferEdit",
    "transferDateSet",
    "transferMakeReady",
    "transferClose",
    "purchaseOrderCreate",
    "purchaseOrderEdit",
    "purchaseOrderPlace",
    "purchaseOrderDatesSet",
    "purchaseOrderReceive",
    "purchaseOrderClose",
    "purchaseOrderCancel",
    "countSessionOpen",
    "countSessionRecord",
    "countSessionReject",
    "countSessionApprove",
    "countSessionCancel",
    "reservationCreate",
    "reservationExtend",
    "reservationRelease",
    "reservationTransfer",
    "cartReserve",
    "cartReservationExtend",
    "cartReservationRelease",
    "shipmentCreate",
    "pickupHandOver",
    "pickupExpire",
    "orderCancel",
    "checkoutComplete",
    "variantSellingRuleSet",
    "bundleComponentsSet",
    "channelShareSet",
    "channelShareRemove",
    "backorderCancel",
    "orderRefund",
    "stockImport",
    "workCreate",
    "pickupReport",
    "pickupRelocate",
    "pickupTakeBack",
    "pickupExtend",
    "pickupCollectorSet",
    "pickupAnnounce",
    "pickupReschedule",
    *("workMove", "workReject", "workReportShort", "workSplit"),
    *("pickListCreate", "workMerge"),
    "trackingReport",
    "shipmentTakeBack",
}
# Each row has a key of its own, or is one.
OF_MANY = {"pickupReports", "trackingReports", "trackingImport"}


def python_files(*roots: Path) -> list[Path]:
    return sorted(path for root in roots for path in root.rglob("*.py"))


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_files_and_functions_stay_small() -> None:
    large = [
        f"{path.relative_to(ROOT)}: {count} lines"
        for path in python_files(APP, ROOT / "tests", ROOT / "bench")
        if (count := len(path.read_text().splitlines())) > MAX_LINES
    ]
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}: {length} lines"
        for path in python_files(APP)
        for node in functions(ast.parse(path.read_text()))
        if (length := (node.end_lineno or node.lineno) - node.lineno + 1) > MAX_FUNCTION_LINES
    ]
    assert (large, long) == ([], [])


def test_no_file_is_named_after_nothing() -> None:
    assert [path for path in python_files(APP) if any(name in path.stem for name in FORBIDDEN_NAMES)] == []


def test_every_action_has_a_test_file() -> None:
    missing = [
        f"tests/{action.parts[-3]}/test_{action.stem}.py"
        for action in APP.glob("*/actions/*.py")
        if action.stem != "__init__" and not (ROOT / "tests" / action.parts[-3] / f"test_{action.stem}.py").exists()
    ]
    assert sorted(missing) == []


def test_every_action_file_has_one_public_verb_named_like_it() -> None:
    wrong = []
    for path in APP.glob("*/actions/*.py"):
        if path.stem == "__init__":
            continue
        names = [
            node.name
            for node in ast.parse(path.read_text()).body
            if isinstance(node, ast.AsyncFunctionDef | ast.FunctionDef)
        ]
        if path.stem not in names:
            wrong.append(f"{path.relative_to(ROOT)}: {[name for name in names if not name.startswith('_')]}")
    assert wrong == []


WRITES: Final = re.compile(r"\b(?:INSERT\s+INTO|UPDATE|DELETE\s+FROM|TRUNCATE)\s+(?:ONLY\s+)?([a-z_]+)", re.IGNORECASE)
CORE_WRITES: Final = {"insert", "update", "delete", "upsert"}


def written_tables(path: Path) -> set[str]:
    """Names of the tables that the statements of a file write, from SQL texts and from Core calls."""
    found: set[str] = set()
    tables = {table.name for table in metadata.tables.values()}
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.update(name for name in WRITES.findall(node.value) if name in tables)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in CORE_WRITES and node.args:
            first = node.args[0]
            name = first.id if isinstance(first, ast.Name) else getattr(first, "attr", "")
            if name in tables:
                found.add(name)
    return found


def test_only_the_owner_writes_its_tables() -> None:
    owners = {
        table: module.__name__.split(".")[1]
        for module in load_rooms("tables")
        for table in metadata.tables
        if getattr(module, table, None) is metadata.tables[table]
    }
    foreign = [
        f"{path.relative_to(ROOT)} writes {table} of {owners[table]}"
        for path in python_files(APP)
        for table in written_tables(path)
        if table in owners and path.relative_to(APP).parts[0] != owners[table]
    ]
    assert foreign == []


SEARCHED: Final = {".py", ".md", ".toml", ".graphql", ".json", ".mjs"}


def test_the_project_names_no_registry_and_no_machine() -> None:
    # Put together here, so that this file is searched like all others.
    hosts = [f"{name}.{end}" for name, end in (("pypi", "org"), ("registry", "npmjs"))] + ["python" + "hosted"]
    machine = [f"/{folder}/" for folder in ("work", "root")]
    pattern = re.compile("|".join(map(re.escape, [*hosts, *machine, str(ROOT)])))
    roots = [ROOT / name for name in ("app", "bench", "migrations", "docs", "tests")]
    files = [path for root in roots for path in root.rglob("*") if path.suffix in SEARCHED]
    # A tree beside the main one has a file in the place of the folder `.git`.
    files += [path for path in ROOT.iterdir() if path.is_file() and path.name != ".git"]
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in files
        if (match := pattern.search(path.read_text(errors="ignore")))
    ]
    assert found == []


def schema_types() -> list[object]:
    from app.api.schema import schema  # noqa: PLC0415  # the other tests here need no schema

    graphql_schema = schema._schema  # strawberry has no public way to the graphql-core schema
    return [kind for name, kind in graphql_schema.type_map.items() if not name.startswith("__")]


def test_everything_in_the_schema_is_described() -> None:
    silent: list[str] = []
    for kind in schema_types():
        if not is_specified_scalar_type(kind) and not kind.description:  # type: ignore[attr-defined,arg-type]
            silent.append(str(kind))
        if isinstance(kind, GraphQLEnumType):
            silent += [f"{kind.name}.{name}" for name, value in kind.values.items() if not value.description]
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            for name, field in kind.fields.items():
                if not field.description:
                    silent.append(f"{kind.name}.{name}")
                silent += [
                    f"{kind.name}.{name}({argument})"
                    for argument, value in getattr(field, "args", {}).items()
                    if not value.description and argument != "input"
                ]
    assert silent == []


@pytest.mark.parametrize("interface", ["UserError", "CartProblem"])
def test_one_name_has_one_type_over_all_refusals(interface: str) -> None:
    """Else `... on A { sku } ... on B { sku }` in one document is refused by every server and client."""
    types: dict[str, dict[str, list[str]]] = {}
    for kind in schema_types():
        if isinstance(kind, GraphQLObjectType) and interface in {parent.name for parent in kind.interfaces}:
            for name, field in kind.fields.items():
                types.setdefault(name, {}).setdefault(str(field.type), []).append(kind.name)
    assert "message" in types
    assert {name: by_type for name, by_type in types.items() if len(by_type) > 1} == {}


def test_every_mutation_asks_for_a_scope_or_is_open_on_purpose() -> None:
    from app.api.schema import schema  # noqa: PLC0415  # the other tests here need no schema

    text = schema.as_str()
    block = text[text.index("type Mutation {") :]
    fields = re.findall(r"^  (\w+)\((?:.|\n)*?\): \w+!?(.*)$", block[: block.index("\n}")], re.MULTILINE)
    unprotected = {name for name, directives in fields if "@requiresScopes" not in directives}
    assert unprotected == OPEN_MUTATIONS
    assert len(fields) > len(OPEN_MUTATIONS)


def test_what_moves_stock_money_or_an_order_needs_an_idempotency_key() -> None:
    needed: set[str] = set()
    for kind in schema_types():
        if isinstance(kind, GraphQLObjectType) and kind.name == "Mutation":
            for name, field in kind.fields.items():
                if name in OF_MANY:
                    continue
                given = get_named_type(field.args["input"].type)
                assert isinstance(given, GraphQLInputObjectType)
                assert "idempotencyKey" in given.fields, name
                if is_required_input_field(given.fields["idempotencyKey"]):
                    needed.add(name)
    assert needed == KEYED_MUTATIONS


def test_the_schema_file_is_up_to_date() -> None:
    from app.api.schema import schema  # noqa: PLC0415  # the other tests here need no schema

    file = ROOT / "schema.graphql"
    if not file.exists() or file.read_text() != schema.as_str() + "\n":
        pytest.fail("schema.graphql differs from the code: run `make schema`.")
