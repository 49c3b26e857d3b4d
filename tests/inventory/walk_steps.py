"""Steps of a walk: reservations on their way to orders, purchases, feeds, and what is sold ahead or in bundles."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

from app.inventory.actions.cancel_purchase_order import cancel_purchase_order
from app.inventory.actions.close_purchase_order import close_purchase_order
from app.inventory.actions.create_purchase_order import create_purchase_order
from app.inventory.actions.date_purchase_order import date_purchase_order
from app.inventory.actions.edit_purchase_order import edit_purchase_order
from app.inventory.actions.extend_reservation import extend_reservation
from app.inventory.actions.hold_stock import hold_stock
from app.inventory.actions.import_stock_rows import import_stock_rows
from app.inventory.actions.place_purchase_order import place_purchase_order
from app.inventory.actions.receive_purchase_order import receive_purchase_order
from app.inventory.actions.release_reservation import release_reservation
from app.inventory.actions.serve_waiting import serve_waiting
from app.inventory.actions.transfer_reservation import transfer_reservation
from app.inventory.actions.trim_reservation import trim_reservation
from app.inventory.model import Ahead, Demand, HoldRequest
from app.inventory.model.corrections import Cause, PromisePolicy
from app.inventory.model.feeds import FeedRow
from app.inventory.model.purchases import Delivery, PurchaseLineDraft
from app.inventory.sql.purchase_orders import purchase_lines_of
from app.inventory.sql.selling import terms_of
from app.kit.db import WriteTx
from app.kit.ids import new_id
from tests.conftest import NOW
from tests.inventory.selling import TODAY, sell_ahead


class Steps:
    """For a walk: what it picks from, and steps that answer with what they did."""

    random: Random
    variants: Sequence[int]
    """Those that have stock of their own."""
    bundles: Sequence[int]
    stores: Sequence[int]

    def __init__(self) -> None:
        self.owners: list[UUID] = []
        self.purchases: list[UUID] = []

    def units(self, highest: int = 6) -> int:
        return self.random.randint(1, highest)

    def owner(self) -> UUID:
        return self.random.choice(self.owners[-8:] or [new_id()])

    def purchase(self) -> UUID:
        return self.random.choice(self.purchases[-4:] or [new_id()])

    async def demand(self, tx: WriteTx, line_no: int) -> Demand:
        """Of anything that is sold, by its rules or, as by staff, without any."""
        variant_id = self.random.choice([*self.variants, *self.bundles])
        terms = (await terms_of(tx, [variant_id], 0, today=TODAY)).get(variant_id)
        if variant_id not in self.bundles and self.random.random() < 0.3:
            terms = None
        places = tuple(self.random.sample(self.stores, self.random.randint(1, 3)))
        return Demand(line_no, variant_id, self.units(), places, self.random.random() < 0.5, terms)

    async def request(self, tx: WriteTx) -> HoldRequest:
        """Of an order or a cart, for ever or for a while."""
        demands = [await self.demand(tx, line_no) for line_no in range(1, self.random.randint(2, 4))]
        return HoldRequest(
            self.random.choice(["ORDER", "CART"]),
            new_id(),
            tuple(demands),
            expires_at=(end := self.random.choice([None, NOW, NOW + timedelta(hours=1)])),
            partial=self.random.random() < 0.3,
            ahead=self.random.choice(list(Ahead)),
            extendable_until=end and end + timedelta(hours=self.random.randint(0, 2)),
        )

    # ── reservations ────────────────────────────────────────────────────────────────────────────────────────

    async def extend(self, tx: WriteTx) -> Any:
        end = NOW + timedelta(minutes=self.random.choice([1, 59, 90, 600]))
        return await extend_reservation(tx, self.owner(), expires_at=end, now=NOW)

    async def give_back(self, tx: WriteTx) -> Any:
        return await release_reservation(tx, self.owner(), actor="walk")

    async def move(self, tx: WriteTx) -> Any:
        sources, place = self.random.sample(self.stores, 2), self.random.choice(self.stores)
        return await transfer_reservation(
            tx, self.owner(), from_location_ids=sources, to_location_id=place, actor="walk"
        )

    async def adopt(self, tx: WriteTx) -> Any:
        """Other owners' reservations, or the own one anew; beside one who adopts nothing."""
        adopted = list(dict.fromkeys([self.owner(), self.owner()]))
        requests = [replace(await self.request(tx), adopts=owner_id) for owner_id in adopted]
        if self.random.random() < 0.3:
            requests[0] = replace(requests[0], owner_id=adopted[0])
        requests.append(await self.request(tx))
        self.owners += [request.owner_id for request in requests]
        return requests, await hold_stock(tx, requests, actor="walk")

    async def trim(self, tx: WriteTx) -> Any:
        request = replace(await self.request(tx), owner_id=self.owner())
        return request, await trim_reservation(tx, request, actor="walk")

    # ── what is sold ahead ──────────────────────────────────────────────────────────────────────────────────

    async def change_rule(self, tx: WriteTx) -> Any:
        variant_id, limit = self.random.choice(self.variants), self.units(12)
        return variant_id, await sell_ahead(tx, variant_id, limit)

    async def serve(self, tx: WriteTx) -> Any:
        variant_id = self.random.choice(self.variants)
        return variant_id, await serve_waiting(tx, variant_id, self.owners, today=TODAY, actor="walk")

    # ── purchases and feeds ─────────────────────────────────────────────────────────────────────────────────

    async def buy(self, tx: WriteTx) -> Any:
        place = self.random.choice(self.stores)
        lines = [PurchaseLineDraft(variant_id, self.units(9)) for variant_id in self.variants]
        purchase_id = await create_purchase_order(tx, location_id=place, supplier_name="Walk", lines=lines, now=NOW)
        self.purchases.append(purchase_id)
        return purchase_id, lines

    async def place(self, tx: WriteTx) -> Any:
        return await place_purchase_order(tx, self.purchase(), now=NOW)

    async def change_purchase(self, tx: WriteTx) -> Any:
        lines = [PurchaseLineDraft(self.random.choice(self.variants), self.units(9))]
        return await edit_purchase_order(tx, self.purchase(), lines, now=NOW)

    async def date_purchase(self, tx: WriteTx) -> Any:
        return await date_purchase_order(tx, self.purchase(), {1: self.random.choice([None, TODAY])}, now=NOW)

    async def unload(self, tx: WriteTx) -> Any:
        """A part, all, or more than all."""
        purchase_id = self.purchase()
        lines = [row["line_no"] for row in await purchase_lines_of(tx, purchase_id)]
        quantities = {number: self.units(8) for number in self.random.sample(lines, len(lines) and 1)}
        damaged = {number: self.random.randint(0, 2) for number in quantities}
        delivery = Delivery(quantities, damaged) if quantities else None
        await receive_purchase_order(
            tx, purchase_id, delivery=delivery, over_delivery_percent=50, actor="walk", now=NOW
        )
        return delivery

    async def close(self, tx: WriteTx) -> Any:
        return await close_purchase_order(tx, self.purchase(), now=NOW)

    async def countermand(self, tx: WriteTx) -> Any:
        return await cancel_purchase_order(tx, self.purchase(), now=NOW)

    async def feed(self, tx: WriteTx) -> Any:
        """Another system's numbers, absolute or differences, one of them perhaps impossible."""
        is_absolute = self.random.random() < 0.5
        rows = [
            FeedRow(variant_id, self.random.choice(self.stores), self.random.randint(0 if is_absolute else -6, 15))
            for variant_id in self.variants
        ]
        policy = self.random.choice([PromisePolicy.KEEP, PromisePolicy.BREAK_YOUNGEST])
        cause = Cause("STOCK_FEED", new_id(), "walk", NOW)
        return await import_stock_rows(tx, rows, is_absolute=is_absolute, policy=policy, cause=cause)
