"""A sales channel leaves nothing for others any more."""

from app.inventory.sql.selling_changes import delete_share
from app.kit.db import WriteTx
from app.kit.errors import InvalidInput, NotFound


async def remove_channel_share(
    tx: WriteTx, channel_id: int, *, variant_id: int | None = None, category_id: int | None = None
) -> None:
    """End a channel's share of a variant, of a category, or (neither given) of everything.

    What it kept is for everybody again, as far as no wider share counts then. Raises NotFound where there is none,
    InvalidInput for both subjects at once.
    """
    if variant_id is not None and category_id is not None:
        message = "Name a SKU or a category, not both."
        raise InvalidInput(message, path=["input", "category"])
    if not await delete_share(tx, channel_id, variant_id=variant_id, category_id=category_id):
        message = "The channel has no such share."
        raise NotFound(message, path=["input"])
