"""Stock files: every row is applied once or refused with a reason, whatever happens on the way."""

import asyncio
import csv
import json
import random
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.integrations.actions import import_stock_file as action
from app.integrations.actions.import_stock_file import StockFile, import_stock_file
from app.integrations.errors import ImportConflict
from app.integrations.model import StockLayout, StockReport
from app.inventory.model import Claim, MovementKind
from app.kit.db import Database
from app.kit.statement import Statement
from tests.catalog.builders import make_variant
from tests.conftest import NOW
from tests.inventory.builders import counters, hold, wish
from tests.inventory.selling import bundle

LIMITS = "at most 1,000,000, and none below 0"
HEADER = "sku,location,quantity\n"
_GROUND = """
    WITH p AS (INSERT INTO products (slug, names, tax_class, sort_name_ja, sort_name_en, search_text, search_grams)
               VALUES ('p', '{}', 'STANDARD_10', 'p', 'p', 'p', '{}') RETURNING id),
         v AS (INSERT INTO variants (product_id, sku, names) SELECT p.id, 'SKU-' || n, '{}'
                 FROM p, generate_series(1, %d) n ORDER BY n)
    INSERT INTO locations (code, kind, names, holds_stock, ships_orders, hands_over)
    SELECT 'ST-' || n, 'STORE', '{}', true, true, true FROM generate_series(1, %d) n ORDER BY n
"""
_VARIANTS = Statement("SELECT id FROM variants ORDER BY id")
_PLACES = Statement("SELECT id FROM locations WHERE kind = 'STORE' ORDER BY id")
LEFTOVERS = Statement("SELECT count(*) FROM pg_class WHERE relname LIKE 'stock\\_import\\_%' AND relkind = 'r'")
_LEDGER = Statement("SELECT kind, cause_kind, d_on_hand, actor FROM ledger ORDER BY variant_id, location_id, entry_id")


async def ground(db: Database, variants: int, places: int) -> tuple[list[int], list[int]]:
    """Variants SKU-1 … and stores ST-1 …: their ids."""
    async with db.write() as tx:
        await tx.connection.execute(_GROUND % (variants, places))
    async with db.read() as tx:
        return (
            [row["id"] for row in await tx.fetch(_VARIANTS)],
            [row["id"] for row in await tx.fetch(_PLACES)],
        )


def written(folder: Path, rows: Iterable[tuple[Any, ...]], name: str = "stock.csv") -> StockFile:
    path = folder / name
    path.write_text(HEADER + "".join(",".join(map(str, row)) + "\n" for row in rows))
    return StockFile(path, name, StockLayout())


async def run(db: Database, file: StockFile, **options: Any) -> StockReport:
    return await import_stock_file(db, file, now=NOW, refused=file.path.with_name("refused.csv"), **options)


def refused(file: StockFile) -> list[list[str]]:
    with file.path.with_name("refused.csv").open() as found:
        return list(csv.reader(found))[1:]


def figures(report: StockReport) -> tuple[int, int, int, int]:
    assert report.rows == report.changed + report.unchanged + report.refused
    return report.rows, report.changed, report.unchanged, report.refused


async def test_quantities_are_set_and_what_is_right_already_writes_nothing(db: Database, tmp_path: Path) -> None:
    [one, two], [here, there] = await ground(db, 2, 2)
    first = written(tmp_path, [("SKU-1", "ST-1", 5), ("SKU-1", "ST-2", 0), ("SKU-2", "ST-1", 7)], "a.csv")
    assert figures(await run(db, first)) == (3, 2, 1, 0)
    second = written(tmp_path, [("SKU-1", "ST-1", 5), ("SKU-1", "ST-2", 3), ("SKU-2", "ST-1", 6)], "b.csv")
    assert figures(await run(db, second)) == (3, 2, 1, 0)
    level = await counters(db)
    assert {key: row[0] for key, row in level.items()} == {(one, here): 5, (one, there): 3, (two, here): 6}
    async with db.read() as tx:
        assert [tuple(row) for row in await tx.fetch(_LEDGER)] == [
            (MovementKind.ADJUSTED.value, "STOCK_IMPORT", change, "import") for change in (5, 3, 7, -1)
        ]
        assert await tx.fetchval(LEFTOVERS) == 3  # the tables of chunks, refusals and releases
    assert not (tmp_path / "refused.csv").exists()


async def test_each_row_is_for_itself_and_refusals_say_why(db: Database, tmp_path: Path) -> None:
    [one, two], [here, *_] = await ground(db, 2, 4)
    await run(db, written(tmp_path, [("SKU-1", "ST-1", 10)], "before.csv"))
    assert (await hold(db, wish(one, 6, here)))[0].claims == (Claim(1, one, here, 6),)
    rows = [
        ("SKU-1", "ST-1", 5),  # six are promised
        ("SKU-9", "ST-1", 1),
        ("SKU-1", "ST-9", 1),
        ("SKU-1", "IN-TRANSIT", 1),
        ("SKU-2", "ST-2", "many"),
        ("SKU-2", "ST-3", -1),
        ("SKU-2", "ST-4", 1_000_001),
        (" SKU-2 ", "ST-1", " 4 "),
    ]
    file = written(tmp_path, rows)
    assert figures(await run(db, file)) == (8, 1, 0, 7)
    assert [row[:3] for row in refused(file)] == [
        ["2", "INSUFFICIENT_STOCK", "6 units are promised (10 on hand): fewer cannot be set."],
        ["3", "NOT_FOUND", "There is no SKU 'SKU-9'."],
        ["4", "NOT_FOUND", "There is no location 'ST-9'."],
        ["5", "NOT_FOUND", "There is no location 'IN-TRANSIT'."],
        *[
            [str(line), "INVALID_QUANTITY", f"'{text}' is no whole quantity that can be taken: {LIMITS}."]
            for line, text in ((6, "many"), (7, "-1"), (8, "1000001"))
        ],
    ]  # fmt: skip
    assert await counters(db) == {(one, here): (10, 0, 6, 0), (two, here): (4, 0, 0, 0)}


async def test_a_quantity_down_to_what_is_promised_is_taken(db: Database, tmp_path: Path) -> None:
    [one], [here] = await ground(db, 1, 1)
    await run(db, written(tmp_path, [("SKU-1", "ST-1", 10)], "before.csv"))
    await hold(db, wish(one, 6, here))
    assert figures(await run(db, written(tmp_path, [("SKU-1", "ST-1", 6)]))) == (1, 1, 0, 0)
    assert await counters(db) == {(one, here): (6, 0, 6, 0)}


async def test_a_key_that_is_named_twice_is_set_once(db: Database, tmp_path: Path) -> None:
    [one], [here] = await ground(db, 1, 1)
    file = written(tmp_path, [("SKU-1", "ST-1", 5), ("SKU-1", " ST-1", 9), ("SKU-1", "ST-1", 5)])
    assert figures(await run(db, file)) == (3, 1, 0, 2)
    assert [row[:2] for row in refused(file)] == [["3", "INVALID_INPUT"], ["4", "INVALID_INPUT"]]
    assert (await counters(db))[one, here][0] == 5


async def test_c_4_rows_of_one_key_see_what_earlier_rows_have_left(db: Database, tmp_path: Path) -> None:
    """Differences in one file are judged one after another, not each against the same undiminished number."""
    [one], [here] = await ground(db, 1, 1)
    file = replace(written(tmp_path, [("SKU-1", "ST-1", n) for n in (5, -3, -3, 2, -1, -4, 1)]), is_absolute=False)
    assert figures(await run(db, file)) == (7, 5, 0, 2)
    assert [row[0] for row in refused(file)] == ["4", "7"]
    assert (await counters(db))[one, here] == (4, 0, 0, 0)


async def test_a_file_is_applied_once_and_once_more_on_request(db: Database, tmp_path: Path) -> None:
    [one], [here] = await ground(db, 1, 1)
    file = replace(written(tmp_path, [("SKU-1", "ST-1", "+5"), ("SKU-7", "ST-1", 1)]), is_absolute=False)
    assert (await run(db, file)).is_repeated is False
    repeated = await run(db, file)
    assert (repeated.is_repeated, figures(repeated)) == (True, (2, 1, 0, 1))
    assert (await counters(db))[one, here][0] == 5
    assert (await run(db, file, again=True)).is_repeated is False
    assert (await counters(db))[one, here][0] == 10
    # The same bytes, meant otherwise, are another import.
    assert (await run(db, replace(file, is_absolute=True))).is_repeated is False
    assert (await counters(db))[one, here][0] == 5


async def test_a_rehearsal_judges_and_moves_nothing(db: Database, tmp_path: Path) -> None:
    await ground(db, 2, 1)
    file = written(tmp_path, [("SKU-1", "ST-1", 5), ("SKU-2", "ST-1", 0), ("SKU-3", "ST-1", 1)])
    assert figures(await run(db, file, is_rehearsal=True)) == (3, 1, 1, 1)
    assert [row[0] for row in refused(file)] == ["4"]
    assert await counters(db) == {}
    async with db.read() as tx:
        assert await tx.fetchval(Statement("SELECT count(*) FROM stock_imports")) == 0
    assert figures(await run(db, file)) == (3, 1, 1, 1)


async def test_an_import_that_broke_off_goes_on_where_it_was(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [one], places = await ground(db, 1, 30)
    monkeypatch.setattr(action, "CHUNK", 4)
    rows = [("SKU-1", f"ST-{n}", n) for n in range(1, 31)]
    file = replace(written(tmp_path, [*rows, ("SKU-1", "ST-1", 100), ("nothing", "ST-1", 1)]), is_absolute=False)

    class BrokenOff(Exception):
        """As if the process were gone."""

    def stop(done: int, _rows: int) -> None:
        if done >= 12:
            raise BrokenOff

    with pytest.raises(ExceptionGroup):
        await run(db, file, jobs=1, progress=stop)
    assert {key[1]: row[0] for key, row in (await counters(db)).items()} == dict(
        zip(places[:12], range(1, 13), strict=True)
    )
    # A product that came in the meantime is found by the rows that wait, and only by these.
    report = await run(db, file)
    assert (report.earlier, figures(report)) == (12, (32, 31, 0, 1))
    assert {key[1]: row[0] for key, row in (await counters(db)).items()} == {
        place: n + 100 * (n == 1) for n, place in enumerate(places, 1)
    }
    assert all(key[0] == one for key in await counters(db))
    assert (await run(db, file)).is_repeated


async def test_chunks_of_a_new_shop_are_not_tried_before_their_rows_are_made(
    db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count_statements: Any
) -> None:
    [one], places = await ground(db, 1, 12)
    monkeypatch.setattr(action, "CHUNK", 4)
    rows = [("SKU-1", f"ST-{n}", n) for n in range(1, 13)]
    # The first three chunks are new; then all rows are there; then the last chunk alone is new.
    turns = [
        (written(tmp_path, rows, "new.csv"), 4, 3),
        (written(tmp_path, [(*key, n + 1) for *key, n in rows], "changed.csv"), 3, 0),
        (written(tmp_path, [(*key, n + 2) for *key, n in rows] + [("SKU-2", "ST-1", 7)], "more.csv"), 5, 1),
    ]
    for number, (file, applied, made) in enumerate(turns):
        if number == len(turns) - 1:
            async with db.write() as tx:
                other = await make_variant(tx, "SKU-2")
        with count_statements() as count:
            await run(db, file, jobs=1)
        texts = [one.text for one in count.statements]
        assert sum("INSERT INTO ledger" in text for text in texts) == applied
        assert sum("INSERT INTO stock " in text for text in texts) == made
    expected = {(one, place): n + 2 for n, place in enumerate(places, 1)} | {(other, places[0]): 7}
    assert {key: row[0] for key, row in (await counters(db)).items()} == expected


async def test_two_runs_of_one_file_at_once(db: Database, tmp_path: Path) -> None:
    await ground(db, 1, 1)
    file = replace(written(tmp_path, [("SKU-1", "ST-1", 5)]), is_absolute=False)
    done = await asyncio.gather(*(run(db, file) for _ in range(3)), return_exceptions=True)
    assert [one for one in done if not isinstance(one, StockReport | ImportConflict)] == []
    assert sum(isinstance(one, StockReport) and not one.is_repeated for one in done) == 1
    assert [row[0] for row in (await counters(db)).values()] == [5]


async def test_a_hundred_thousand_rows(db: Database, tmp_path: Path) -> None:
    variants, places = await ground(db, 500, 200)
    keys = [(f"SKU-{v}", f"ST-{p}") for v in range(1, 501) for p in range(1, 201)]
    random.Random(4).shuffle(keys)
    file = written(tmp_path, [(*key, n % 90 + 1) for n, key in enumerate(keys)])
    marks: list[int] = []
    report = await run(db, file, progress=lambda done, _rows: marks.append(done))
    assert figures(report) == (100_000, 100_000, 0, 0)
    assert (marks[-1], len(marks)) == (100_000, 20)
    expected = {
        (variants[int(sku[4:]) - 1], places[int(place[3:]) - 1]): n % 90 + 1 for n, (sku, place) in enumerate(keys)
    }
    assert {key: row[0] for key, row in (await counters(db)).items()} == expected
    assert json.dumps(report.rows_per_second) != "0"


@pytest.mark.parametrize("is_absolute", [True, False], ids=["absolute", "delta"])
async def test_rows_of_bundles_are_refused_and_the_others_applied(
    db: Database, tmp_path: Path, *, is_absolute: bool
) -> None:
    [whole, part], [here] = await ground(db, 2, 1)
    async with db.write() as tx:
        await bundle(tx, whole, {part: 2})
    file = replace(written(tmp_path, [("SKU-1", "ST-1", 4), ("SKU-2", "ST-1", 5)]), is_absolute=is_absolute)
    assert figures(await run(db, file)) == (2, 1, 0, 1)
    [row] = refused(file)
    assert "A bundle has no stock of its own: give that of its components." in row
    assert await counters(db) == {(part, here): (5, 0, 0, 0)}
