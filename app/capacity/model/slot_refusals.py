"""What is said of a slot that cannot be had. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from app.capacity.errors import SlotFull, SlotNotOffered
from app.capacity.model.slots import MESSAGES, NAMED, OpenSlot, SlotBoard, SlotReason
from app.kit.errors import DomainError


def slot_refusal(
    reason: SlotReason,
    location_id: int,
    begins: datetime,
    found: Iterable[OpenSlot] = (),
    *,
    path: Sequence[str] = (),
    **facts: Any,
) -> DomainError:
    """The refusal of a slot of a place. found: other slots."""
    told: dict[str, Any] = {
        "location_id": location_id,
        "begins": begins,
        "found": [slot_facts(one) for one in found],
        **facts,
    }
    if reason is SlotReason.FULL:
        return SlotFull(MESSAGES[reason], path=path, **told)
    return SlotNotOffered(MESSAGES[reason], path=path, slot_reason=str(reason), **told)


def slot_facts(found: OpenSlot) -> dict[str, Any]:
    """A slot as facts of a refusal."""
    slot = found.slot
    return {
        "location_id": slot.location_id,
        "begins": slot.begins,
        "ends": slot.ends,
        "left": found.left,
    }


def others(
    board: SlotBoard,
    location_id: int,
    now: datetime,
    *,
    ready: datetime | None = None,
    until: datetime | None = None,
    is_prepared: bool = False,
) -> list[OpenSlot]:
    """The next slots of the place that can be had. ready, until: between which instants."""
    return board.open_slots(location_id, now, NAMED, since=ready, until=until, is_prepared=is_prepared)
