"""Steps of a walk: people count, while everything else goes on."""

from random import Random
from typing import Any
from uuid import UUID

from app.inventory.actions.approve_count import approve_count
from app.inventory.actions.cancel_count import cancel_count
from app.inventory.actions.open_count import open_count
from app.inventory.actions.record_counts import record_counts
from app.inventory.actions.reject_counts import reject_counts
from app.inventory.model.corrections import PromisePolicy
from app.inventory.model.counts import Found
from app.inventory.sql.counts import count_lines_of, lock_count_session
from app.inventory.sql.stock import read_levels
from app.kit.db import WriteTx
from app.kit.ids import new_id
from tests.conftest import NOW
from tests.inventory.moving import elsewhere


class CountSteps:
    """Counts of one to all variants at one of the stores; what is found is a few units off, or right."""

    random: Random
    variants: list[int]
    stores: list[int]
    counts: list[UUID]

    async def open_count(self, tx: WriteTx) -> Any:
        named = self.random.sample(self.variants, self.random.randint(0, len(self.variants)))
        count_id = await open_count(
            tx,
            location_id=self.random.choice(self.stores),
            variant_ids=named or None,
            needs_four_eyes=self.random.random() < 0.5,
            actor="ann",
            now=NOW,
        )
        self.counts.append(count_id)
        return named

    async def record(self, tx: WriteTx) -> Any:
        return await self._record(tx, self.counted())

    async def _record(self, tx: WriteTx, count_id: UUID) -> Any:
        session = await lock_count_session(tx, count_id)
        named = [line.variant_id for line in await count_lines_of(tx, count_id)] or self.variants
        levels = await read_levels(tx, {(variant_id, session["location_id"]) for variant_id in named})
        there = {variant_id: level.on_hand for (variant_id, _), level in levels.items()}
        off = self.random.choice([-3, -1, 0, 0, 2])
        found = [Found(variant_id, max(there.get(variant_id, 0) + off, 0)) for variant_id in named]
        await record_counts(tx, count_id, found, actor=self.random.choice(["ann", "bob"]), now=NOW)
        return found

    async def recount(self, tx: WriteTx) -> Any:
        return await reject_counts(tx, self.counted(), [self.random.choice(self.variants)], note=None)

    async def approve(self, tx: WriteTx) -> Any:
        """Sometimes by somebody who has counted, sometimes right after another count."""
        approver, policy = self.random.choice(["ann", "eve", "eve"]), self.random.choice(list(PromisePolicy))
        count_id = self.counted()
        if self.random.random() < 0.7:
            await self._record(tx, count_id)
        broken = await approve_count(
            tx, count_id, policy=policy, elsewhere=elsewhere(policy, self.stores), actor=approver, now=NOW
        )
        self.counts.remove(count_id)
        return broken

    async def give_up(self, tx: WriteTx) -> Any:
        count_id = self.counted()
        await cancel_count(tx, count_id, actor="eve", now=NOW)
        self.counts.remove(count_id)
        return count_id

    def counted(self) -> UUID:
        return self.random.choice(self.counts or [new_id()])
