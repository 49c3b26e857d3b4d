"""What a sales channel leaves for others."""

from typing import Final

from app.inventory.model import check_quantity
from app.inventory.model.selling import Share
from app.inventory.sql.selling_changes import save_share
from app.kit.db import WriteTx
from app.kit.errors import InvalidInput

_ALL: Final = 100


async def set_channel_share(
    tx: WriteTx, channel_id: int, share: Share, *, variant_id: int | None = None, category_id: int | None = None
) -> None:
    """Let a channel leave `share` of a variant, of each variant of a category, or (neither given) of everything.

    A share of nothing, on a variant or category, stands for an exception from the wider one. Raises InvalidQuantity
    for units outside of 0..1,000,000, InvalidInput for percents outside of 0..100 or both subjects at once.
    """
    check_quantity(share.units, "input", "keptUnits", minimum=0)
    if not 0 <= share.percent <= _ALL:
        message = "A part lies between 0 and 100 percent."
        raise InvalidInput(message, path=["input", "keptPercent"])
    if variant_id is not None and category_id is not None:
        message = "Name a SKU or a category, not both."
        raise InvalidInput(message, path=["input", "category"])
    await save_share(tx, channel_id, share, variant_id=variant_id, category_id=category_id)
