"""The way out of a connection, over sends that block whenever a test wants them to."""

import asyncio
import logging
from collections.abc import Callable, Coroutine, Generator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.engine.outlet import Bounds, Outlet, Pressure


class Wire:
    """An ASGI `send` with a valve, like a transport whose buffer is full while the valve is shut."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.open = asyncio.Event()
        self.open.set()
        self.error: Exception | None = None

    async def send(self, message: dict[str, Any]) -> None:
        await self.open.wait()
        if self.error is not None:
            raise self.error
        self.sent.append(message["text"])


class Bench:
    """An outlet over a wire, and what it has done."""

    def __init__(self, send: Callable[..., Any] | None = None, **bounds: int) -> None:
        self.wire = Wire()
        self.pressure = Pressure()
        self.overflows = 0
        self.outlet = Outlet(send or self.wire.send, self._overflow, pressure=self.pressure, bounds=Bounds(**bounds))

    def _overflow(self) -> None:
        self.overflows += 1
        self.outlet.end({"text": "bye"})

    def put(self, text: str, **options: Any) -> None:
        self.outlet.put({"text": text}, len(text), **options)

    async def let_flow(self) -> list[str]:
        self.wire.open.set()
        await self.outlet.room()
        return self.wire.sent

    def waiting(self) -> tuple[int, int]:
        """Messages and bytes, as the outlet and as the shared numbers have them."""
        own = (self.outlet.queued_messages, self.outlet.queued_bytes)
        assert own == (self.pressure.queued_messages, self.pressure.queued_bytes)
        return own


async def test_what_does_not_block_is_sent_on_the_spot_without_any_task() -> None:
    bench = Bench()
    before = asyncio.all_tasks()
    for text in ("a", "b", "c"):
        bench.put(text)
    assert bench.wire.sent == ["a", "b", "c"]
    assert asyncio.all_tasks() == before
    assert bench.waiting() == (0, 0)


async def test_what_blocks_is_finished_later_and_the_order_stays() -> None:
    bench = Bench()
    bench.wire.open.clear()
    for text in ("a", "bb", "ccc"):
        bench.put(text)
    assert bench.wire.sent == []
    assert bench.waiting() == (2, 5)  # the first one is the server's already
    assert await bench.let_flow() == ["a", "bb", "ccc"]
    assert bench.waiting() == (0, 0)
    bench.put("d")
    assert bench.wire.sent == ["a", "bb", "ccc", "d"]


async def test_the_newest_of_a_key_takes_the_place_of_what_waits_and_goes_to_the_end() -> None:
    bench = Bench()
    bench.wire.open.clear()
    for text, key in (("first", "k"), ("old", "k"), ("other", "l"), ("plain", None), ("newer", "k")):
        bench.put(text, key=key)
    assert bench.waiting() == (3, 15)
    assert bench.pressure.coalesced == 1
    assert await bench.let_flow() == ["first", "other", "plain", "newer"]


async def test_equal_keys_of_different_owners_have_nothing_to_do_with_one_another() -> None:
    bench = Bench()
    bench.wire.open.clear()
    for text, owner in (("first", "1"), ("a", "1"), ("b", "2"), ("c", "1")):
        bench.put(text, owner=owner, key="k")
    assert await bench.let_flow() == ["first", "b", "c"]


async def test_what_waits_of_one_owner_can_be_forgotten() -> None:
    bench = Bench()
    bench.outlet.discard("1")
    bench.wire.open.clear()
    for text, owner in (("first", "1"), ("a", "1"), ("b", "2"), ("c", "1")):
        bench.put(text, owner=owner, key=text if text == "c" else None)
    bench.outlet.discard("1")
    assert bench.waiting() == (1, 1)
    assert await bench.let_flow() == ["first", "b"]


@pytest.mark.parametrize(
    ("bounds", "texts", "kept"),
    [
        ({"messages": 2}, ["1", "2", "3", "4"], (2, 2)),
        ({"bytes": 4}, ["1", "22", "33", "4"], (2, 4)),
    ],
)
async def test_past_the_bounds_all_that_waited_is_dropped_and_a_last_word_is_said(
    bounds: dict[str, int], texts: list[str], kept: tuple[int, int]
) -> None:
    bench = Bench(**bounds)
    bench.wire.open.clear()
    for text in texts[:3]:
        bench.put(text)
    assert bench.waiting() == kept
    bench.put(texts[3])
    assert bench.overflows == 1
    bench.put("after the end")
    assert bench.waiting() == (1, 0)
    assert await bench.let_flow() == ["1", "bye"]
    assert (bench.overflows, bench.pressure.overflowed) == (1, 1)
    assert bench.waiting() == (0, 0)


async def test_a_message_larger_than_the_bounds_may_wait_alone() -> None:
    bench = Bench(bytes=10)
    bench.wire.open.clear()
    bench.put("a")
    bench.put("x" * 100)
    assert bench.waiting() == (1, 100)
    bench.put("y" * 100, key="k")
    assert bench.overflows == 1
    await bench.let_flow()


async def test_replacing_makes_room_before_the_bounds_are_asked() -> None:
    bench = Bench(bytes=10, messages=2)
    bench.wire.open.clear()
    for text, key in (("a", None), ("12345", "k"), ("z", "l"), ("123456789", "k")):
        bench.put(text, key=key)
    assert bench.overflows == 0
    assert bench.waiting() == (2, 10)
    assert await bench.let_flow() == ["a", "z", "123456789"]


async def test_after_the_end_nothing_is_taken() -> None:
    bench = Bench()
    bench.outlet.end({"text": "last"})
    bench.put("late")
    bench.outlet.end({"text": "later"})
    assert bench.wire.sent == ["last"]
    silent = Bench()
    silent.outlet.end()
    silent.put("late")
    assert silent.wire.sent == []


async def test_the_end_comes_after_what_waits() -> None:
    bench = Bench()
    bench.wire.open.clear()
    bench.put("a")
    bench.put("b")
    bench.outlet.end({"text": "last"})
    bench.put("late")
    bench.wire.open.set()
    await bench.outlet.close(within_s=5)
    assert bench.wire.sent == ["a", "b", "last"]


async def test_closing_gives_up_what_nobody_reads() -> None:
    bench = Bench()
    bench.wire.open.clear()
    before = asyncio.all_tasks()
    bench.put("a")
    bench.put("b")
    await bench.outlet.close(within_s=0)
    assert bench.waiting() == (0, 0)
    assert asyncio.all_tasks() == before
    bench.wire.open.set()
    await asyncio.sleep(0)
    assert bench.wire.sent == []


@pytest.mark.parametrize("when", ["at once", "while waiting"])
@pytest.mark.parametrize(("error", "lines"), [(ConnectionResetError(), 0), (RuntimeError("of the server"), 1)])
async def test_a_connection_that_is_lost_takes_nothing_more_and_only_surprises_are_logged(
    when: str, error: Exception, lines: int, caplog: pytest.LogCaptureFixture
) -> None:
    bench = Bench()
    bench.wire.error = error
    with caplog.at_level(logging.DEBUG):
        if when == "while waiting":
            bench.wire.open.clear()
        bench.put("a")
        bench.put("b")
        await bench.let_flow()
        bench.wire.error = None
        bench.put("c")
    assert bench.wire.sent == []
    assert bench.waiting() == (0, 0)
    assert [record.levelname for record in caplog.records] == ["WARNING"] * lines


async def test_sends_that_wait_many_times_or_are_no_coroutines() -> None:
    class Later:
        """What a server in another language gives back."""

        def __init__(self, work: Coroutine[Any, Any, None]) -> None:
            self._work = work

        def __await__(self) -> Generator[Any, Any, None]:
            return self._work.__await__()

    sent: list[str] = []

    async def slow(message: dict[str, Any]) -> None:
        for _ in range(3):
            await asyncio.sleep(0)
        sent.append(message["text"])
        await asyncio.get_running_loop().run_in_executor(None, lambda: None)

    for send in (slow, lambda message: Later(slow(message)), lambda message: asyncio.ensure_future(slow(message))):
        bench = Bench(send)
        sent.clear()
        for text in ("a", "b", "c"):
            bench.put(text)
        await bench.outlet.room()
        assert sent == ["a", "b", "c"]


async def test_errors_reach_a_send_that_was_begun_by_hand() -> None:
    seen: list[str] = []

    async def send(_message: dict[str, Any]) -> None:
        broken: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(broken.set_exception, ValueError("inside"))
        try:
            await broken
        except ValueError as error:
            seen.append(str(error))
            await asyncio.sleep(0)
            seen.append("handled")

    bench = Bench(send)
    bench.put("a")
    await bench.outlet.room()
    assert seen == ["inside", "handled"]


STEPS = st.lists(st.one_of(st.sampled_from(["shut", "open"]), st.tuples(st.sampled_from("abc "), st.integers(1, 9))))


@given(STEPS)
def test_whatever_happens_the_newest_of_each_key_arrives_and_the_rest_in_order(steps: list[Any]) -> None:
    async def play() -> None:
        bench = Bench(bytes=10_000, messages=10_000)
        put: list[str] = []
        for number, step in enumerate(steps):
            if step == "shut":
                bench.wire.open.clear()
            elif step == "open":
                await bench.let_flow()
            else:
                key, size = step
                put.append(f"{key}{number:0{size}}")
                bench.put(put[-1], key=key.strip() or None)
        sent = await bench.let_flow()
        assert sent == sorted(sent, key=put.index)
        assert len(sent) + bench.pressure.coalesced == len(put)
        assert [text for text in put if text.startswith(" ")] == [text for text in sent if text.startswith(" ")]
        for key in "abc":
            assert [t for t in put if t.startswith(key)][-1:] == [t for t in sent if t.startswith(key)][-1:]
        assert bench.waiting() == (0, 0)

    asyncio.run(play())
