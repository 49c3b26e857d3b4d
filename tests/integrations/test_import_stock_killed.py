"""`kill -9` in the middle of a stock import: what is committed is counted, and the next run does the rest."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import asyncpg

from app.kit.db import Database
from app.kit.statement import Statement
from tests.conftest import AS_OWNER, ROOT
from tests.integrations.test_import_stock_file import ground, written
from tests.inventory.builders import counters
from tests.scenarios.serving import until

_PATIENCE_S = 200.0  # a program starts slowly on a busy machine; only a failing test waits so long
_CHUNKS = Statement("SELECT count(*) FROM stock_import_chunks")
_IS_WAITING = Statement("SELECT EXISTS (SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' "
                        "AND datname = current_database() AND query LIKE '%judged%')")  # fmt: skip


def start(db: Database, file: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "app", "import", "stock", str(file), "--mode", "delta", "--jobs", "1"],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": db.dsn, "HIKIATE_LOG_LEVEL": "WARNING"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


async def test_killed_and_started_again(db: Database, tmp_path: Path) -> None:
    [one], places = await ground(db, 1, 12_000)
    rows = [("SKU-1", f"ST-{n}", 3) for n in range(1, 12_001)]
    file = written(tmp_path, [("SKU-1", "ST-5500", 1)], "first.csv").path
    program = start(db, file)
    output, _ = await asyncio.to_thread(program.communicate)
    assert program.returncode == 0, output
    file = written(tmp_path, [*rows, ("SKU-9", "ST-1", 1)]).path

    # Somebody holds a row of the second chunk, so that the program stands still in the middle of it.
    holder = await asyncpg.connect(db.dsn)
    try:
        async with holder.transaction():
            await holder.execute("SELECT FROM stock FOR UPDATE")
            program = start(db, file)

            async def stands_still() -> bool:
                assert program.poll() is None, program.communicate()[0]
                async with db.read_snapshot() as tx:
                    await tx.connection.execute(AS_OWNER)
                    return await tx.fetchval(_CHUNKS) == 2 and await tx.fetchval(_IS_WAITING)

            await until(stands_still, within=_PATIENCE_S)
            program.send_signal(signal.SIGKILL)
            await asyncio.to_thread(program.communicate)
            assert program.returncode == -signal.SIGKILL
    finally:
        await holder.close()

    async def is_gone() -> bool:
        async with db.read_snapshot() as tx:
            await tx.connection.execute(AS_OWNER)
            return not await tx.fetchval(_IS_WAITING)

    await until(is_gone, within=_PATIENCE_S)
    levels = await counters(db)
    assert [levels[one, place][0] for place in places[:5_000]] == [3] * 5_000
    assert (len(levels), levels[one, places[5_499]][0]) == (5_001, 1)

    program = start(db, file)
    output, _ = await asyncio.to_thread(program.communicate)
    assert program.returncode == 3, output
    levels = await counters(db)
    assert [levels[one, place][0] for place in places] == [4 if n == 5_500 else 3 for n in range(1, 12_001)]
    assert (tmp_path / "stock.csv.refused.csv").read_text().splitlines()[1:] == [
        "12002,NOT_FOUND,There is no SKU 'SKU-9'.,SKU-9,ST-1,1"
    ]
    assert "5,000" in output

    program = start(db, file)
    output, _ = await asyncio.to_thread(program.communicate)
    assert program.returncode == 3, output
    assert "was applied before" in output
    assert await counters(db) == levels
