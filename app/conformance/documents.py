"""What a partner's system sends."""

from typing import Final

WHO: Final = "{ viewer { kind scopes partner { code isSandbox } locations(first: 100) { id } } }"
QUEUE: Final = """query ($status: PickupStatus, $first: Int!, $after: String) {
  pickups(status: $status, first: $first, after: $after) {
    nodes { id number status location { id } } pageInfo { hasNextPage endCursor } } }"""
SEEN: Final = """query ($id: ID, $number: String) { pickup(id: $id, number: $number) {
  id number status code order { id } isVerified isLocked readyAt collectedAt reports { kind } } }"""
CREATE: Final = """mutation ($input: SandboxPickupCreateInput!) { sandboxPickupCreate(input: $input) {
  replayed code userErrors { code message path }
  pickup { id number status createdAt lines { sku quantity } shipments { trackingNumber } } } }"""
_REPORTED: Final = """effect replayed userErrors { code message path }
  pickup { number status readyAt holdUntil compartment collectedAt expiredAt returnTrackingNumber }"""
REPORT: Final = f"mutation ($input: PickupReportInput!) {{ pickupReport(input: $input) {{ {_REPORTED} }} }}"
REPORTS: Final = (
    f"mutation ($input: PickupReportsInput!) {{ pickupReports(input: $input) {{ results {{ {_REPORTED} }} }} }}"
)
VERIFY: Final = """mutation ($input: PickupCodeVerifyInput!) { pickupCodeVerify(input: $input) {
  replayed pickup { isVerified isLocked }
  userErrors { code message path ... on PickupCodeInvalidError { remainingAttempts } } } }"""
JOBS: Final = """subscription ($after: String) { partnerJobs(after: $after) {
  number status version cursor pickup { id status } } }"""
