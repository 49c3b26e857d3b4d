"""Reservations through the schema."""

from typing import Any, Final

from app.kit.db import Database
from app.kit.permissions import Actor
from tests.conftest import keyed
from tests.inventory.shop import STAFF, Shop, fill, open_shop

FIELDS: Final = """reservation { id status ownerKind reason expiresAt extendableUntil extendedAt order { id }
      lines { lineNo quantity variant { sku } location { code } } }
    userErrors { __typename code message path ... on InsufficientStockError { requested available sku lineNo }
      ... on ReservationNotExtendableError { extendableAt extendableUntil }
      ... on InvalidQuantityError { minimum maximum } }"""
CREATE, EXTEND, RELEASE, TRANSFER = (
    f"mutation ($input: Reservation{verb}Input!) {{ reservation{verb}(input: $input) {{ replayed {FIELDS} }} }}"
    for verb in ("Create", "Extend", "Release", "Transfer")
)
LIST: Final = """query ($first: Int!, $after: String, $reason: ReservationReason, $sku: String, $locationId: ID) {
  reservations(first: $first, after: $after, reason: $reason, sku: $sku, locationId: $locationId) {
    nodes { id status reason expiresAt lines { quantity } } pageInfo { hasNextPage endCursor } } }"""
ONE: Final = "query ($id: ID!) { reservation(id: $id) { status reason expiresAt lines { quantity } } }"


def wanted(shop: Shop, *lines: tuple[str, int], **others: Any) -> dict[str, Any]:
    """At Umeda for staff, unless told otherwise."""
    where = {} if {"channel", "locationGroupId", "locationId"} & set(others) else {"locationId": shop.place("umeda")}
    return {
        "lines": [{"sku": sku, "quantity": quantity} for sku, quantity in lines],
        "reason": "STAFF",
        **where,
        **others,
    }


async def ask(
    execute: Any, document: str, variables: dict[str, Any], actor: Actor = STAFF, **context: Any
) -> dict[str, Any]:
    """The payload of a mutation."""
    [payload] = (await execute(document, keyed(variables), actor=actor, **context)).values()
    return payload


def lines_of(payload: dict[str, Any]) -> list[tuple[int, str, str, int]]:
    """(line, SKU, location, units) of a payload's reservation."""
    return [
        (line["lineNo"], line["variant"]["sku"], line["location"]["code"], line["quantity"])
        for line in payload["reservation"]["lines"]
    ]


async def make(db: Database, **units: int) -> Shop:
    """Two variants, with units of the first by the code of the location."""
    shop = await open_shop(db, "SHIRT", "MUG")
    await fill(db, shop, "SHIRT", **units)
    return shop
