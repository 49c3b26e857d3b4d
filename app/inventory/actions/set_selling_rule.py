"""Whether, until when and how far a variant is sold ahead of its units."""

from datetime import date

from app.inventory.errors import InvalidQuantity
from app.inventory.events import UnitsForWaiting
from app.inventory.model import check_quantity
from app.inventory.model.selling import SellingPolicy, SellingRule
from app.inventory.sql.selling import lock_rules
from app.inventory.sql.selling_changes import is_bundle, lock_ruled, save_rule
from app.kit.db import WriteTx
from app.kit.errors import InvalidInput
from app.kit.outbox import publish


async def set_selling_rule(
    tx: WriteTx,
    *,
    variant_id: int,
    policy: SellingPolicy,
    limit: int | None = None,
    promised_on: date | None = None,
    today: date,
) -> SellingRule:
    """Replace a variant's rule and return it; those who wait keep their place and the day they were promised.

    limit: units that may wait at a time, 1..1,000,000; promised_on: today or later, for a preorder later than today.
    Both are for selling ahead only: ON_HAND_ONLY takes nobody into the queue any more. Raises InvalidQuantity for a
    limit below what waits already, InvalidInput for a missing or superfluous value, a day that has passed and a bundle.
    """
    await lock_ruled(tx, variant_id)
    if await is_bundle(tx, variant_id):
        message = "A bundle is sold from the stock of its components: give those a rule."
        raise InvalidInput(message, path=["input", "sku"])
    current = (await lock_rules(tx, [variant_id])).get(variant_id, SellingRule())
    if policy is SellingPolicy.ON_HAND_ONLY:
        if limit is not None or promised_on is not None:
            message = "A limit and a date are for what is sold ahead."
            raise InvalidInput(message, path=["input", "policy"])
        limit = current.waiting
    else:
        limit = _limit(limit, current.waiting)
        _check_day(policy, promised_on, today)
    await save_rule(tx, variant_id, policy=policy, limit=limit, promised_on=promised_on)
    if current.waiting:
        await publish(tx, UnitsForWaiting(variant_id))
    return SellingRule(policy, limit, current.waiting, promised_on)


def _limit(limit: int | None, waiting: int) -> int:
    if limit is None:
        message = "Say how many units may be sold ahead."
        raise InvalidInput(message, path=["input", "limit"])
    check_quantity(limit, "input", "limit")
    if limit < waiting:
        message = f"{waiting} units are sold ahead already."
        raise InvalidQuantity(message, path=["input", "limit"], minimum=waiting, maximum=None)
    return limit


def _check_day(policy: SellingPolicy, promised_on: date | None, today: date) -> None:
    if promised_on is None or promised_on < today or (policy is SellingPolicy.PREORDER and promised_on == today):
        message = "Name the day that is promised: today or later, and the release of a preorder later than today."
        raise InvalidInput(message, path=["input", "promisedOn"])
