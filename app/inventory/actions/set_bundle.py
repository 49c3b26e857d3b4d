"""A variant is sold as a bundle of others, or is none any more."""

from collections.abc import Mapping
from typing import Final

from app.inventory.sql.selling_changes import bundle_obstacle, lock_bundle, save_components
from app.kit.db import WriteTx
from app.kit.errors import InvalidInput

MAX_COMPONENTS: Final = 20
MAX_EACH: Final = 1_000


async def set_bundle(tx: WriteTx, bundle_variant_id: int, components: Mapping[int, int]) -> None:
    """Replace what one unit of the bundle is made of: units by component. Without any it is no bundle any more.

    Orders keep what they were sold. Raises InvalidInput for more than 20 components or 1,000 units of one, for a
    component that is the bundle itself or a bundle, and for a bundle that has stock, units that are set aside or
    kept off sale, or a selling rule, is in an open purchase order, transfer or count session, or is a component itself.
    """
    if len(components) > MAX_COMPONENTS or any(not 1 <= units <= MAX_EACH for units in components.values()):
        message = f"A bundle has up to {MAX_COMPONENTS} components, and 1 to {MAX_EACH} units of each."
        raise InvalidInput(message, path=["input", "components"])
    await lock_bundle(tx, bundle_variant_id)
    if components:
        obstacle = await bundle_obstacle(tx, bundle_variant_id, list(components))
        if obstacle is not None:
            raise InvalidInput(obstacle, path=["input", "components"])
    await save_components(tx, bundle_variant_id, components)
