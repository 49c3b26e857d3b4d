"""Units turn out to be damaged, are looked at, put on display, can be sold again or leave the books."""

from app.inventory.actions.correct_stock import correct_stock
from app.inventory.actions.move_promises import Elsewhere
from app.inventory.errors import InsufficientStock
from app.inventory.model import Movement, StockLine, check_quantity
from app.inventory.model.corrections import Cause, Correction, Promise, PromisePolicy
from app.inventory.model.states import StockState, state_movements
from app.inventory.sql.ledger import post_for
from app.inventory.sql.states import states_of
from app.inventory.sql.stock import lock_stock_rows
from app.kit.db import WriteTx
from app.kit.errors import DomainError, NotFound


async def change_stock_state(
    tx: WriteTx,
    line: StockLine,
    *,
    before: StockState,
    after: StockState,
    policy: PromisePolicy = PromisePolicy.KEEP,
    elsewhere: Elsewhere | None = None,
    cause: Cause,
) -> list[Promise]:
    """Move units at one place from one state to another; returns the promises that ended for it.

    Raises InvalidTransition where units cannot pass like that, InsufficientStock where there are fewer units in the
    state (of sellable ones: that are not promised, unless the policy breaks promises), InvalidQuantity, NotFound.
    """
    check_quantity(line.quantity)
    movements = state_movements(line, before, after)
    if before is StockState.SELLABLE:
        correction = Correction(line.variant_id, line.location_id, delta=-line.quantity)

        def rows_of(_correction: Correction, _delta: int) -> list[Movement]:
            return movements

        done = await correct_stock(tx, [correction], policy=policy, rows_of=rows_of, elsewhere=elsewhere, cause=cause)
        if isinstance(done.results[0], DomainError):
            raise done.results[0]
        return done.broken
    await _check(tx, line, before)
    await post_for(tx, movements, cause)
    return []


async def _check(tx: WriteTx, line: StockLine, state: StockState) -> None:
    key = (line.variant_id, line.location_id)
    if key not in await lock_stock_rows(tx, [key]):
        raise NotFound("There is no such variant, or the location holds no stock.")
    # A statement of its own, after the wait for the lock.
    units = (await states_of(tx, [key])).get((*key, state.value), 0)
    if units < line.quantity:
        raise InsufficientStock(
            f"{units} of {line.quantity} units are {state.value} there.",
            requested=line.quantity,
            available=units,
            variant_id=line.variant_id,
        )
