"""Save a network of points, and which points belong to it."""

from collections.abc import Sequence

from app.kit.db import WriteTx
from app.locations.model.networks import NetworkDraft, check_network
from app.locations.sql.networks import join_network, upsert_network


async def save_network(
    tx: WriteTx, draft: NetworkDraft, *, joining: Sequence[int] = (), leaving: Sequence[int] = ()
) -> None:
    """Make or replace the network with this code; locations (ids) join it, from whichever they were in, or leave it.

    Goods that are kept already stay until the end that they have. Raises InvalidNetwork.
    """
    check_network(draft)
    await upsert_network(tx, draft)
    if joining:
        await join_network(tx, draft.code, joining)
    if leaving:
        await join_network(tx, None, leaving)
