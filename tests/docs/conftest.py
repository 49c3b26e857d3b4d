"""The shops that `make run` starts: the demo shop, once per test process that reads documents, and an empty one."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from app.kit.db import Database
from tests.conftest import broken_invariants, cloned_database
from tests.demo.template import demo_database
from tests.scenarios.serving import Program


@pytest.fixture(scope="session")
async def demo_shop(worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncGenerator[Program, None]:
    """`hikiate dev` on a database with the demo shop."""
    async with demo_database(worker_id) as dsn:
        program = Program("dev", dsn=dsn, folder=tmp_path_factory.mktemp("dev"))
        yield await program.ready()
        assert await program.stop() == 0, program.output


@pytest.fixture
async def empty_shop(worker_id: str, tmp_path: Path) -> AsyncGenerator[Program, None]:
    """`hikiate dev --no-demo` on a database without a row. At the end every slice's invariants must hold."""
    async with cloned_database(f"{worker_id}_empty") as dsn:
        program = Program("dev", "--no-demo", dsn=dsn, folder=tmp_path / "dev")
        yield await program.ready()
        assert await program.stop() == 0, program.output
        db = await Database.open(dsn, read_connections=1, write_connections=2)
        broken = await broken_invariants(db)
        await db.close()
        assert broken == {}
