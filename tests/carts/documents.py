"""GraphQL documents over carts, and a call that runs them."""

from typing import Any

CART = """fragment all on Cart {
  id status currency email version isExpired expiresAt channel { code }
  lines { id sku quantity unitPrice { amount formatted } currentPrice { amount } total { amount }
          variant { sku } delivery { id mode } problems { code } }
  deliveries { id mode location { code } address { name postalCode prefectureName(language: JA) line2 } lines { sku } }
  totals { subtotal { amount } shipping { amount } total { amount } tax { amount }
           taxes { ratePercent taxable { amount } tax { amount } } }
  problems { __typename code message lineId line { sku }
    ... on InsufficientStockProblem { requested available }
    ... on PriceChangedProblem { oldPrice { amount } newPrice { amount } }
    ... on DeliveryModeNotEligibleProblem { mode reasons { code message } } }
  order { id }
}
fragment errors on UserError { __typename code message path
  ... on CartTooLargeError { maximum requested } ... on UnknownCurrencyError { accepted }
  ... on NotSoldError { sku variant { sku } } ... on CartCompletedError { order { id } }
  ... on DeliveryModeNotEligibleError { mode reasons } }
"""


def mutation(name: str, extra: str = "") -> str:
    """The document of one mutation of carts."""
    kind = name[0].upper() + name[1:] + "Input"
    return f"""mutation ($input: {kind}!) {{ {name}(input: $input) {{
        cart {{ ...all }} {extra} replayed userErrors {{ ...errors }} }} }}
        {CART}"""


READ = "query ($id: ID!) { cart(id: $id) { ...all } }" + CART.split("fragment errors", maxsplit=1)[0]


async def call(execute: Any, name: str, given: dict[str, Any], extra: str = "", **context: Any) -> Any:
    return (await execute(mutation(name, extra), {"input": given}, **context))[name]
