"""One demo shop per test process that reads documents, as `make run` starts it."""

from collections.abc import AsyncGenerator

import pytest

from tests.demo.template import demo_database
from tests.scenarios.serving import Program


@pytest.fixture(scope="session")
async def demo_shop(worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Program, None]:
    """`hikiate dev` on a database with the demo shop."""
    async with demo_database(worker_id) as dsn:
        program = Program("dev", dsn=dsn, folder=tmp_path_factory.mktemp("dev"))
        yield await program.ready()
        assert await program.stop() == 0, program.output
