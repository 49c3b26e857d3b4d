"""Whatever happens to slots in whatever order: the counters are those of a model in a few lines of Python."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.capacity.actions.move_slot import move_slot
from app.capacity.actions.plan_slots import plan_slots
from app.capacity.actions.release_slots import release_slots
from app.capacity.model.slots import SlotWish
from app.kit.db import Database, WriteTx
from app.kit.errors import DomainError
from app.kit.ids import new_id
from tests.capacity.slots import HOUR, TEN, TUESDAY, TWELVE, booked, counters, make_store, save
from tests.conftest import NOW

TIMES = (TEN, TWELVE, TUESDAY, TEN + HOUR)
_TIME = st.sampled_from(TIMES)
_WHO = st.integers(0, 5)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("book"), st.lists(st.lists(_TIME, min_size=1, max_size=2), min_size=1, max_size=4)),
        st.tuples(st.just("release"), _WHO),
        st.tuples(st.just("move"), _WHO, _TIME),
        st.tuples(st.just("save"), st.integers(1, 3)),
    ),
    max_size=14,
)


@dataclass
class Model:
    """Who has which slot: by order, the beginnings of its deliveries."""

    capacity: int = 2
    orders: list[dict[UUID, Any]] = field(default_factory=list[dict[UUID, Any]])

    def has(self, begins: Any) -> int:
        return sum(one == begins for order in self.orders for one in order.values())

    def book(self, wishes: list[SlotWish]) -> bool:
        times = [one.begins for one in wishes]
        fits = all(one in TIMES[:3] and self.has(one) + times.count(one) <= self.capacity for one in times)
        self.orders.append({one.delivery_id: one.begins for one in wishes} if fits else {})
        return fits

    def move(self, who: int, begins: Any) -> tuple[UUID, bool] | None:
        if who >= len(self.orders) or not self.orders[who]:
            return None
        delivery_id, had = next(iter(self.orders[who].items()))
        fits = had == begins or (begins in TIMES[:3] and self.has(begins) < self.capacity)
        if fits:
            self.orders[who][delivery_id] = begins
        return delivery_id, fits


class Run:
    """The same steps in the database."""

    def __init__(self, db: Database, store: int) -> None:
        self.db, self.store, self.model = db, store, Model()
        self.order_ids: list[UUID] = []

    async def take(self, step: tuple[Any, ...]) -> None:
        await getattr(self, step[0])(*step[1:])

    async def book(self, orders: list[list[Any]]) -> None:
        wishes: list[list[SlotWish]] = []
        for times in orders:
            self.order_ids.append(new_id())
            wishes.append([SlotWish(new_id(), self.order_ids[-1], self.store, one, NOW) for one in times])

        async def work(tx: WriteTx) -> set[UUID]:
            plan = await plan_slots(tx, [one for own in wishes for one in own])
            await plan.keep(tx, {one.delivery_id for own in wishes for one in own})
            return set(plan.refused)

        refused = await self.db.in_write(work)
        for own in wishes:
            assert self.model.book(own) is (own[0].order_id not in refused)

    async def release(self, who: int) -> None:
        if who < len(self.order_ids):
            freed = await self.db.in_write(lambda tx: release_slots(tx, [self.order_ids[who]]))
            assert freed == len(self.model.orders[who])
            self.model.orders[who] = {}

    async def move(self, who: int, begins: Any) -> None:
        expected = self.model.move(who, begins)
        if expected is None:
            return
        delivery_id, fits = expected
        wish = SlotWish(delivery_id, self.order_ids[who], self.store, begins, NOW)
        try:
            await self.db.in_write(lambda tx: move_slot(tx, wish))
        except DomainError:
            assert not fits
        else:
            assert fits

    async def save(self, capacity: int) -> None:
        self.model.capacity = capacity
        async with self.db.write() as tx:
            over = await save(tx, self.store, capacity)
        assert {(slot.begins, has) for slot, has in over} == {
            (one, self.model.has(one)) for one in TIMES if self.model.has(one) > capacity
        }

    async def check(self) -> None:
        assert await booked(self.db) == {key: one for order in self.model.orders for key, one in order.items()}
        capacity = self.model.capacity
        for begins, takes, has, ceiling in await counters(self.db):
            assert (takes, has, ceiling) == (capacity, self.model.has(begins), max(capacity, self.model.has(begins)))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
async def test_any_steps_in_any_order(db: Database, steps: list[tuple[Any, ...]]) -> None:
    async with db.write() as tx:
        await tx.connection.execute("DELETE FROM pickup_slot_bookings; DELETE FROM pickup_slots")
        run = Run(db, await make_store(tx))
    for step in steps:
        await run.take(step)
        await run.check()
