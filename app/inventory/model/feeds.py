"""Rules of feeds: what rows of another system make of stock rows, each for itself. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from app.inventory.errors import InsufficientStock, Outdated
from app.inventory.model import Movement, MovementKind, check_quantity
from app.inventory.model.corrections import Level, Promise
from app.inventory.model.selling import NO_STOCK_OF_ITS_OWN, StockKey
from app.kit.errors import DomainError, InvalidInput

_NOTHING = Level(0, 0)


@dataclass(frozen=True, slots=True)
class FeedRow:
    """Units of a variant at a location: what is on hand, or what is to be added (below 0: taken off)."""

    variant_id: int
    location_id: int
    quantity: int

    @property
    def key(self) -> StockKey:
        """The stock row's."""
        return self.variant_id, self.location_id


@dataclass(frozen=True, slots=True)
class FeedVerdict:
    """What became of a row. on_hand: units now. A refused row has moved nothing.

    moved, ended: units of the row's stock that were promised and that other places serve now, or nobody.
    """

    on_hand: int
    change: int = 0
    refusal: DomainError | None = None
    moved: int = 0
    ended: int = 0


@dataclass(frozen=True, slots=True)
class Since:
    """What a stock row has seen since the other system looked: units on hand, net, and whether a feed has set it."""

    moved: int
    is_outdated: bool


@dataclass(slots=True)
class Fed:
    """What rows come to. movements: of the ledger. short: promised units by stock row that will not be there any more;
    fewer: units that stock rows lose.
    """

    verdicts: list[FeedVerdict] = field(default_factory=list[FeedVerdict])
    movements: list[Movement] = field(default_factory=list[Movement])
    short: dict[StockKey, int] = field(default_factory=dict[StockKey, int])
    fewer: dict[StockKey, int] = field(default_factory=dict[StockKey, int])


@dataclass(frozen=True, slots=True)
class Feed:
    """How rows are judged. since: by stock row, where the sender says when it looked. bundles: variants that have no
    units of their own. keeps_promises: rows that would break some are refused.
    """

    is_absolute: bool
    keeps_promises: bool
    since: Mapping[StockKey, Since]
    bundles: Collection[int]

    def judge(self, rows: Sequence[FeedRow], levels: Mapping[StockKey, Level]) -> Fed:
        """Decide about rows in their order; later rows of one key see what earlier ones have left."""
        fed, now = Fed(), {key: level.on_hand for key, level in levels.items()}
        for row in rows:
            level, on_hand = levels.get(row.key, _NOTHING), now.get(row.key, 0)
            try:
                target = self._target(row, level, on_hand)
            except DomainError as refusal:
                fed.verdicts.append(FeedVerdict(0 if row.variant_id in self.bundles else on_hand, refusal=refusal))
                continue
            change = target - on_hand
            if change:
                fed.movements.append(Movement(*row.key, MovementKind.ADJUSTED, on_hand=change))
            now[row.key] = target
            fed.verdicts.append(FeedVerdict(target, change))
        for key, level in levels.items():
            if level.promised > now[key]:
                fed.short[key] = level.promised - now[key]
            if now[key] < level.on_hand:
                fed.fewer[key] = level.on_hand - now[key]
        return fed

    def _target(self, row: FeedRow, level: Level, on_hand: int) -> int:
        if row.variant_id in self.bundles:
            raise InvalidInput(NO_STOCK_OF_ITS_OWN, path=["sku"])
        since = self.since.get(row.key)
        if self.is_absolute:
            target = check_quantity(row.quantity, minimum=0) + (since.moved if since else 0)
        else:
            check_quantity(abs(row.quantity))
            target = on_hand + row.quantity
        if self.is_absolute and since is not None and since.is_outdated:
            message = "A feed has set this stock after the instant that this row tells of."
            raise Outdated(message)
        promised = level.promised if self.keeps_promises else 0
        if target < promised and target < on_hand:
            free, wanted = max(on_hand - promised, 0), on_hand - target
            message = f"{free} of {wanted} units can be taken off; {level.promised} are promised."
            raise InsufficientStock(message, requested=wanted, available=free, variant_id=row.variant_id)
        return target


def told(rows: Sequence[FeedRow], verdicts: Sequence[FeedVerdict], promises: Sequence[Promise]) -> list[FeedVerdict]:
    """The verdicts, with what was taken from promises on the rows' stock: by the last row of a key that took units."""
    moved, ended = dict[StockKey, int](), dict[StockKey, int]()
    for promise in promises:
        lost = ended if promise.moved_to is None else moved
        lost[promise.key] = lost.get(promise.key, 0) + promise.quantity
    found = list(verdicts)
    for number in reversed(range(len(rows))):
        key, verdict = rows[number].key, verdicts[number]
        if verdict.change < 0 and (key in moved or key in ended):
            found[number] = replace(verdict, moved=moved.pop(key, 0), ended=ended.pop(key, 0))
    return found
