"""Pure rules of places: distances, opening hours, postal codes, prefectures."""

from app.locations.model.drafts import LocationDraft, check_drafts
from app.locations.model.hours import Hours, Opening, Weekday, check_hours, is_open, openings, when_open_for
from app.locations.model.nearby import Nearby, Ranked
from app.locations.model.places import LocationKind, Place, Point, distance_km, rank_places
from app.locations.model.postal import (
    PostalArea,
    average_areas,
    parse_postal_code,
    postal_prefixes,
)
from app.locations.model.prefectures import PREFECTURES

__all__ = [
    "PREFECTURES",
    "Hours",
    "LocationDraft",
    "LocationKind",
    "Nearby",
    "Opening",
    "Place",
    "Point",
    "PostalArea",
    "Ranked",
    "Weekday",
    "average_areas",
    "check_drafts",
    "check_hours",
    "distance_km",
    "is_open",
    "openings",
    "parse_postal_code",
    "postal_prefixes",
    "rank_places",
    "when_open_for",
]
