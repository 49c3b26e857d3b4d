"""The checker can fail: each kind of broken word is found, and nothing else is held against it."""

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from app.kit.db import Database
from app.kit.ids import new_id
from app.kit.outbox import START, Position, publish
from tests.chaos.checker import Findings, check
from tests.chaos.client import answer
from tests.chaos.feed import STOCK, Heard, Reader, Ticked, hear, read_all, read_some
from tests.chaos.journal import Journal, Record, Request, Told, read_journals
from tests.conftest import WITHOUT_TRIGGERS
from tests.inventory.builders import stocked

_FACTS = "SELECT xid, id, topic, key, payload FROM outbox ORDER BY xid, id"


class Sale:
    """A few requests, each answered once, and all facts about them."""

    def __init__(self, db: Database, variant_id: int, places: list[int]) -> None:
        self.db, self.variant_id, self.places = db, variant_id, places
        self.record = Record()

    def hold(self, quantity: int) -> Request:
        """So many units for a new owner."""
        line = {"variant": self.variant_id, "quantity": quantity, "places": self.places, "split": True}
        body = {"owner": str(new_id()), "kind": "ORDER", "ttl": None, "partial": False, "lines": [line], "jump": 0}
        return Request(str(new_id()), "hold", body)

    async def ask(self, request: Request) -> Told:
        """And take note of it."""
        self.record.sent.append(request)
        told = await answer(self.db, request)
        self.record.told.append(told)
        return told

    async def heard(self) -> list[Heard]:
        """As a reader that misses nothing hears it."""
        async with self.db.read() as tx:
            return [heard for row in await tx.connection.fetch(_FACTS) for heard in hear(row)]

    async def findings(self, heard: Sequence[Heard] | None = None) -> Findings:
        """What the checker says."""
        return await check(self.db, self.record, [await self.heard() if heard is None else heard])


@pytest.fixture
async def sale(db: Database) -> Sale:
    variant_id, places = await stocked(db, 6, 4)
    sale = Sale(db, variant_id, places)
    [granted, refused] = [await sale.ask(sale.hold(quantity)) for quantity in (7, 5)]
    assert (granted.kind, refused.kind) == ("done", "refused")
    assert (await sale.findings()).is_well
    return sale


def only(findings: Findings) -> tuple[str, int]:
    """The only kind of fault, and how often."""
    [(what, examples)] = [(what, examples) for what, examples in findings.faults.items() if examples]
    return what, len(examples)


@pytest.mark.parametrize("table", ["requests", "ledger"])
async def test_a_lost_acknowledgement_is_found(sale: Sale, table: str) -> None:
    request = sale.hold(1)
    kept = await sale.ask(request)
    never = sale.hold(1)
    sale.record.sent.append(never)
    if table == "requests":  # as if the commit had never reached the disk
        sale.record.told.append(replace(kept, key=never.key))
    else:  # as if the answer had, and the units had not
        sale.record.sent.append(replace(request, body={**request.body, "owner": never.body["owner"]}))
    assert only(await sale.findings()) == ("acknowledged and lost", 1)


async def test_another_answer_to_the_same_key_is_found(sale: Sale) -> None:
    request, told = sale.record.sent[0], sale.record.told[0]
    again = await sale.ask(request)
    assert (again.kind, again.value) == (told.kind, told.value)
    assert (await sale.findings()).is_well
    sale.record.told[-1] = replace(again, kind="refused", value="INSUFFICIENT_STOCK")
    assert only(await sale.findings()) == ("told something else the second time", 1)


async def test_a_missed_fact_is_found(sale: Sale) -> None:
    heard = await sale.heard()
    for missing in range(len(heard)):
        findings = await sale.findings([fact for number, fact in enumerate(heard) if number != missing])
        what, count = only(findings)
        # The last of a key is missed twice: as a row, and as the level that the reader ends at.
        assert what == "facts missed"
        assert count in {1, 2}


async def test_a_fact_that_comes_twice_is_found(sale: Sale) -> None:
    heard = await sale.heard()
    assert only(await sale.findings([*heard, heard[-1]])) == ("facts twice or out of their key's order", 1)


async def test_numbers_of_a_writer_that_change_places_are_found(sale: Sale) -> None:
    for number in (1, 2):
        async with sale.db.write() as tx:
            await publish(tx, Ticked("writer", number))
    *before, first, second = await sale.heard()
    assert (await sale.findings()).is_well
    what, _ = only(await sale.findings([*before, second, first]))
    assert what == "facts twice or out of their key's order"


async def test_an_older_level_after_a_newer_one_is_found(sale: Sale) -> None:
    heard = await sale.heard()
    levels = [number for number, fact in enumerate(heard) if fact.topic == STOCK and fact.key == heard[-1].key]
    first, second = levels[-2:]
    heard[first], heard[second] = heard[second], heard[first]
    assert only(await sale.findings(heard)) == ("facts twice or out of their key's order", 1)


async def test_an_error_that_nobody_expects_is_found(sale: Sale) -> None:
    sale.record.told.append(Told(sale.record.sent[0].key, "hold", "broken", "23514"))
    faults = (await sale.findings()).faults
    assert len(faults["answered with an error nobody expects"]) == 1


async def test_a_deadlock_that_reaches_a_caller_is_found(sale: Sale) -> None:
    sale.record.trouble += ["57P01", "40P01"]
    assert only(await sale.findings()) == ("deadlocks that reached a caller", 1)


async def test_a_reader_by_ids_misses_what_commits_late_and_readers_by_the_horizon_do_not(sale: Sale) -> None:
    """Sixteen slow writers in a nutshell: who began first commits last."""

    async def by_ids(tx: Any, after: Position) -> tuple[list[Any], Position]:
        rows = await tx.connection.fetch("SELECT * FROM outbox WHERE id > $1 ORDER BY id", after.id)
        return rows, Position(0, rows[-1]["id"]) if rows else after

    ways = {"ids": by_ids, "all": read_all, "topics": read_some}
    heard: dict[str, list[Heard]] = {name: [] for name in ways}
    positions = dict.fromkeys(ways, START)

    async def read() -> None:
        for name, way in ways.items():
            async with sale.db.read() as tx:
                rows, positions[name] = await way(tx, positions[name])
            heard[name] += [fact for row in rows for fact in hear(row)]

    async with sale.db.write() as slow:
        await publish(slow, Ticked("slow", 1))
        async with sale.db.write() as fast:
            await publish(fast, Ticked("fast", 1))
        await read()
    stop = asyncio.Event()
    stop.set()
    # Until nothing holds the horizon back: other tests on this server may.
    await Reader(sale.db, read_all).run(stop)
    await read()
    assert only(await sale.findings(heard["ids"])) == ("facts missed", 1)
    for name in ("all", "topics"):
        assert (await sale.findings(heard[name])).is_well, name


async def test_units_that_were_sold_twice_are_found(db: Database) -> None:
    variant_id, places = await stocked(db, 3)
    sale = Sale(db, variant_id, places)
    await sale.ask(sale.hold(3))
    async with db.write() as tx:  # nothing else could do it
        await tx.connection.execute(WITHOUT_TRIGGERS)
        await tx.connection.execute("UPDATE ledger SET d_on_hand = 1 WHERE kind = 'RECEIVED'")
    faults = (await sale.findings()).faults
    assert len(faults["more units sold than there were"]) == 1
    assert len(faults["audit rows"]) == 1
    async with db.write() as tx:
        await tx.connection.execute(WITHOUT_TRIGGERS)
        await tx.connection.execute("UPDATE ledger SET d_on_hand = 3 WHERE kind = 'RECEIVED'")


async def test_a_journal_keeps_what_was_told_and_forgives_half_a_line() -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "client.journal"
        journal = Journal(path)
        requests = [Request(name, "hold", {"owner": name}) for name in ("a", "b")]
        for request in requests:
            journal.send(request)
        await journal.tell(Told("a", "hold", "done", [[1, 2, 3, 4]]))
        with path.open("ab") as file:
            file.write(b'["told","b","hold","done",[[1,')
        Journal(path).trouble("57P01")
        record = read_journals([path])
    assert record.sent == requests
    assert record.told == [Told("a", "hold", "done", [[1, 2, 3, 4]])]
    assert record.trouble == ["57P01"]
    assert record.unanswered() == [requests[1]]
