"""Promise units to whoever asks first."""

from collections.abc import Sequence

from app.inventory.model import HoldRequest, Verdict, check_quantity
from app.inventory.sql.accelerated import hold_accelerated
from app.inventory.sql.portable import hold_portable
from app.kit.db import WriteTx


async def hold_stock(tx: WriteTx, requests: Sequence[HoldRequest], *, actor: str) -> list[Verdict]:
    """Reserve or allocate for all requests in their order; one verdict a request.

    actor: of those requests that name none. Shortages are data: a request that gets nothing changes nothing and does
    not stand in the way of the others. A line that is held already is not held again: its request is answered with
    what the owner has, so that sending one twice is safe while its units are held. Demands with terms follow
    those: bundles are held as their components, and what may be sold ahead waits. What a request adopts serves it
    first, as long as nobody has given it back, whether or not its time is up: of an order and a sweep that come at
    once one finds nothing. A request that gets nothing leaves it as it is. Raises InvalidQuantity for quantities
    outside of 1..1,000,000.
    """
    _check(requests)
    if not requests:
        return []
    # PostgreSQL decides over plain requests by itself; it knows nothing of selling rules, and of what others reserved.
    is_plain = all(request.adopts is None for request in requests) and all(
        demand.terms is None for request in requests for demand in request.demands
    )
    form = hold_accelerated if tx.accelerated and is_plain else hold_portable
    return await form(tx, requests, actor=actor)


def _check(requests: Sequence[HoldRequest]) -> None:
    lines = [(request.owner_id, demand.line_no) for request in requests for demand in request.demands]
    if len(set(lines)) < len(lines):
        message = "One call asks twice for one line of one owner."
        raise ValueError(message)
    adopted = [request.adopts for request in requests if request.adopts is not None]
    if len(set(adopted)) < len(adopted):
        message = "One reservation is to serve two requests."
        raise ValueError(message)
    for request in requests:
        for demand in request.demands:
            check_quantity(demand.quantity)
