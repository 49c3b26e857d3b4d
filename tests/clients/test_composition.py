"""Apollo's composition and the open-source one make a graph of the shop's SDL and of other subgraphs."""

import json
import re
from typing import Any, Final

import pytest
from graphql import build_ast_schema, parse

from app.api.schema import schema
from tests.clients import node

LINK: Final = 'extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key", "@shareable"])\n'
# Knows products by id and variants by SKU, and has pages like ours.
REVIEWS: Final = """
type Product @key(fields: "id") { id: ID! reviews: [Review!]! }
type Variant @key(fields: "sku") { sku: String! fitsLike: String }
type Review { stars: Int! of: Product! }
type PageInfo @shareable { hasNextPage: Boolean! hasPreviousPage: Boolean! startCursor: String endCursor: String }
type Query { newestReviews: [Review!]! }
"""
# Only points at what the shop has.
LOYALTY: Final = """
type Order @key(fields: "id", resolvable: false) { id: ID! }
type Location @key(fields: "code", resolvable: false) { code: String! }
type Query { lastOrder: Order favoriteStore: Location }
"""
# Says what is not its to say: the shop's field was not declared as shared.
RIVAL: Final = """
type Product @key(fields: "id") { id: ID! brand: String }
type Query { rival: Product }
"""


@pytest.mark.usefixtures("packages")
def test_both_composers_accept_the_subgraph() -> None:
    shop = schema.subgraph_sdl()
    graphs: list[dict[str, str]] = [
        {"shop": shop},
        {"shop": shop, "reviews": LINK + REVIEWS, "loyalty": LINK + LOYALTY},
        {"shop": shop, "rival": LINK + RIVAL},
    ]
    alone, together, wrong = json.loads(node.run("node", "compose.mjs", given=json.dumps(graphs)))
    for composer in ("apollo", "guild"):
        assert (alone[composer]["errors"], alone[composer]["hints"]) == ([], [])
        assert together[composer]["errors"] == []
        _is_whole(together[composer]["supergraph"])
        assert any("Product.brand" in message for message in wrong[composer]["errors"]), wrong[composer]["errors"]


def _is_whole(supergraph: str) -> None:
    """All of the shop's fields, with what they ask of the caller, and those that the others add."""
    graph: Any = build_ast_schema(parse(supergraph), assume_valid_sdl=True)
    ours: Any = schema._schema
    for name in ("Query", "Mutation", "Subscription", "Product", "Variant", "Order", "Cart", "Location", "Money"):
        missing = set(ours.type_map[name].fields) - set(graph.type_map[name].fields) - {"_entities", "_service"}
        assert missing == set(), name
    assert {"reviews", "brand"} <= set(graph.type_map["Product"].fields)
    assert {"fitsLike", "sku"} <= set(graph.type_map["Variant"].fields)
    assert {"newestReviews", "lastOrder", "favoriteStore", "products"} <= set(graph.query_type.fields)
    asked = re.compile(r"@requiresScopes\(scopes: \[")
    assert len(asked.findall(supergraph)) == len(asked.findall(schema.as_str()))
