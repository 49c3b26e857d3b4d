"""Jobs that run more often than a timetable can say."""

import asyncio
from datetime import timedelta
from typing import Any

from app.kit.clock import utc_now
from app.kit.db import Database
from app.kit.queue import Beat, Worker
from tests.kit.feed_tools import PATIENCE_S


async def test_a_beat_begins_none_before_its_last_one_has_ended_and_outlives_its_failures(db: Database) -> None:
    running, begun, together = 0, 0, list[int]()
    seen = asyncio.Event()

    async def job(db: Database, *, now: Any) -> None:
        nonlocal running, begun
        assert db.dsn
        assert abs(utc_now() - now) < timedelta(seconds=PATIENCE_S)
        running += 1
        begun += 1
        together.append(running)
        for _ in range(20):  # much longer than the beat
            await asyncio.sleep(0)
        running -= 1
        if begun == 2:
            message = "once"
            raise ValueError(message)
        if begun == 6:
            seen.set()

    worker = Worker(db, [], [], [Beat("test:beat", 0.0001, job)])
    task = asyncio.create_task(worker.run())
    async with asyncio.timeout(PATIENCE_S):
        await seen.wait()
        worker.stop()
        await task
    assert running == 0
    assert set(together) == {1}
