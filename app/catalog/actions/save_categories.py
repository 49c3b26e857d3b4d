"""The category tree."""

from collections.abc import Sequence

from app.catalog.errors import InvalidDraft, UnknownReference
from app.catalog.model import CategoryDraft, check_categories
from app.catalog.sql import writes
from app.kit.db import WriteTx


async def save_categories(tx: WriteTx, categories: Sequence[CategoryDraft]) -> dict[str, int]:
    """Add categories, or change those whose slug is stored already. Returns category ids by slug.

    Parents may be among the drafts, in any order. Raises InvalidDraft (also for a category that would come
    to lie below itself) or UnknownReference for a parent that does not exist.
    """
    check_categories(categories)
    if not categories:
        return {}
    await writes.lock_catalog(tx)
    await writes.upsert_categories(
        tx, [{"slug": draft.slug, "names": draft.names, "position": draft.position} for draft in categories]
    )
    parents = [draft.parent_slug for draft in categories if draft.parent_slug is not None]
    ids = await writes.category_ids(tx, [*(draft.slug for draft in categories), *parents])
    for slug in parents:
        if slug not in ids:
            raise UnknownReference(f"There is no category {slug}.", subject=slug)
    circle = await writes.set_parents(
        tx, [{"id": ids[draft.slug], "parent_id": ids.get(draft.parent_slug or "")} for draft in categories]
    )
    if circle is not None:
        raise InvalidDraft(f"The category {circle} would lie below itself.", subject=circle)
    return {draft.slug: ids[draft.slug] for draft in categories}
