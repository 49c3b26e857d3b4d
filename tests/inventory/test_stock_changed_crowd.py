"""Live stock for many, and for those who want less of it."""

import asyncio
from typing import Any

from app.kit.db import Database
from tests.inventory.listeners import Listener, Server, meet, running_server, told
from tests.inventory.shop import fill, open_shop
from tests.kit.feed_tools import until


async def test_a_thousand_listeners_cost_the_database_as_much_as_one(db: Database, count_statements: Any) -> None:
    shop = await open_shop(db, "SHIRT")
    await fill(db, shop, "SHIRT", shibuya=1, umeda=2)
    counts: list[int] = []
    async with running_server(db) as server:
        for size in (1, 1_000):
            listeners = [Listener(skus=["SHIRT"]) for _ in range(size)]
            with count_statements() as count:
                await asyncio.gather(*(listener.connect(server) for listener in listeners))
                await server.idle()
                counts.append(len([statement for statement in count.statements if "outbox" not in statement.text]))
            assert all(len(listener.take()) == 2 for listener in listeners)
            before = server.hub.metrics.encoded
            await fill(db, shop, "SHIRT", shibuya=1)
            expected = await told(listeners[0], server, 1)
            assert [version for _, _, _, version in expected] == [len(counts) + 1]
            assert all(listener.take() == expected for listener in listeners[1:])
            assert server.hub.metrics.encoded == before + 1
            for listener in listeners:
                listener.disconnect()
    assert counts[1] <= counts[0] <= 7


async def test_a_rate_in_events_per_second(db: Database) -> None:
    shop = await open_shop(db, "SHIRT")
    await fill(db, shop, "SHIRT", shibuya=1, umeda=1)
    clock, alarms = [0.0], list[Any]()

    class Alarm:
        def __init__(self, pause: float, call: Any) -> None:
            alarms.append((clock[0] + pause, call))

        def cancel(self) -> None:
            alarms.clear()

    async with running_server(db, now=lambda: clock[0], later=Alarm) as server:
        listener = Listener(skus=["SHIRT"], maxRate=0.5)
        await listener.connect(server)
        assert len(await told(listener, server, 2)) == 2
        await fill(db, shop, "SHIRT", shibuya=1, umeda=1)
        assert await told(listener, server, 1) == [("SHIRT", "shibuya", 2, 2)]
        seen = listener.cursor
        await fill(db, shop, "SHIRT", shibuya=1)
        await fill(db, shop, "SHIRT", umeda=1)
        await _heard(server, Listener(skus=["SHIRT"]))
        assert [round(when, 6) for when, _ in alarms] == [2.0]
        for expected in [("SHIRT", "umeda", 3, 3), ("SHIRT", "shibuya", 3, 3)]:
            [(clock[0], call)] = alarms
            alarms.clear()
            call()
            assert await told(listener, server, 1) == [expected]
        assert alarms == []
        listener.disconnect()
        assert await meet(listener, server, 0) == []
        listener.cursor = seen
        listener.versions.clear()
        assert await meet(listener, server, 2) == [("SHIRT", "shibuya", 3, 3), ("SHIRT", "umeda", 3, 3)]


async def _heard(server: Server, other: Listener) -> None:
    """All facts have been heard when another stream, which has no rate, has told them."""
    await other.connect(server)
    await until(lambda: asyncio.sleep(0, other.read() or other.versions.get(("SHIRT", "umeda")) == 3))
    group = next(iter(server.hub._groups.values()))
    await until(lambda: asyncio.sleep(0, len(group._waiting) == 2))
    other.disconnect()
