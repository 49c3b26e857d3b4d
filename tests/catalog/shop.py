"""A shop for the catalog's tests: one group of locations, one channel, and products as shoppers know them."""

from app.kit.db import Database
from tests.channels.builders import make_channel
from tests.locations.builders import make_group


async def open_channel(db: Database, code: str = "web", *, currency: str = "JPY", tax_rounding: str = "DOWN") -> int:
    """A channel with a group of its own; returns its id."""
    async with db.write() as tx:
        return await make_channel(
            tx,
            await make_group(tx, code=f"group-{code}"),
            code=code,
            currency=currency,
            tax_rounding=tax_rounding,
        )
