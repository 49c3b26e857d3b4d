"""Any sequence of actions keeps every invariant; a walk that fails is shown step by step."""

import random
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import pytest

from app.inventory.actions.allocate_reserved import allocate_reserved
from app.inventory.actions.cancel_transfer import cancel_transfer
from app.inventory.actions.change_stock_state import change_stock_state
from app.inventory.actions.close_transfer import close_transfer
from app.inventory.actions.correct_stock import correct_stock
from app.inventory.actions.create_transfer import create_transfer
from app.inventory.actions.date_transfer import date_transfer
from app.inventory.actions.edit_transfer import edit_transfer
from app.inventory.actions.expire_reservations import expire_reservations
from app.inventory.actions.hold_stock import hold_stock
from app.inventory.actions.make_transfer_ready import make_transfer_ready
from app.inventory.actions.receive_transfer import receive_transfer
from app.inventory.actions.release_holds import release_holds
from app.inventory.actions.set_safety_stock import set_safety_stock
from app.inventory.actions.ship_claims import ship_claims
from app.inventory.actions.ship_transfer import ship_transfer
from app.inventory.invariants import INVARIANTS
from app.inventory.model import Claim, StockLine
from app.inventory.model.corrections import Correction, PromisePolicy
from app.inventory.model.states import StockState
from app.inventory.model.transfers import Arrival, DiscrepancyReason, TransferLineDraft
from app.inventory.sql.claims import claims_of, claims_of_owners
from app.inventory.sql.transfers import lines_of, transfer_lines_of
from app.kit.db import Database, WriteTx
from app.kit.errors import DomainError
from app.kit.ids import new_id
from tests.catalog.builders import make_variant
from tests.conftest import NOW
from tests.inventory.builders import because, put_stock, stocked
from tests.inventory.moving import elsewhere
from tests.inventory.selling import bundle, sell_ahead
from tests.inventory.walk_counts import CountSteps
from tests.inventory.walk_repairs import RepairSteps
from tests.inventory.walk_steps import Steps

STEPS: Final = 100


class Walk(Steps, CountSteps, RepairSteps):
    """Two variants and a bundle of them at three stores; every step is one transaction, refusals included."""

    def __init__(self, seed: int, variants: list[int], bundles: list[int], stores: list[int]) -> None:
        super().__init__()
        self.random = random.Random(seed)  # a walk that can be repeated
        self.variants, self.bundles, self.stores = variants, bundles, stores
        self.transfers: list[UUID] = []
        self.counts: list[UUID] = []
        self.log: list[str] = []

    async def step(self, db: Database) -> None:
        verbs = [
            self.receive, self.adjust, self.set_aside, self.keep, self.hold, self.hold, self.hold, self.hold,
            self.allocate, self.release, self.expire, self.ship, self.send, self.send, self.ship_transfer,
            self.draft, self.edit, self.date_transfer, self.make_ready, self.make_ready, self.close_transfer,
            self.receive_transfer, self.cancel, self.extend, self.give_back, self.move, self.adopt, self.adopt,
            self.trim, self.change_rule, self.serve, self.buy, self.place, self.change_purchase, self.date_purchase,
            self.unload, self.unload, self.close, self.countermand, self.feed,
            self.open_count, self.open_count, self.record, self.recount, self.approve, self.approve,
            self.approve, self.give_up, self.forge_and_repair,
        ]  # fmt: skip
        verb = self.random.choice(verbs)
        try:
            async with db.write() as tx:
                said = await verb(tx)
        except DomainError as refusal:
            said = f"refused: {refusal}"
        self.log.append(f"{verb.__name__}: {said}")

    async def receive(self, tx: WriteTx) -> Any:
        where = self.random.choice(self.variants), self.random.choice(self.stores)
        await put_stock(tx, *where, units := self.units(20))
        return *where, units

    async def adjust(self, tx: WriteTx) -> Any:
        """Sometimes below what is promised."""
        correction = Correction(
            self.random.choice(self.variants),
            self.random.choice(self.stores),
            delta=self.random.choice([-8, -5, -1, 2]),
        )
        policy = self.random.choice(list(PromisePolicy))
        done = await correct_stock(
            tx, [correction], policy=policy, elsewhere=elsewhere(policy, self.stores), cause=because()
        )
        if isinstance(done.results[0], DomainError):
            raise done.results[0]
        return done

    async def set_aside(self, tx: WriteTx) -> Any:
        """Or back, or out."""
        line = StockLine(self.random.choice(self.variants), self.random.choice(self.stores), self.units(4))
        before, after = self.random.sample(list(StockState), 2)
        policy = self.random.choice(list(PromisePolicy))
        states = {"before": before, "after": after}
        return await change_stock_state(
            tx, line, **states, policy=policy, elsewhere=elsewhere(policy, self.stores), cause=because()
        )

    async def keep(self, tx: WriteTx) -> Any:
        where = {"variant_id": self.random.choice(self.variants), "location_id": self.random.choice(self.stores)}
        await set_safety_stock(tx, **where, quantity=self.units() - 1, cause_id=new_id(), actor="walk")
        return where

    async def hold(self, tx: WriteTx) -> Any:
        requests = [await self.request(tx) for _ in range(self.random.randint(1, 3))]
        verdicts = await hold_stock(tx, requests, actor="walk")
        self.owners += [request.owner_id for request in requests]
        return verdicts

    async def allocate(self, tx: WriteTx) -> Any:
        owners = [self.owner()]
        await allocate_reserved(tx, owners, actor="walk")
        return await claims_of_owners(tx, owners)

    async def release(self, tx: WriteTx) -> Any:
        return await release_holds(tx, self.owner(), line_nos=self.random.choice([None, [1]]), actor="walk")

    async def expire(self, tx: WriteTx) -> Any:
        return await expire_reservations(tx, now=NOW, limit=2)

    async def ship(self, tx: WriteTx) -> Any:
        owner_id = self.owner()
        claims = [
            Claim(claim.line_no, claim.variant_id, claim.location_id, self.random.randint(1, claim.quantity))
            for claim in await claims_of(tx, owner_id)
            if claim.location_id in self.stores
        ]
        await ship_claims(tx, owner_id, claims, actor="walk")
        return claims

    async def send(self, tx: WriteTx) -> Any:
        """On its own, or all that an order holds at one store."""
        source, destination = self.random.sample(self.stores, 2)
        lines, order_id = [TransferLineDraft(self.random.choice(self.variants), self.units())], None
        if self.random.random() < 0.6:
            order_id = self.owner()
            held = [claim for claim in await claims_of(tx, order_id) if claim.location_id == source]
            lines = [TransferLineDraft(claim.variant_id, claim.quantity, claim.line_no) for claim in held]
        places = {"from_location_id": source, "to_location_id": destination}
        self.transfers.append(
            await create_transfer(tx, **places, lines=lines, order_id=order_id, actor="walk", now=NOW)
        )
        return places, lines, order_id

    async def ship_transfer(self, tx: WriteTx) -> Any:
        """All, or a part of a line."""
        transfer_id = self.transfer()
        unsent = {line.line_no: line.unsent for line in await transfer_lines_of(tx, transfer_id) if line.unsent}
        part = {self.random.choice(list(unsent)): self.units(3)} if unsent and self.random.random() < 0.4 else None
        await ship_transfer(tx, transfer_id, quantities=part, actor="walk", now=NOW)
        return part

    async def draft(self, tx: WriteTx) -> Any:
        source, destination = self.random.sample(self.stores, 2)
        lines = [TransferLineDraft(variant_id, self.units()) for variant_id in self.variants]
        places = {"from_location_id": source, "to_location_id": destination}
        self.transfers.append(await create_transfer(tx, **places, lines=lines, is_draft=True, actor="walk", now=NOW))
        return places, lines

    async def edit(self, tx: WriteTx) -> Any:
        lines = [TransferLineDraft(self.random.choice(self.variants), self.units())]
        return await edit_transfer(tx, self.transfer(), lines, now=NOW)

    async def date_transfer(self, tx: WriteTx) -> Any:
        day = self.random.choice([None, NOW - timedelta(days=1), NOW, NOW + timedelta(days=3)])
        return await date_transfer(tx, self.transfer(), day, now=NOW)

    async def make_ready(self, tx: WriteTx) -> Any:
        return await make_transfer_ready(tx, self.transfer(), actor="walk", now=NOW)

    async def close_transfer(self, tx: WriteTx) -> Any:
        reason = self.random.choice(list(DiscrepancyReason))
        return await close_transfer(tx, self.transfer(), reason=reason, actor="walk", now=NOW)

    async def receive_transfer(self, tx: WriteTx) -> Any:
        transfer_id = self.transfer()
        open_units = {
            line["line_no"]: line["shipped_quantity"] - line["received_quantity"] - line["lost_quantity"]
            for line in await lines_of(tx, transfer_id)
        }
        received = {line_no: self.random.randint(0, units) for line_no, units in open_units.items()}
        lost = {
            line_no: self.random.randint(0, units - received[line_no]) if self.random.random() < 0.3 else 0
            for line_no, units in open_units.items()
        }
        damaged = {
            line_no: self.random.randint(0, units - received[line_no] - lost[line_no])
            for line_no, units in open_units.items()
        }
        surplus = {line_no: self.random.choice([0, 0, 0, 2]) for line_no in open_units}
        arrival = Arrival(received, damaged, lost, surplus)
        await receive_transfer(tx, transfer_id, arrival, actor="walk", now=NOW)
        return arrival

    async def cancel(self, tx: WriteTx) -> Any:
        return await cancel_transfer(tx, self.transfer(), actor="walk", now=NOW)

    def transfer(self) -> UUID:
        return self.random.choice(self.transfers[-6:] or [new_id()])


@pytest.mark.parametrize("seed", range(10))
async def test_every_step_keeps_the_invariants(db: Database, seed: int) -> None:
    """C-1, C-3, C-4, C-6, C-7: nothing is oversold, forgotten, counted twice, negative or unlike its history, with and
    without reservations, whatever is done in whatever order.
    """
    shirt, stores = await stocked(db, 10, 10, 0)
    mug, _ = await stocked(db)
    async with db.write() as tx:
        both = await make_variant(tx)
        await bundle(tx, both, {shirt: 2, mug: 1})
        await sell_ahead(tx, mug, 8)
    walk = Walk(seed, [shirt, mug], [both], stores)
    for _ in range(STEPS):
        await walk.step(db)
        async with db.read() as tx:
            for name, query in INVARIANTS.items():
                rows = await tx.connection.fetch(query)
                assert not rows, f"{name}: {rows}\n" + "\n".join(walk.log)
    assert sum("refused" not in step for step in walk.log) > STEPS / 3
