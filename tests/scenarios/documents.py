"""What storefronts, stores, warehouses and partners send in the stories."""

from typing import Any, Final

ERRORS: Final = """userErrors {
    code message path
    ... on InsufficientStockError { sku requested available }
    ... on InvalidTransitionError { currentStatus }
    ... on PickupCodeInvalidError { remainingAttempts }
    ... on CartTooLargeError { limit: maximum }
    ... on UnknownCurrencyError { accepted }
}"""


def mutation(name: str, fields: str) -> str:
    """The document of a mutation: its one input, `replayed`, these fields of the payload, and all refusals."""
    input_type = name[0].upper() + name[1:] + "Input"
    return f"mutation ($input: {input_type}!) {{ {name}(input: $input) {{ replayed {fields} {ERRORS} }} }}"


def name_of(document: str) -> str:
    """The mutation in a document that `mutation` made."""
    return document.partition("{ ")[2].partition("(")[0]


def about_pickup(name: str) -> str:
    """The document of one step of a pickup: `pickupReport` and its like."""
    return mutation(name, "pickup { status isVerified isLocked }")


CART_CREATE: Final = mutation("cartCreate", "cart { id lines { id sku } }")
CART_LINES_ADD: Final = mutation("cartLinesAdd", "cart { lines { sku quantity } }")
CART_LINES_UPDATE: Final = mutation("cartLinesUpdate", "cart { lines { sku quantity } }")
CART_LINES_REMOVE: Final = mutation("cartLinesRemove", "cart { lines { sku quantity } }")
CART_DELIVERY_SET: Final = mutation("cartDeliverySet", "delivery { mode }")
CHECKOUT: Final = mutation(
    "checkoutComplete",
    "order { id number status paymentStatus version"
    " lines { lineNo sku quantity allocations { quantity location { code } } } }",
)
ORDER_CANCEL: Final = mutation("orderCancel", "order { status paymentStatus }")
WORK_COMPLETE: Final = mutation("workComplete", "workInstruction { kind status }")
SHIPMENT_CREATE: Final = mutation("shipmentCreate", "shipment { id trackingNumber }")
TRANSFER_CREATE: Final = mutation("transferCreate", "transfer { id status }")
TRANSFER_SHIP: Final = mutation("transferShip", "transfer { status }")
TRANSFER_RECEIVE: Final = mutation("transferReceive", "transfer { status }")
TRANSFER_DATE: Final = mutation("transferDateSet", "transfer { expectedAt }")
STOCK_RECEIVE: Final = mutation("stockReceive", "stockLevels { onHand available version }")
STOCK_ADJUST: Final = mutation("stockAdjust", "stockLevel { onHand available version }")
MARK_READY: Final = about_pickup("pickupMarkReady")
REPORT: Final = about_pickup("pickupReport")
VERIFY: Final = about_pickup("pickupCodeVerify")
UNLOCK: Final = about_pickup("pickupCodeUnlock")
HAND_OVER: Final = about_pickup("pickupHandOver")
EXPIRE: Final = about_pickup("pickupExpire")

CART: Final = """query ($id: ID!) { cart(id: $id) {
    status totals { total { amount } } problems { code ... on InsufficientStockProblem { requested available } }
} }"""
ORDER: Final = """query ($id: ID!) { order(id: $id) {
    number status paymentStatus fulfillmentStatus version
    lines { sku allocations { quantity location { code } } }
    pickups { id status code }
    shipments { carrier trackingNumber }
} }"""
PROMISE: Final = """query ($id: ID!) { order(id: $id) { pickups { readyBy } history { kind } } }"""
WORK: Final = """query ($locationId: ID, $status: WorkStatus, $after: String) {
    workInstructions(locationId: $locationId, status: $status, first: 100, after: $after) {
        nodes { id kind status orderNumber location { code } fulfillment { id pickup { id } } transfer { id } }
        pageInfo { hasNextPage endCursor }
    }
}"""
PICKUPS: Final = """query ($status: PickupStatus) { pickups(status: $status, first: 100) {
    nodes { id number status location { code } order { id } lines { sku quantity } }
} }"""
PICKUP: Final = "query ($id: ID!) { pickup(id: $id) { status code failedAttempts } }"
AVAILABILITY: Final = """query ($sku: String!, $near: NearInput) { variant(sku: $sku) {
    availability(near: $near, first: 100) {
        available onHand allocated reserved locations { available location { code } }
    }
} }"""
MOVEMENTS: Final = """query ($sku: String!) { stockMovements(sku: $sku, first: 100) { nodes {
    kind onHandChange allocatedChange reservedChange location { code } order { id } actor
} } }"""
OPTIONS: Final = """query ($cartId: ID!, $near: NearInput, $modes: [DeliveryMode!]) {
    pickupOptions(cartId: $cartId, near: $near, modes: $modes, first: 20) {
        mode coverage location { code } lines { sku available availableHere }
    }
}"""
STOCK_CHANGED: Final = """subscription ($skus: [String!]!, $locationIds: [ID!]) {
    stockChanged(skus: $skus, locationIds: $locationIds) { variant { sku } location { code } available version }
}"""
ORDER_CHANGED: Final = """subscription ($id: ID!) { orderChanged(id: $id) {
    status fulfillmentStatus version pickups { status code }
} }"""

NEAR_SHIBUYA: Final = {"postalCode": "150-0043"}
HOME: Final[dict[str, Any]] = {
    "name": "山田 花子",
    "phone": "03-1234-5678",
    "postalCode": "150-0043",
    "prefecture": 13,
    "city": "渋谷区",
    "line1": "道玄坂1-2-3",
}
