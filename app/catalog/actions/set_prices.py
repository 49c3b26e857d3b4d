"""What variants cost in a channel."""

from collections.abc import Sequence
from dataclasses import asdict

from app.catalog.errors import UnknownReference
from app.catalog.model import PriceDraft, check_prices
from app.catalog.sql import writes
from app.kit.db import WriteTx


async def set_prices(tx: WriteTx, channel_id: int, prices: Sequence[PriceDraft]) -> int:
    """List variants in a channel at these prices, or change what is listed; other listings stay as they are.

    Any number of prices in four statements. Returns how many listings were added or changed.
    Raises InvalidDraft for a price that cannot be, UnknownReference for a variant that does not exist.
    """
    check_prices(prices)
    if not prices:
        return 0
    await writes.lock_catalog(tx)
    product_ids = await writes.product_ids_of(tx, [price.variant_id for price in prices])
    unknown = next((price.variant_id for price in prices if price.variant_id not in product_ids), None)
    if unknown is not None:
        raise UnknownReference(f"There is no variant {unknown}.", subject=str(unknown))
    changed = await writes.upsert_prices(tx, channel_id, [asdict(price) for price in prices])
    if changed:
        await writes.sum_up_listings(tx, sorted(set(product_ids.values())))
    return changed
