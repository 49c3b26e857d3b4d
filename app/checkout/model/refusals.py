"""What stands between a cart and its order: every refusal at once, so that the buyer can mend them at once."""

from collections.abc import Iterable, Sequence
from typing import Any

from app.capacity.errors import SlotMissing
from app.capacity.model.slot_refusals import slot_facts, slot_refusal
from app.carts.errors import CartEmpty, DeliveryModeNotEligible, NotSold
from app.carts.model import (
    CartProblem,
    DeliveryMissingProblem,
    DeliveryModeNotEligibleProblem,
    InsufficientStockProblem,
    NotSoldProblem,
    PickupSlotProblem,
    PriceChangedProblem,
)
from app.carts.model.refusals import insufficient_stock, line_facts
from app.checkout.errors import DeliveryMissing, PaymentMethodNotEligible, PriceChanged
from app.checkout.model.request import MAX_TOKEN_LENGTH, CheckoutRequest, PaymentMethodReason
from app.kit.errors import DomainError, InvalidEmail, InvalidInput
from app.kit.mail import normalize_email
from app.kit.money import format_amount
from app.payments.errors import PaymentTokenMissing
from app.payments.model import PaymentMethod
from app.sourcing.model import DeliveryMode


def checkout_refusals(
    cart: Any,
    lines: Sequence[Any],
    problems: Iterable[CartProblem],
    request: CheckoutRequest,
    *,
    total_minor: int,
) -> list[DomainError]:
    """Why this cart cannot become an order now; empty when it can.

    cart, lines: rows of the cart. total_minor: what it costs at the prices that the buyer has seen, with
    shipping.
    """
    if not lines:
        return [CartEmpty("There is nothing in this cart.", path=["input", "cartId"])]
    by_id = {line.id: line for line in lines}
    refusals = [refusal_of(problem, by_id[problem.line_id], cart.currency) for problem in problems]
    if request.expected_total is not None and request.expected_total != total_minor:
        was, costs = (format_amount(amount, cart.currency) for amount in (request.expected_total, total_minor))
        refusals.append(
            PriceChanged(
                f"The total is {costs}, not {was}.",
                path=["input", "expectedTotal"],
                old_minor=request.expected_total,
                new_minor=total_minor,
                currency=cart.currency,
            )
        )
    return [*refusals, *_email_refusals(request.email or cart.email), *_payment_refusals(cart, lines, request)]


def refusal_of(problem: CartProblem, line: Any, currency: str) -> DomainError:
    """A problem of a cart's line as the refusal of its checkout."""
    facts = line_facts(line)
    message = f"{line.sku}: {problem.message}"
    match problem:
        case NotSoldProblem():
            return NotSold(message, variant_id=line.variant_id, **facts)
        case PriceChangedProblem(old_minor=old, new_minor=new):
            return PriceChanged(message, old_minor=old, new_minor=new, currency=currency, **facts)
        case DeliveryMissingProblem():
            return DeliveryMissing(message, **facts)
        case DeliveryModeNotEligibleProblem(mode=mode, reasons=reasons):
            refusal = DeliveryModeNotEligible(message, mode=mode, reasons=[reason.code for reason in reasons])
            refusal.facts |= facts
            return refusal
        case InsufficientStockProblem(requested=requested, available=available):
            return insufficient_stock(line, requested, available)
        case PickupSlotProblem():
            return _slot_refusal(problem, line, message, facts)


def _slot_refusal(problem: PickupSlotProblem, line: Any, message: str, facts: dict[str, str]) -> DomainError:
    path, place = ["input", "cartId"], problem.location_id
    if problem.reason is None:
        slots = [slot_facts(one) for one in problem.found]
        return SlotMissing(message, location_id=place, found=slots, path=path, **facts)
    return slot_refusal(problem.reason, place, line.slot_begins, problem.found, path=path, **facts)


def _email_refusals(email: str | None) -> list[DomainError]:
    if email is None:
        message = "An e-mail address is needed to order."
        return [InvalidInput(message, path=["input", "email"])]
    try:
        normalize_email(email, "input", "email")
    except InvalidEmail as refusal:
        return [refusal]
    return []


def _payment_refusals(cart: Any, lines: Iterable[Any], request: CheckoutRequest) -> list[DomainError]:
    method, path = request.method, ["input", "payment"]
    reasons: list[str] = []
    if method == PaymentMethod.EXTERNAL or method not in cart.payment_methods:
        reasons.append(PaymentMethodReason.NOT_OFFERED)
    if method == PaymentMethod.PAY_AT_PICKUP and any(
        line.mode is not None and line.mode != DeliveryMode.STORE_PICKUP for line in lines
    ):
        reasons.append(PaymentMethodReason.NOT_ALL_STORE_PICKUP)
    if reasons:
        message = "This order cannot be paid like this."
        return [PaymentMethodNotEligible(message, path=[*path, "method"], method=str(method), method_reasons=reasons)]
    if method != PaymentMethod.CARD:
        return []
    if not (request.token or "").strip():
        return [PaymentTokenMissing("A card payment needs the token of the card.", path=[*path, "token"])]
    if len(request.token or "") > MAX_TOKEN_LENGTH or not (request.token or "").isprintable():
        message = f"A card's token has up to {MAX_TOKEN_LENGTH} printable characters."
        return [InvalidInput(message, path=[*path, "token"])]
    return []
