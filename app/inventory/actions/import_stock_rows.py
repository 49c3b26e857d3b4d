"""What another system says about stock: each row is applied or refused for itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.inventory.errors import InsufficientStock, Outdated
from app.inventory.model import Movement, MovementKind, check_quantity
from app.inventory.model.selling import NO_STOCK_OF_ITS_OWN, StockKey
from app.inventory.sql.feeds import bundles_among, lock_levels, moved_since
from app.inventory.sql.ledger import post
from app.kit.db import WriteTx
from app.kit.errors import DomainError, InvalidInput


@dataclass(frozen=True, slots=True)
class FeedRow:
    """Units of a variant at a location: what is on hand, or what is to be added (below 0: taken off)."""

    variant_id: int
    location_id: int
    quantity: int


@dataclass(frozen=True, slots=True)
class FeedVerdict:
    """What became of a row. on_hand: units now. A refused row has moved nothing."""

    on_hand: int
    change: int = 0
    refusal: DomainError | None = None


async def import_stock_rows(
    tx: WriteTx,
    rows: Sequence[FeedRow],
    *,
    is_absolute: bool,
    as_of: datetime | None = None,
    cause_id: UUID,
    actor: str,
) -> list[FeedVerdict]:
    """Apply rows in their order; one verdict a row. Later rows of one key see what earlier ones have left.

    as_of: when the other system looked; what has moved here since is kept on top of an absolute quantity, and a row
    that a feed has set after that instant is refused as Outdated. Other refusals: InsufficientStock when promised units
    would be missing, InvalidQuantity, InvalidInput for bundles. The keys must be of variants and of locations that hold
    stock.
    """
    bundles = await bundles_among(tx, {row.variant_id for row in rows})
    keys = [(row.variant_id, row.location_id) for row in rows if row.variant_id not in bundles]
    levels = await lock_levels(tx, keys)
    since = {} if as_of is None else await moved_since(tx, keys, as_of)
    now = {key: level["on_hand"] for key, level in levels.items()}
    movements: list[Movement] = []
    verdicts: list[FeedVerdict] = []
    for row in rows:
        key = (row.variant_id, row.location_id)
        if row.variant_id in bundles:
            verdicts.append(FeedVerdict(0, refusal=InvalidInput(NO_STOCK_OF_ITS_OWN, path=["sku"])))
            continue
        moved, is_outdated = (since[key]["moved"], since[key]["is_outdated"]) if key in since else (0, False)
        try:
            target = _target(row, now[key], moved, is_absolute=is_absolute)
            _check(key, now[key], target, levels[key]["promised"], is_outdated=is_absolute and is_outdated)
        except DomainError as refusal:
            verdicts.append(FeedVerdict(now[key], refusal=refusal))
            continue
        change = target - now[key]
        if change:
            movements.append(Movement(*key, MovementKind.ADJUSTED, on_hand=change))
        now[key] = target
        verdicts.append(FeedVerdict(target, change))
    await post(tx, movements, cause_kind="STOCK_FEED", cause_id=cause_id, actor=actor)
    return verdicts


def _target(row: FeedRow, on_hand: int, moved: int, *, is_absolute: bool) -> int:
    if is_absolute:
        check_quantity(row.quantity, minimum=0)
        return row.quantity + moved
    check_quantity(abs(row.quantity))
    return on_hand + row.quantity


def _check(key: StockKey, on_hand: int, target: int, promised: int, *, is_outdated: bool) -> None:
    if is_outdated:
        message = "A feed has set this stock after the instant that this row tells of."
        raise Outdated(message)
    if target < promised and target < on_hand:
        message = f"{max(on_hand - promised, 0)} of {on_hand - target} units can be taken off; {promised} are promised."
        raise InsufficientStock(
            message, requested=on_hand - target, available=max(on_hand - promised, 0), variant_id=key[0]
        )
