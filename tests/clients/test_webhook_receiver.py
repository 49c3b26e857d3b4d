"""The receiver of docs/webhooks.md, run by Node, is sent what a shop sends, and what others send."""

import asyncio
import os
import re
import shutil
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from app.kit.clock import utc_now
from app.kit.db import Database
from app.kit.ids import new_id
from app.notifications.model.signing import new_secret, sign
from tests.clients import node
from tests.conftest import ROOT
from tests.notifications.receiver import Office, PickupTold, make_endpoint, tell

PAGE: Final = ROOT / "docs" / "webhooks.md"


@pytest.fixture(scope="module")
def receiver_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    missing = node.what_is_missing()
    if missing is not None and not node.is_required():
        pytest.skip(missing)
    [code] = re.findall(r"^```js\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    file = tmp_path_factory.mktemp("receiver") / "receiver.mjs"
    file.write_text(code, encoding="utf-8")
    return file


@asynccontextmanager
async def running(file: Path, secret: str) -> AsyncGenerator[tuple[str, Any], None]:
    """Its URL, and the process."""
    executable = shutil.which("node")
    assert executable is not None
    process = await asyncio.create_subprocess_exec(
        executable,
        str(file),
        env={"PATH": os.environ.get("PATH", ""), "PORT": "0", "WEBHOOK_SECRET": secret},
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdout is not None
    try:
        word, port = (await asyncio.wait_for(process.stdout.readline(), 60)).decode().split()
        assert word == "listening"
        yield f"http://127.0.0.1:{port}/hooks", process
    finally:
        process.kill()
        await process.wait()


async def printed(process: Any, lines: int) -> list[str]:
    return [(await asyncio.wait_for(process.stdout.readline(), 30)).decode().strip() for _ in range(lines)]


async def test_it_hears_what_a_shop_sends(db: Database, receiver_file: Path) -> None:
    office = Office(db, utc_now())
    _, secret = await make_endpoint(db, "http://127.0.0.1:9/", now=office.now)
    async with running(receiver_file, secret) as (url, process):
        async with db.write() as tx:
            await tx.connection.execute("UPDATE webhook_endpoints SET url = $1", url)
        pickup = new_id()
        await tell(db, PickupTold(pickup, "READY", 1), PickupTold(pickup, "COLLECTED", 2))
        await office.deliver()
        assert await printed(process, 2) == ["pickup.ready PU-70000001 READY", "pickup.collected PU-70000001 COLLECTED"]
    assert await office.rows() == [("DELIVERED", 1)] * 2
    await office.postman.close()


async def test_it_refuses_what_others_send_and_drops_repetitions(receiver_file: Path) -> None:
    secret, body = new_secret(), b'{"type":"pickup.ready","data":{"number":"PU-1","status":"READY"}}'
    async with running(receiver_file, secret) as (url, process), httpx.AsyncClient() as http:

        async def send(keys: list[str], said: bytes = body, message: str = "evt_1", minutes: int = 0) -> int:
            headers = sign(body, message, utc_now() + timedelta(minutes=minutes), keys)
            return (await http.post(url, content=said, headers=headers)).status_code

        assert await send([new_secret()]) == 401
        assert await send([secret], said=body + b" ") == 401
        assert await send([secret], minutes=-6) == 401
        assert await send([secret], minutes=6) == 401
        assert (await http.post(url, content=body)).status_code == 401
        assert await send([secret]) == 204
        assert await send([new_secret(), secret]) == 204
        assert await send([secret], message="evt_2") == 204
        assert await printed(process, 2) == ["pickup.ready PU-1 READY"] * 2
