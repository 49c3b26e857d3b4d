"""What others have written down about good servers and good schemas, in their own programs."""

import json
import re
import shutil
from typing import Any, Final

import pytest

from tests.clients import node
from tests.conftest import ROOT
from tests.scenarios.serving import Program

# Rules of the audit that this server does not follow, by name, with the reason.
EXCEPTIONS: Final[dict[str, str]] = {}


def test_node_is_there_where_it_is_required(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.delenv("NODE_REQUIRED", raising=False)
    assert not node.is_required()
    monkeypatch.setenv("CI", "true")
    assert node.is_required()
    script = (ROOT / ".ci" / "run").read_text()
    assert script.index("export NODE_REQUIRED=1") < script.index("make test")


def test_without_node_the_reason_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    assert node.what_is_missing() == "there is no Node on this machine (`node --version`, `npm --version`)"


def test_the_lock_says_what_and_not_from_where() -> None:
    lock = node.LOCK.read_text()
    packages: dict[str, Any] = json.loads(lock)["packages"]
    assert '"resolved"' not in lock
    assert re.findall(r'"[a-z+]+://[^"]*"', lock) == []
    locked = {name: one for name, one in packages.items() if name}
    assert [name for name, one in locked.items() if not str(one.get("integrity", "")).startswith("sha512-")] == []
    wanted = json.loads((node.HERE / "package.json").read_text())["devDependencies"]
    assert packages[""]["devDependencies"] == wanted


async def test_graphql_over_http(demo_shop: Program) -> None:
    """The audit suite of npm's `graphql-http`. What a server MAY do is its own choice."""
    results = json.loads(node.run("node", "http_audit.mjs", f"{demo_shop.url}/graphql"))
    failed = {name: reason for _, name, status, reason in results if status != "ok" and not name.startswith("MAY")}
    assert {name: reason for name, reason in failed.items() if name not in EXCEPTIONS} == {}
    assert sorted(EXCEPTIONS) == sorted(failed)
    assert len(results) > 50


@pytest.mark.usefixtures("packages")
def test_the_schema_follows_the_rules_of_graphql_eslint() -> None:
    words = ["eslint", "--no-warn-ignored", "--max-warnings=0", "--config", "tests/clients/eslint.config.mjs"]
    node.run(*words, "schema.graphql", folder=ROOT, settings={"SCHEMA": str(ROOT / "schema.graphql")})
