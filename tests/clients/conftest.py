"""The packages, and a demo shop for each test process that uses them against a server."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from tests.clients import node
from tests.demo.template import demo_database
from tests.scenarios.serving import Program


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The first of these tests waits for `npm ci`."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.timeout(600))


@pytest.fixture(scope="session")
def packages() -> None:
    """Node with the locked packages. Without Node the test is skipped, or fails where Node is required."""
    missing = node.what_is_missing()
    if missing is not None and not node.is_required():
        pytest.skip(missing)
    assert missing is None, missing
    node.install()


@pytest.fixture(scope="session")
async def demo_shop(
    packages: None, worker_id: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncGenerator[Program, None]:
    """`hikiate dev` on a database with the demo shop."""
    async with demo_database(f"{worker_id}_clients") as dsn:
        program = Program("dev", dsn=dsn, folder=tmp_path_factory.mktemp("clients"))
        yield await program.ready()
        assert await program.stop() == 0, program.output
