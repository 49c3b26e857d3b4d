"""The benchmark of the engine compares equal answers, and its command runs."""

from collections.abc import AsyncGenerator
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import pytest

from app.api.schema import schema
from app.api.server import create_app
from app.kit.clock import utc_now
from app.kit.db import Database
from bench.engine.__main__ import main
from bench.engine.documents import distinct_documents
from bench.engine.raw import Connections, RawReads
from bench.engine.raw_writes import CONFIG, RawWrites
from bench.engine.shop import Shop, Size, load_shop
from bench.engine.steps import FIELDS, UntilStatement, asgi_call, new_engine, time_first_seen
from bench.engine.workload import WORKLOADS, Workload
from bench.record import Table, record


@pytest.fixture
async def shop(db: Database) -> Shop:
    """The benchmark's shop, small."""
    return await load_shop(db, Size(products=120, wide=20, carts=20), now=utc_now())


@pytest.fixture
async def handlers(db: Database, shop: Shop) -> AsyncGenerator[dict[str, Any], None]:
    """What is written by hand."""
    connections = await Connections.open(db.dsn, 1)
    yield {**(await RawReads.open(connections)).handlers, **RawWrites(db, shop).handlers}
    await connections.close()


async def ours(app: Any, row: Workload, body: bytes) -> bytes:
    """The answer of our application."""
    scope, receive, send, answered = asgi_call(body, row.headers)
    await app(scope, receive, send)
    return b"".join(answered)


async def test_answers_are_equal_to_those_written_by_hand(db: Database, shop: Shop, handlers: dict[str, Any]) -> None:
    app = create_app(served=schema, db=db, config=CONFIG)
    for row in WORKLOADS.values():
        headers = {name.encode(): value.encode() for name, value in row.headers.items()}
        requests = zip(row.our_bodies(shop, 1), row.raw_bodies(shop, 1), strict=False)
        for number, (asked, sent) in enumerate(islice(requests, 10)):
            answer = b"" if number % 2 else await ours(app, row, asked)
            for form in row.forms:
                by_hand = await handlers[f"{row.path}/{form}"](orjson.loads(sent), headers)
                answer = answer or await ours(app, row, asked)
                assert (row.name, form, by_hand) == (row.name, form, answer)
            assert row.marker in answer


async def test_a_page_of_the_list_has_what_the_table_says(db: Database, shop: Shop, handlers: dict[str, Any]) -> None:
    page = orjson.loads(await handlers["list/rows"]({"after": "WzBd"}, {}))["data"]["products"]
    nodes = page["nodes"]
    assert len(nodes) == 24
    assert page["pageInfo"]["hasNextPage"] is True
    locations = [len(variant["availability"]["locations"]) for product in nodes for variant in product["variants"]]
    # Some goods are off sale and some places sold out: 24 x 3 x 5 is the most there can be.
    assert 65 <= len(locations) < 72
    assert max(locations) == 5
    assert min(locations) < 5


async def test_every_request_has_a_first_statement(db: Database, shop: Shop) -> None:
    requests = UntilStatement(db, shop)
    await requests.run(5)
    assert len(requests.times) == 5
    assert min(requests.times) > 0


def test_unknown_documents_have_as_many_fields_as_they_should() -> None:
    documents = distinct_documents(schema._schema, FIELDS, 30)
    assert len(set(documents)) == 30
    times, _ = time_first_seen(documents, new_engine)
    assert len(times) > 0


async def test_the_command_runs(db: Database, capsys: pytest.CaptureFixture[str]) -> None:
    await main(
        ["--rows", "list,delivery", "--seconds", "0.2", "--windows", "1", "--products", "60", "--sockets", "20"], db
    )
    printed = capsys.readouterr().out
    for title in ("24 products x 3 variants x 5 locations", "20 sockets: KiB per socket"):
        assert title in printed


def test_a_table_is_markdown() -> None:
    assert Table([("a", "1")]).lines() == ["| what | figure |", "| --- | --- |", "| a | 1 |"]
    assert Table([("a", "1", "2")], ("x", "y", "z")).lines()[1] == "| --- | ---: | ---: |"


def test_tables_replace_those_of_an_earlier_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page = tmp_path / "benchmarks.md"
    page.write_text("# Benchmarks\n\n## The engine\n\nold\n\n## Another\n\nkept\n")
    monkeypatch.setattr("bench.record.PAGE", page)
    record("The engine", "run", Table([("a", "1")]), store=False)
    assert "old" in page.read_text()
    record("The engine", "run", Table([("a", "1")]), Table([("b", "2", "3")], ("x", "y", "z")), note="A note.")
    sections = page.read_text().split("\n## ")
    assert [section.splitlines()[0] for section in sections] == ["# Benchmarks", "Another", "The engine"]
    assert "A note." in sections[2]
    assert "| a | 1 |" in sections[2]
    assert "| b | 2 | 3 |" in sections[2]
    assert "old" not in sections[2]
