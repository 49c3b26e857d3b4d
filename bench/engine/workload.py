"""What is asked: one document per row of the table, and endless requests with random keys for it.

The same variables go to our server, with the document, and to the hand-written handlers, without.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import orjson

from app.kit.paging import encode_cursor
from bench.engine.shop import STAFF_KEY, Shop

LIST: Final = """query List($after: String) {
  products(first: 24, after: $after) {
    nodes {
      id name slug
      priceRange { minimum { amount currency } }
      variants {
        id sku name
        availability(first: 5) { available locations { available location { name } } }
      }
    }
    pageInfo { hasNextPage endCursor }
  }
}"""
DETAIL: Final = """query Detail($slug: String!) {
  product(slug: $slug) {
    id name slug description
    variants {
      id sku name
      price { amount { amount currency } }
      availability(first: 20) { available locations { available location { name } } }
    }
  }
}"""
STOCK_ADJUST: Final = """mutation Adjust($input: StockAdjustInput!) {
  stockAdjust(input: $input) {
    userErrors { code message }
    stockLevel { onHand reserved allocated safety available version }
  }
}"""
CART_LINES_ADD: Final = """mutation Add($input: CartLinesAddInput!) {
  cartLinesAdd(input: $input) {
    userErrors { code message }
    cart { id version lines { id sku quantity total { amount currency } } }
  }
}"""
NODE: Final = """query Node($id: ID!) { node(id: $id) { id ... on Product { name slug } } }"""
PAGES: Final = 10
STOCK_PAGES: Final = "query Pages({}) {{\n{}\n}}".format(
    ", ".join(f"$a{number}: String" for number in range(PAGES)),
    "\n".join(f"  p{number}: stockLevels(first: 100, after: $a{number}) {{ ...Page }}" for number in range(PAGES)),
) + (
    "\nfragment Page on StockLevelConnection {"
    " nodes { variant { sku } location { name } available onHand reserved allocated safety version } }"
)
Variables = Callable[[Shop, random.Random], dict[str, Any]]


@dataclass(frozen=True)
class Workload:
    """One row. bound: the largest ratio that is allowed; None: for reading only.

    forms: the hand-written handlers with everything tuned; the best one counts. plain: the one without, if there is.
    is_action: both sides do the same work in one transaction, which is measured alone and taken off both. marker: what
    every answer contains. kind: the server that is compared.
    """

    name: str
    title: str
    document: str
    variables: Variables
    bound: float | None = None
    forms: tuple[str, ...] = ()
    is_staff: bool = False
    is_action: bool = False
    marker: bytes = b'{"data":{'
    kind: str = "ours"
    handler: str = ""
    plain: str = ""

    @property
    def path(self) -> str:
        """Of the hand-written handlers."""
        return self.handler or self.name

    @property
    def headers(self) -> dict[str, str]:
        """Of every request."""
        common = {"content-type": "application/json", "accept": "application/json"}
        return common | ({"authorization": f"Bearer {STAFF_KEY}"} if self.is_staff else {})

    def our_bodies(self, shop: Shop, seed: int) -> Iterator[bytes]:
        """Endless: document and variables."""
        choose = random.Random(seed)  # noqa: S311  # no secret
        while True:
            yield orjson.dumps({"query": self.document, "variables": self.variables(shop, choose)})

    def raw_bodies(self, shop: Shop, seed: int) -> Iterator[bytes]:
        """The same questions: the variables alone."""
        choose = random.Random(seed)  # noqa: S311  # no secret
        while True:
            yield orjson.dumps(self.variables(shop, choose))


def _list(shop: Shop, choose: random.Random) -> dict[str, Any]:
    return {"after": encode_cursor([choose.choice(shop.list_after)])}


def _detail(shop: Shop, choose: random.Random) -> dict[str, Any]:
    return {"slug": choose.choice(shop.slugs)}


def _stock_adjust(shop: Shop, choose: random.Random) -> dict[str, Any]:
    sku, location_id = choose.choice(shop.levels)
    values = {"sku": sku, "locationId": location_id, "delta": 1, "reason": "COUNT"}
    return {"input": {**values, "idempotencyKey": _key(choose)}}


def _cart_lines_add(shop: Shop, choose: random.Random) -> dict[str, Any]:
    cart_id, skus = choose.choice(shop.carts)
    lines = [{"sku": choose.choice(skus), "quantity": 1}]
    return {"input": {"cartId": cart_id, "lines": lines, "idempotencyKey": _key(choose)}}


def _key(choose: random.Random) -> str:
    return str(UUID(int=choose.getrandbits(128)))


def _node(shop: Shop, choose: random.Random) -> dict[str, Any]:
    return {"id": choose.choice(shop.products)}


def _stock_pages(shop: Shop, choose: random.Random) -> dict[str, Any]:
    return {f"a{number}": encode_cursor(choose.choice(shop.keys)) for number in range(PAGES)}


WORKLOADS: Final = {
    row.name: row
    for row in (
        Workload("list", "24 products x 3 variants x 5 locations", LIST, _list, 1.10, ("rows", "json"), plain="plain"),
        Workload(
            "detail",
            "product by slug, 3 variants x 20 locations",
            DETAIL,
            _detail,
            1.15,
            ("arrays", "json"),
            plain="plain",
        ),
        Workload(
            "adjust",
            "`stockAdjust`",
            STOCK_ADJUST,
            _stock_adjust,
            1.25,
            ("action",),
            is_staff=True,
            is_action=True,
            marker=b'"userErrors":[],',
        ),
        Workload(
            "cart",
            "`cartLinesAdd`",
            CART_LINES_ADD,
            _cart_lines_add,
            1.25,
            ("action",),
            is_action=True,
            marker=b'"userErrors":[],',
        ),
        Workload("node", "`node(id)` of a product", NODE, _node, None, ("rows",)),
        Workload("stock", "1,000 `stockLevels` in 10 pages", STOCK_PAGES, _stock_pages, None, ("rows",), is_staff=True),
        Workload(
            "reference", "the first row by graphql-core", LIST, _list, None, ("rows",), kind="reference", handler="list"
        ),
    )
}
