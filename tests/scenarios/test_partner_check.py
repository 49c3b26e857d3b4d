"""`hikiate partner-check` holds against the server as it is, and each of its steps objects when it is otherwise."""

import re
import subprocess
import sys
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from itertools import count
from typing import Any, Final

import httpcore
import orjson
import pytest

from app.cli_partner import check_partner
from app.conformance import listening
from app.conformance.steps import STEPS
from app.kit.clock import utc_now
from app.partners.actions.create_api_key import create_api_key
from app.partners.actions.create_partner import create_partner
from tests.conftest import ROOT
from tests.scenarios.client import Client
from tests.scenarios.journeys import order_to_point, ship
from tests.scenarios.serving import Program
from tests.scenarios.shop import HOSHI_KEY, Shop

_numbers = count(1)
TITLES: Final = [step.title for step in STEPS]
Sabotage = Callable[[dict[str, Any], dict[str, Any]], Any]


async def sandbox_key(shop: Shop) -> str:
    """The key of a sandbox partner of its own; wrong codes are counted by key and partner."""
    await shop.goods(EAST=1)
    name = f"sandbox-{next(_numbers)}"
    async with shop.db.write() as tx:
        given: Any = {"code": name, "name": name, "kind": "LOCKER_OPERATOR", "is_sandbox": True}
        partner_id = await create_partner(tx, **given, now=utc_now())
        scopes = ["partner:jobs"]
        _, token = await create_api_key(
            tx, name=name, kind="PARTNER", scopes=scopes, partner_id=partner_id, now=utc_now()
        )
    return token


class Liar(httpcore.AsyncConnectionPool):
    """The server, but for what it is made to say."""

    def __init__(self, answer: Sabotage | None = None, stream: Sabotage | None = None) -> None:
        super().__init__()
        self._answer = answer or (lambda _, body: body)
        self._stream = stream

    async def request(self, method: Any, url: Any, **more: Any) -> httpcore.Response:
        response = await super().request(method, url, **more)
        asked = orjson.loads(more["content"]) | {"key": more["headers"].get("Authorization")}
        body = self._answer(asked, orjson.loads(response.content))
        changed = httpcore.Response(response.status, content=orjson.dumps(body))
        await changed.aread()
        return changed

    @asynccontextmanager
    async def stream(self, method: Any, url: Any, **more: Any) -> AsyncGenerator[Any, None]:
        asked = orjson.loads(more["content"])
        async with super().stream(method, url, **more) as response:
            yield Stream(response, asked, self._stream)


class Stream:
    """The open answer to a subscription."""

    def __init__(self, response: Any, asked: Any, change: Sabotage | None) -> None:
        self._response, self._asked, self._change = response, asked, change

    async def aiter_stream(self) -> AsyncGenerator[bytes, None]:
        async for part in self._response.aiter_stream():
            yield part if self._change is None else self._change(self._asked, part)


def change(pattern: str, replacement: str, *, where: str = "", times: int = 0) -> Sabotage:
    """Another text in answers to requests with `where` in them."""

    def changed(asked: dict[str, Any], body: Any) -> Any:
        if where not in orjson.dumps(asked).decode():
            return body
        text = body.decode() if isinstance(body, bytes) else orjson.dumps(body).decode()
        text = re.sub(pattern, replacement, text, count=times)
        return text.encode() if isinstance(body, bytes) else orjson.loads(text)

    return changed


def without_last(name: str) -> Sabotage:
    """A page of the queue that lacks a row, when a variable has a value."""

    def changed(asked: dict[str, Any], body: Any) -> Any:
        if "pageInfo" in asked["query"] and asked["variables"].get(name) and "data" in body:
            body["data"]["pickups"]["nodes"].pop()
        return body

    return changed


def reversed_rows(asked: dict[str, Any], body: Any) -> Any:
    """Answers to many reports in another order."""
    if "pickupReports(" in asked["query"]:
        body["data"]["pickupReports"]["results"].reverse()
    return body


def open_to_all(asked: dict[str, Any], body: Any) -> Any:
    """An answer to whoever has no key."""
    return body if asked["key"] else {"data": {"pickups": {"nodes": []}}}


def told_more(asked: dict[str, Any], body: Any) -> Any:
    """Others' pickups are refused in another way than those that nobody has."""
    given = asked["variables"].get("input", {})
    return change("NOT_FOUND", "FORBIDDEN")(asked, body) if given.get("pickupNumber", "PU-1") != "PU-1" else body


SABOTAGE: Final[dict[str, tuple[Sabotage | None, Sabotage | None]]] = {
    "without a key nothing is told": (open_to_all, None),
    "the key is a partner's and opens its jobs": (change('"partner:jobs"', '"stock:read"', where="viewer"), None),
    "the queue comes in pages": (change('"hasNextPage":false', '"hasNextPage":true', where='"first":6'), None),
    "test pickups are made, once for each idempotency key": (
        change('"replayed":true', '"replayed":false', where="sandboxPickupCreate"),
        None,
    ),
    "the queue has each of them once": (without_last("status"), None),
    "the queue with them comes in pages": (without_last("after"), None),
    "neither code nor order is shown to a partner": (change('"code":null', '"code":"123456"'), None),
    "an arrival makes a pickup READY": (change('"A7"', "null", where="pickupReport("), None),
    "a repetition is answered as the first time and happens once": (
        change('"replayed":true', '"replayed":false', where="pickupReport("),
        None,
    ),
    "the same key with another report is refused": (
        change(r'\{[^{}]*"IDEMPOTENCY_KEY_REUSED"[^{}]*\}', ""),
        None,
    ),
    "a wrong code is refused and counted once": (change('"remainingAttempts":4', '"remainingAttempts":3'), None),
    "the right code is right": (change('"isVerified":true', '"isVerified":false'), None),
    "the goods are collected": (change('"APPLIED"', '"SUPERSEDED"', where="COLLECTED None"), None),
    "reports may come late and in any order": (change('"SET_ASIDE"', '"APPLIED"'), None),
    "what cannot have happened is refused": (change(r'\{[^{}]*"occurredAt"[^{}]*\}', ""), None),
    "of many reports each is kept or refused by itself": (reversed_rows, None),
    "pickups of others answer as those that do not exist": (told_more, None),
    "goods that nobody collects expire and go back": (change('"4412-9920-1181"', "null"), None),
    "the subscription tells every change": (None, change("RETURNING", "EXPIRED", where='"after":null')),
    "a subscription goes on where it was lost": (None, change('"READY"', '"ARRIVED"', where='"after":"')),
}


def lines_of(output: str) -> dict[str, str]:
    """What is said of each step."""
    found = re.findall(r"^(ok|FAILED) +(.*)$", output, re.MULTILINE)
    return {title: said for said, title in found}


async def test_the_contract_holds(
    shop: Shop, server: Program, shopper: Client, staff: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    order = await order_to_point(shopper, shop, await shop.goods(EAST=2), "HOSHI-1")
    await ship(staff, order)
    [pickup] = (await shopper.ask("query ($id: ID!) { order(id: $id) { pickups { id } } }", id=order["id"]))["pickups"]
    async with Liar() as pool:
        holds = await check_partner(server.url, await sandbox_key(shop), pool, [pickup["id"]])
    output = capsys.readouterr().out
    assert holds, output
    assert lines_of(output) == dict.fromkeys(TITLES, "ok")
    assert output.endswith(f"{len(STEPS)} of {len(STEPS)} steps hold.\n")


async def test_it_can_be_run_again_with_the_same_key(
    shop: Shop, server: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    key = await sandbox_key(shop)
    for _ in range(2):
        async with Liar() as pool:
            assert await check_partner(server.url, key, pool, []), capsys.readouterr().out


async def test_others_pickups_in_the_queue_are_found_out(
    shop: Shop, server: Program, capsys: pytest.CaptureFixture[str]
) -> None:
    lie = change('("location":{"id":")[^"]+', r"\1TG9jYXRpb246MQ", where='"first":100,"after":null')
    async with Liar(lie) as pool:
        assert not await check_partner(server.url, await sandbox_key(shop), pool, [])
    assert lines_of(capsys.readouterr().out)["pickups of others answer as those that do not exist"] == "FAILED"


def test_every_step_can_fail() -> None:
    assert sorted(SABOTAGE) == sorted(TITLES)


@pytest.mark.parametrize("title", TITLES)
async def test_a_server_that_breaks_the_contract_is_found_out(
    shop: Shop,
    server: Program,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    title: str,
) -> None:
    monkeypatch.setattr(listening, "TOLD_WITHIN_S", 1.0)
    async with Liar(*SABOTAGE[title]) as pool:
        assert not await check_partner(server.url, await sandbox_key(shop), pool, [])
    output = capsys.readouterr().out
    assert lines_of(output)[title] == "FAILED", output
    after = output[output.index(title) :].splitlines()
    assert after[1].startswith("        expected  ")
    assert after[2].startswith("        found     ")


async def test_pickups_of_others_that_answer_are_found_out(
    shop: Shop, server: Program, shopper: Client, staff: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    order = await order_to_point(shopper, shop, await shop.goods(EAST=2), "HAKO-1")
    await ship(staff, order)
    [pickup] = (await shopper.ask("query ($id: ID!) { order(id: $id) { pickups { id } } }", id=order["id"]))["pickups"]
    lie = change('"pickup":null', '"pickup":{"number":"PU-7"}', where=f'{{"id":"{pickup["id"]}"}}')
    async with Liar(lie) as pool:
        assert not await check_partner(server.url, await sandbox_key(shop), pool, [pickup["id"]])
    found = lines_of(capsys.readouterr().out)
    assert [title for title, said in found.items() if said == "FAILED"] == [
        "pickups of others answer as those that do not exist"
    ]


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """The command, as a partner has it: no settings."""
    command = [sys.executable, "-m", "app", "partner-check", *words]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100, check=False)


async def test_the_command_needs_an_address_and_a_key(shop: Shop, server: Program) -> None:
    done = run("--url", server.url, "--key", await sandbox_key(shop))
    assert (done.returncode, done.stderr) == (0, "")
    assert lines_of(done.stdout) == dict.fromkeys(TITLES, "ok")


async def test_a_key_of_real_points_writes_nothing(shop: Shop, server: Program) -> None:
    await sandbox_key(shop)

    async def rows() -> list[Any]:
        async with shop.db.read() as tx:
            return [
                await tx.connection.fetchval(f"SELECT count(*) FROM {table}")
                for table in ("orders", "pickups", "pickup_reports", "requests", "code_refusals", "order_history")
            ]

    before = await rows()
    done = run("--url", server.url, "--key", HOSHI_KEY)
    assert await rows() == before
    assert done.returncode == 1
    assert lines_of(done.stdout) == dict.fromkeys(TITLES[:3], "ok")
    assert "nothing was written" in done.stdout


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--url", "http://127.0.0.1:9", "--key", "hk_none_at_all_here"], 1, "ConnectError"),
        (["--url", "127.0.0.1:9", "--key", "hk_none_at_all_here"], 2, "--url"),
        (["--url", "http://127.0.0.1:9", "--key", "hk_鍵"], 2, "--key"),
    ],
)
def test_what_cannot_be_checked_says_why(words: list[str], code: int, said: str) -> None:
    done = run(*words)
    assert done.returncode == code
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
