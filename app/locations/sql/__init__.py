"""Every statement of the locations slice, by noun."""

from app.locations.sql.places import (
    open_places,
    places_by_id,
    places_of_group,
    stock_places_of_group,
    transit_location_id,
)
from app.locations.sql.postal_areas import find_points

__all__ = [
    "find_points",
    "open_places",
    "places_by_id",
    "places_of_group",
    "stock_places_of_group",
    "transit_location_id",
]
