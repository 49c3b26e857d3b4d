"""What another system says about stock: each row is applied or refused for itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from app.inventory.actions.move_promises import Elsewhere
from app.inventory.actions.release_promises import FirstLook, check_elsewhere, look_for_promises, release_promises
from app.inventory.model.corrections import Cause, Promise, PromisePolicy
from app.inventory.model.feeds import Feed, FeedRow, FeedVerdict, told
from app.inventory.model.selling import StockKey
from app.inventory.sql.feeds import bundles_among, moved_since
from app.inventory.sql.ledger import post_for
from app.inventory.sql.stock import lock_stock_rows, read_levels
from app.kit.db import WriteTx


@dataclass(frozen=True, slots=True)
class Imported:
    """verdicts: one a row. broken: promises that lost units, also those that other places keep (`moved_to`)."""

    verdicts: list[FeedVerdict]
    broken: list[Promise]


async def import_stock_rows(
    tx: WriteTx,
    rows: Sequence[FeedRow],
    *,
    is_absolute: bool,
    as_of: datetime | None = None,
    policy: PromisePolicy = PromisePolicy.KEEP,
    elsewhere: Elsewhere | None = None,
    cause: Cause,
) -> Imported:
    """Apply rows in their order; one verdict a row. Later rows of one key see what earlier ones have left.

    as_of: when the other system looked; what has moved here since is kept on top of an absolute quantity, and a row
    that a feed has set after that instant is refused as Outdated. Other refusals: InsufficientStock when promised units
    would be missing and the policy keeps promises, or when there are fewer units than are to go, InvalidQuantity,
    InvalidInput for bundles. policy, elsewhere: as of `correct_stock`. The keys must be of variants and of locations
    that hold stock.
    """
    check_elsewhere(policy, elsewhere)
    bundles = await bundles_among(tx, {row.variant_id for row in rows})
    keys = {row.key for row in rows if row.variant_id not in bundles}
    look = FirstLook((), None)
    if policy is not PromisePolicy.KEEP:
        seen = (await _feed(tx, keys, as_of, policy, is_absolute, bundles)).judge(rows, await read_levels(tx, keys))
        look = await look_for_promises(tx, seen.short, elsewhere, now=cause.now)
    locked = await lock_stock_rows(tx, keys, look.keys)
    feed = await _feed(tx, keys, as_of, policy, is_absolute, bundles)
    fed = feed.judge(rows, {key: locked[key] for key in keys})
    broken = list[Promise]()
    if fed.short:
        broken = await release_promises(
            tx, fed.short, look, locked=locked, fewer=fed.fewer, actor=cause.actor, now=cause.now
        )
    await post_for(tx, fed.movements, cause)
    return Imported(told(rows, fed.verdicts, broken), broken)


async def _feed(  # noqa: PLR0917  # what one call was given
    tx: WriteTx,
    keys: set[StockKey],
    as_of: datetime | None,
    policy: PromisePolicy,
    is_absolute: bool,  # noqa: FBT001
    bundles: set[int],
) -> Feed:
    since = {} if as_of is None else await moved_since(tx, keys, as_of)
    return Feed(is_absolute, policy is PromisePolicy.KEEP, since, bundles)
