"""What a level is made of, as parts that add up and as a sentence. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from app.inventory.model import MovementKind, OwnerKind


@dataclass(frozen=True, slots=True)
class MovedUnits:
    """What movements of one kind did to the units on hand."""

    kind: MovementKind
    quantity: int
    movement_count: int


@dataclass(frozen=True, slots=True)
class HeldUnits:
    """Units that are held for so many owners of one kind."""

    owner_kind: str
    quantity: int
    owner_count: int


_OWNERS: Final[Mapping[str, tuple[str, str, str]]] = {
    OwnerKind.CART: ("cart", "carts", "カート"),
    OwnerKind.ORDER: ("order", "orders", "注文"),
    OwnerKind.TRANSFER: ("transfer", "transfers", "移動"),
    OwnerKind.STAFF: ("hold by staff", "holds by staff", "スタッフ取置"),
}


@dataclass(frozen=True)
class Explanation:
    """A level with its parts: opening_on_hand and on_hand_parts add up to on_hand.

    waiting: units of the variant that were sold ahead and are still waited for, at whichever location; waiting_here:
    those of them that this location may serve.
    """

    variant_id: int
    location_id: int
    on_hand: int
    reserved: int
    allocated: int
    safety: int
    available: int
    on_hand_parts: Sequence[MovedUnits]
    reserved_for: Sequence[HeldUnits]
    allocated_for: Sequence[HeldUnits]
    waiting: int
    waiting_here: int

    def __getitem__(self, name: str) -> object:
        """As rows are read."""
        return getattr(self, name)

    @property
    def opening_on_hand(self) -> int:
        """Units that were there before the movements that are counted."""
        return self.on_hand - sum(part.quantity for part in self.on_hand_parts)

    @cached_property
    def sentences(self) -> dict[str, str]:
        """The present number in a sentence, by language."""
        free = self.on_hand - self.reserved - self.allocated - self.safety
        english = [f"{self.on_hand:,} on hand"]
        japanese = [f"実在庫 {self.on_hand:,}"]
        for units, owners, words in (
            (self.reserved, self.reserved_for, ("reserved", "仮引当")),
            (self.allocated, self.allocated_for, ("allocated", "引当")),
            (self.safety, (), ("kept off sale", "安全在庫")),
        ):
            if units:
                english.append(f"{units:,} {words[0]}{_for_english(owners)}")
                japanese.append(f"{words[1]} {units:,}{_for_japanese(owners)}")
        short = free < 0
        queue = ("", "")
        if self.waiting:
            verb = "wait" if self.waiting > 1 else "waits"
            queue = (
                f" In the whole shop {self.waiting:,} {verb} to be served first, {self.waiting_here:,} from here.",
                (
                    f"全店で {self.waiting:,}(うち当拠点から {self.waiting_here:,})が入荷・発売待ちで、"
                    "先に引き当てられます。"
                ),
            )
        return {
            "en": f"{' − '.join(english)} = {free:,}{', so 0' if short else ''} available.{queue[0]}",
            "ja": f"{' − '.join(japanese)} = {free:,}{'、よって販売可能は 0' if short else ' が販売可能'}。{queue[1]}",
        }


def _for_english(owners: Sequence[HeldUnits]) -> str:
    named = [f"{one.owner_count:,} {_words(one)[one.owner_count != 1]}" for one in owners]
    return f" for {' and '.join(named)}" if named else ""


def _for_japanese(owners: Sequence[HeldUnits]) -> str:
    named = [f"{_words(one)[2]} {one.owner_count:,} 件" for one in owners]
    return f"({'、'.join(named)})" if named else ""


def _words(owner: HeldUnits) -> tuple[str, str, str]:
    kind = owner.owner_kind
    return _OWNERS.get(kind, (kind, kind, kind))
