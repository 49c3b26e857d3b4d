"""Save a group of locations."""

from collections.abc import Collection, Mapping

from app.kit.db import WriteTx
from app.kit.errors import InvalidInput, NotFound
from app.locations.model.drafts import MAX_CODE
from app.locations.sql.groups import join_group, leave_group, remove_from_group, upsert_group


async def save_location_group(
    tx: WriteTx,
    *,
    code: str,
    names: Mapping[str, str],
    location_ids: Collection[int],
    keep_others: bool = False,
    without_ids: Collection[int] = (),
) -> int:
    """Make the group `code`, or rename it, with exactly these locations; returns its id.

    keep_others: locations that are in the group already stay, but for `without_ids`. Raises InvalidInput without
    a code or a name, NotFound when one of the ids is no location that goods can be sold from; the transaction is to
    be undone.
    """
    is_code = 1 <= len(code) <= MAX_CODE and code == code.strip() and code.isprintable()
    if not is_code or not names or not all(name.strip() for name in names.values()):
        message = f"A group of locations needs a code of 1 to {MAX_CODE} characters and a name in every given language."
        raise InvalidInput(message)
    group_id = await upsert_group(tx, code, names)
    missing = await join_group(tx, group_id, location_ids)
    if missing is not None:
        message = f"There is no location {missing} that a group could hold."
        raise NotFound(message)
    if not keep_others:
        await leave_group(tx, group_id, except_ids=location_ids)
    elif without_ids:
        await remove_from_group(tx, group_id, without_ids)
    return group_id
