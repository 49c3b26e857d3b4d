"""The page at `/`: an explorer of our own, which gives its place to GraphiQL where a CDN can be reached."""

from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson


@dataclass(frozen=True, slots=True)
class Example:
    """A document that the page offers. It runs as it stands against the demo shop."""

    title: str
    query: str
    variables: dict[str, Any] = field(default_factory=dict[str, Any])
    headers: dict[str, str] = field(default_factory=dict[str, str])


EXAMPLES: Final = [
    Example(
        "Products",
        """# What the shop sells, and where it is: nearest locations first.
query Products($words: String!, $near: NearInput!) {
  products(first: 3, filter: { search: $words }) {
    totalCount
    nodes {
      name
      priceRange { minimum { formatted } }
      variants {
        sku
        availability(near: $near, first: 3) {
          available
          locations { available distanceKm location { name kind } }
        }
      }
    }
  }
}
""",
        {"words": "藍染", "near": {"postalCode": "150-0043"}},
    ),
    Example(
        "Fill a cart",
        """# A cart with one pouch. The answer says what is missing before it can be bought.
mutation FillCart($input: CartCreateInput!) {
  cartCreate(input: $input) {
    cart {
      id
      lines { sku quantity total { formatted } }
      problems { code message }
    }
    userErrors { code message path }
  }
}
""",
        {"input": {"lines": [{"sku": "BA0196-GN", "quantity": 1}]}},
    ),
    Example(
        "Pickup points",
        """# Where this could be collected, nearest first.
query PickupPoints($lines: [PickupLineInput!]!, $near: NearInput!) {
  pickupOptions(lines: $lines, near: $near, first: 5) {
    mode
    distanceKm
    location { name kind }
  }
}
""",
        {"lines": [{"sku": "BA0196-GN", "quantity": 1}], "near": {"postalCode": "150-0043"}},
    ),
    Example(
        "Watch stock",
        """# Runs until you stop it: an event for each change, for example when somebody buys.
subscription Watch($skus: [String!]!) {
  stockChanged(skus: $skus) {
    variant { sku }
    location { code }
    available
    version
  }
}
""",
        {"skus": ["BA0196-GN"]},
    ),
    Example(
        "Work of a store",
        """# For the shop's own people: the key of the demo shop's staff is among the headers.
query Work {
  workInstructions(status: OPEN, first: 5) {
    nodes { kind orderNumber location { name } lines { sku name quantity } }
  }
}
""",
        headers={"Authorization": "Bearer hk_demo_staff"},
    ),
]

_TEMPLATE: Final = Path(__file__).with_name("explorer.html").read_text(encoding="utf-8")
# Inside a script element only `<` could end the data early.
_DATA: Final = orjson.dumps([asdict(example) for example in EXAMPLES]).decode().replace("<", "\\u003c")
PAGE: Final = _TEMPLATE.replace("/*EXAMPLES*/", _DATA)
