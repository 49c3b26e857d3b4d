"""`stockImport`: what another system says about stock, up to 100 rows at once, each row for itself."""

from collections.abc import Sequence
from datetime import datetime
from enum import Enum
from typing import Any

import strawberry

from app.catalog.model import is_storable
from app.catalog.sql import variant_ids_by_sku
from app.engine.relations import relation
from app.inventory.actions.import_stock_rows import import_stock_rows
from app.inventory.graphql.corrections.types import (
    BrokenPromise,
    elsewhere_for,
    promise_values,
    promises_by_key,
    promises_key,
)
from app.inventory.model.corrections import Cause, PromisePolicy
from app.inventory.model.feeds import FeedRow, FeedVerdict
from app.inventory.sql.stock import stocking_locations
from app.kit.db import WriteTx
from app.kit.errors import DomainError, ErrorCode, InvalidInput, NotFound
from app.kit.graphql.context import Info
from app.kit.graphql.errors import UserError, build_user_error
from app.kit.graphql.nodes import require_int
from app.kit.graphql.payload import Outcome, Payload, commit
from app.kit.graphql.permission import requires
from app.kit.ids import new_id
from app.kit.paging import MAX_PAGE
from app.kit.permissions import Actor
from app.locations.sql import places_by_id


@strawberry.enum(description="What the quantities of a feed are.")
class StockImportMode(Enum):
    """The values are the names."""

    ABSOLUTE = strawberry.enum_value("ABSOLUTE", description="Units on hand.")
    DELTA = strawberry.enum_value("DELTA", description="Units to add, or, below 0, to take off.")


@strawberry.enum(description="What became of a row.")
class StockImportOutcome(Enum):
    """The values are the names."""

    CHANGED = strawberry.enum_value("CHANGED", description="Units were moved.")
    UNCHANGED = strawberry.enum_value("UNCHANGED", description="The stock was like that already; nothing was written.")
    REFUSED = strawberry.enum_value("REFUSED", description="Nothing was moved for this row: see `error`.")


@strawberry.input(description="What is said of one variant at one location.")
class StockImportRowInput:
    """One row."""

    sku: str = strawberry.field(description="The variant.")
    location_id: strawberry.ID = strawberry.field(description="Where.")
    quantity: int = strawberry.field(
        description="As the mode says: 0 to 1,000,000 units on hand, or up to a million more or fewer, not 0."
    )


@strawberry.input(description="Input of `stockImport`.")
class StockImportInput:
    """Up to 100 rows."""

    mode: StockImportMode = strawberry.field(description="What the quantities are.")
    rows: list[StockImportRowInput] = strawberry.field(
        description="1 to 100 rows, applied in this order. More go through `hikiate import stock`."
    )
    as_of: datetime | None = strawberry.field(
        default=None,
        description="When the sender looked, for ABSOLUTE: what has moved here since is kept on top of its quantities, "
        "and a row that a feed has set since then is refused with OUTDATED.",
    )
    promises: PromisePolicy = strawberry.field(
        default=PromisePolicy.KEEP,
        description="What becomes of promises that the remaining units cannot keep. With KEEP such rows are refused.",
    )
    idempotency_key: str = strawberry.field(
        description="Needed, because stock moves. The same key with the same input gets the first answer again."
    )


@strawberry.type(description="What became of one row of `stockImport`.")
class StockImportResult:
    """In the order of the input."""

    outcome: StockImportOutcome = strawberry.field(description="Whether it was applied.")
    change: int = strawberry.field(description="Units that it moved: more or fewer on hand.")
    on_hand: int | None = strawberry.field(
        description="Units on hand after this row; null when there is no such variant or location."
    )
    promises_moved: int = strawberry.field(
        description="Promised units of this variant at this location that other locations serve instead."
    )
    promises_ended: int = strawberry.field(
        description="Promised units of this variant at this location that nobody serves any more."
    )
    error: UserError | None = strawberry.field(description="Why it was refused, with the facts; else null.")


@strawberry.type(description="The answer to `stockImport`.")
class StockImportPayload(Payload):
    """One result a row; `userErrors` tells only of what refused all of them."""

    told: strawberry.Private[list[list[Any]] | None] = None
    promises: strawberry.Private[list[list[Any]] | None] = None
    broken_promises = relation(
        BrokenPromise,
        promises_by_key,
        key=promises_key,
        many=True,
        description="Promises that lost units, with those of other stock that ended together with them.",
    )

    @strawberry.field(description="One for each row, in the order of the input; null when nothing was looked at.")
    def results(self) -> list[StockImportResult] | None:
        """From what is stored."""
        return None if self.told is None else [_result(*row) for row in self.told]


@strawberry.type
class StockFeedMutation:
    """For systems that know of stock: tills, warehouses, ledgers."""

    @strawberry.mutation(
        description="Take over what another system says about stock, up to 100 rows: each is applied or refused for "
        "itself, all in one transaction.",
        **requires("stock:write"),
    )
    async def stock_import(self, info: Info, input: StockImportInput) -> StockImportPayload:
        """Promised units are taken away only where `promises` says so."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            if not 1 <= len(input.rows) <= MAX_PAGE:
                message = f"Send 1 to {MAX_PAGE} rows at once."
                raise InvalidInput(message, path=["input", "rows"])
            found = await _keys(tx, context.actor, input.rows)
            known = [(number, key) for number, key in enumerate(found) if not isinstance(key, DomainError)]
            done = await import_stock_rows(
                tx,
                [FeedRow(*key, input.rows[number].quantity) for number, key in known],
                is_absolute=input.mode is StockImportMode.ABSOLUTE,
                as_of=input.as_of,
                policy=input.promises,
                elsewhere=elsewhere_for(input.promises),
                cause=Cause("STOCK_FEED", new_id(), context.actor.reference, context.now),
            )
            told = [_told(key if isinstance(key, DomainError) else None, n, input.rows[n].sku)
                    for n, key in enumerate(found)]  # fmt: skip
            for (number, _), verdict in zip(known, done.verdicts, strict=True):
                told[number] = _told(verdict, number, input.rows[number].sku)
            return Outcome({"told": told, "promises": [promise_values(promise) for promise in done.broken]})

        return await commit(
            context, StockImportPayload, work, operation="stockImport", key=input.idempotency_key, body=input
        )


async def _keys(tx: WriteTx, actor: Actor, rows: Sequence[StockImportRowInput]) -> list[tuple[int, int] | DomainError]:
    """(variant id, location id) of each row, or why there is none."""
    variants = await variant_ids_by_sku(tx, sorted({row.sku for row in rows if is_storable(row.sku)}))
    ids: dict[str, int | DomainError] = {}
    for row in rows:
        try:
            ids[row.location_id] = require_int(row.location_id, "Location", "locationId")
        except DomainError as error:
            ids[row.location_id] = error
    wanted = {key for key in ids.values() if isinstance(key, int) and key < 1 << 31}
    places = await places_by_id(tx, sorted(wanted))
    stocking = await stocking_locations(tx, wanted)
    allowed = {
        key
        for key in stocking
        if actor.may_act_at(key) and actor.partner_id in {None, places[key].partner_id}
    }  # fmt: skip
    return [_key(variants.get(row.sku), ids[row.location_id], allowed, row.sku) for row in rows]


def _key(
    variant_id: int | None, location_id: int | DomainError, allowed: set[int], sku: str
) -> tuple[int, int] | DomainError:
    if variant_id is None:
        return NotFound(f"There is no variant with the SKU {sku[:80]!r}.", path=["sku"])
    if isinstance(location_id, DomainError) or location_id not in allowed:
        return NotFound("There is no such location that holds stock, or this key may not act there.",
                        path=["locationId"])  # fmt: skip
    return variant_id, location_id


def _told(verdict: FeedVerdict | DomainError | None, number: int, sku: str) -> list[Any]:
    """[outcome, change, on hand, refusal, promises moved, promises ended] as JSON values."""
    refusal = verdict if isinstance(verdict, DomainError) else verdict.refusal if verdict else None
    found = verdict if isinstance(verdict, FeedVerdict) else FeedVerdict(0)
    on_hand = found.on_hand if isinstance(verdict, FeedVerdict) else None
    if refusal is None:
        return ["CHANGED" if found.change else "UNCHANGED", found.change, on_hand, None, found.moved, found.ended]
    path = ["input", "rows", str(number), *(refusal.path or ["quantity"])]
    facts = {**refusal.facts, "sku": sku if is_storable(sku) else ""}
    return ["REFUSED", 0, on_hand, [refusal.code, refusal.message, path, facts]]


def _result(  # noqa: PLR0917  # as it is stored
    outcome: str, change: int, on_hand: int | None, refusal: list[Any] | None, moved: int = 0, ended: int = 0
) -> StockImportResult:
    error = None
    if refusal is not None:
        code, message, path, facts = refusal
        error = build_user_error(ErrorCode(code), message, path, facts)
    return StockImportResult(
        outcome=StockImportOutcome(outcome),
        change=change,
        on_hand=on_hand,
        promises_moved=moved,
        promises_ended=ended,
        error=error,
    )
