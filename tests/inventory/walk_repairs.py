"""Steps of a walk: somebody writes past the application, and somebody else sets it right."""

from collections.abc import Sequence
from random import Random
from typing import Any

from app.inventory.actions.repair_stock import repair_stock
from app.inventory.model.corrections import Cause
from app.kit.db import WriteTx
from app.kit.ids import new_id
from app.kit.roles import APPLICATION_ROLE
from tests.conftest import NOW, WITHOUT_TRIGGERS

_BACK = f"SET LOCAL session_replication_role = origin; SET LOCAL ROLE {APPLICATION_ROLE}"
_FORGERIES = ("on_hand = on_hand + 5", "version = version + 3", "safety = safety + 2, on_hand = on_hand + 1")


class RepairSteps:
    """For a walk: what it picks from, and steps that answer with what they did."""

    random: Random
    variants: Sequence[int]
    stores: Sequence[int]

    async def forge_and_repair(self, tx: WriteTx) -> Any:
        """With or without a count, perhaps of fewer units than are promised."""
        variant_id, place = self.random.choice(self.variants), self.random.choice(self.stores)
        forgery = self.random.choice(_FORGERIES)
        await tx.connection.execute(
            f"{WITHOUT_TRIGGERS}; UPDATE stock SET {forgery}"
            f" WHERE variant_id = {variant_id} AND location_id = {place}; {_BACK}"
        )
        cause = Cause("REPAIR", new_id(), "walk", NOW, "CORRECTION")
        counted = self.random.choice((None, 0, 3, 12))
        return forgery, counted, await repair_stock(tx, (variant_id, place), counted=counted, cause=cause)
