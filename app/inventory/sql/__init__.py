"""Every statement of the inventory slice: the ledger, stock rows, holds and transfers."""

from app.inventory.sql.claims import claims_of
from app.inventory.sql.selling import sellable_levels

__all__ = ["claims_of", "sellable_levels"]
