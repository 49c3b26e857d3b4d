"""Rules of payments, and what a provider must be able to do. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol
from uuid import UUID

from app.kit.errors import InvalidTransition
from app.payments.errors import ProviderUnreachable


class PaymentMethod(StrEnum):
    """How an order is paid."""

    CARD = "CARD"
    PAY_AT_PICKUP = "PAY_AT_PICKUP"
    EXTERNAL = "EXTERNAL"


class PaymentStatus(StrEnum):
    """Where the money is."""

    PENDING = "PENDING"
    AUTHORIZED = "AUTHORIZED"
    CAPTURED = "CAPTURED"
    DUE_AT_PICKUP = "DUE_AT_PICKUP"
    VOIDED = "VOIDED"
    REFUNDED = "REFUNDED"
    FAILED = "FAILED"


_STEPS: Final = {
    PaymentStatus.PENDING: {
        PaymentStatus.AUTHORIZED,
        PaymentStatus.CAPTURED,
        PaymentStatus.DUE_AT_PICKUP,
        PaymentStatus.FAILED,
        PaymentStatus.VOIDED,
    },
    PaymentStatus.AUTHORIZED: {PaymentStatus.CAPTURED, PaymentStatus.VOIDED},
    PaymentStatus.DUE_AT_PICKUP: {PaymentStatus.CAPTURED, PaymentStatus.VOIDED},
    PaymentStatus.CAPTURED: {PaymentStatus.REFUNDED},
    PaymentStatus.VOIDED: set[PaymentStatus](),
    PaymentStatus.REFUNDED: set[PaymentStatus](),
    PaymentStatus.FAILED: set[PaymentStatus](),
}


class RefundStatus(StrEnum):
    """Whether money was given back."""

    PENDING = "PENDING"
    DONE = "DONE"
    FAILED = "FAILED"


class RefundReason(StrEnum):
    """Why money is given back."""

    GOODS_RETURNED = "GOODS_RETURNED"
    NOT_DELIVERED = "NOT_DELIVERED"
    GOODWILL = "GOODWILL"
    OTHER = "OTHER"


def refund_due(*, amount_minor: int, captured_minor: int, refunded_minor: int, canceled_minor: int) -> int:
    """What was taken beyond the price of all that the buyer keeps or will get, and is not being given back yet."""
    return max(captured_minor - refunded_minor - max(amount_minor - canceled_minor, 0), 0)


FIRST_STATUSES: Final = {
    PaymentMethod.CARD: PaymentStatus.PENDING,
    PaymentMethod.PAY_AT_PICKUP: PaymentStatus.DUE_AT_PICKUP,
    PaymentMethod.EXTERNAL: PaymentStatus.CAPTURED,
}
"""How a payment begins: a card waits for its provider, another system's payment is over already."""


@dataclass(frozen=True, slots=True)
class PaymentDraft:
    """The payment of an order: its total in minor units of `currency`. token: of the card, from the provider."""

    order_id: UUID
    method: str
    amount_minor: int
    currency: str
    token: str | None = None


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """What a provider is asked to set aside: minor units of `currency`.

    key: the payment's id. The same key always gets the same answer and never moves money twice.
    """

    key: UUID
    amount_minor: int
    currency: str
    token: str


def authorization_of(key: UUID, payment: PaymentDraft) -> AuthorizationRequest | None:
    """What a card company has to be asked for a payment that begins; None when there is nobody to ask."""
    if payment.method != PaymentMethod.CARD or payment.token is None:
        return None
    return AuthorizationRequest(key, payment.amount_minor, payment.currency, payment.token)


@dataclass(frozen=True, slots=True)
class AuthorizationResult:
    """The provider's final answer: a reference of its own when it authorized, a reason when it declined."""

    reference: str | None = None
    failure: str | None = None

    @property
    def is_authorized(self) -> bool:
        """Whether the money is set aside."""
        return self.reference is not None


@dataclass(frozen=True, slots=True)
class RefundResult:
    """The provider's final answer: a reference of its own when it gave the money back, a reason when it did not."""

    reference: str | None = None
    failure: str | None = None


# A provider that hangs must block neither a shopper's request nor the job that asks again.
PROVIDER_TIMEOUT_S: Final = 15.0


class PaymentProvider(Protocol):
    """A company that moves money. Every call may be repeated; each raises ProviderUnreachable without an
    answer.
    """

    async def authorize(self, request: AuthorizationRequest) -> AuthorizationResult:
        """Set the money aside, or say why not."""
        ...

    async def capture(self, key: UUID, reference: str, amount_minor: int) -> None:
        """Take money that was set aside."""
        ...

    async def void(self, key: UUID) -> None:
        """Give up whatever was set aside under `key`; nothing to give up is no error."""
        ...

    async def refund(self, key: UUID, reference: str, amount_minor: int) -> RefundResult:
        """Give money back that was taken under `reference`. key: the refund's, which never moves money twice."""
        ...


class TestCardProvider:
    """A card company for shops under construction: the token says what happens, nothing is remembered or
    sent.

    tok_declined and tok_insufficient_funds are declined, tok_unreachable never gets an answer, all others
    succeed.
    """

    __test__ = False  # no test class, whatever pytest thinks of its name

    async def authorize(self, request: AuthorizationRequest) -> AuthorizationResult:
        """As the token says."""
        if request.token == "tok_unreachable":  # noqa: S105  # a public token of the test provider
            message = "The test provider does not answer for this token."
            raise ProviderUnreachable(message)
        failure = _DECLINED.get(request.token)
        if failure is not None:
            return AuthorizationResult(failure=failure)
        return AuthorizationResult(reference=f"test-{request.key}")

    async def capture(self, key: UUID, reference: str, amount_minor: int) -> None:
        """Always succeeds."""

    async def void(self, key: UUID) -> None:
        """Always succeeds."""

    async def refund(self, key: UUID, reference: str, amount_minor: int) -> RefundResult:
        """Always succeeds."""
        del reference, amount_minor
        return RefundResult(reference=f"test-{key}")


_DECLINED: Final[Mapping[str, str]] = {
    "tok_declined": "card_declined",
    "tok_insufficient_funds": "insufficient_funds",
}

CARD_PROVIDER: Final = "test-card"
PROVIDERS: Final[dict[str, PaymentProvider]] = {CARD_PROVIDER: TestCardProvider()}
"""Providers by the name that a payment keeps."""

_PROVIDER_NAMES: Final = {
    PaymentMethod.CARD: CARD_PROVIDER,
    PaymentMethod.PAY_AT_PICKUP: "store",
    PaymentMethod.EXTERNAL: "external",
}


def provider_name(method: PaymentMethod) -> str:
    """The name of whoever takes the money of payments by `method`."""
    return _PROVIDER_NAMES[method]


def provider_of(method: str) -> PaymentProvider | None:
    """The provider to ask; None when the money is taken at the counter or elsewhere."""
    return PROVIDERS.get(provider_name(PaymentMethod(method)))


def next_payment_status(current: str, wanted: PaymentStatus) -> PaymentStatus:
    """`wanted` when it may follow `current`. Raises InvalidTransition otherwise."""
    if wanted not in _STEPS[PaymentStatus(current)]:
        message = f"A payment that is {current} cannot become {wanted}."
        raise InvalidTransition(message, current_status=current)
    return wanted


def payment_status_when_canceled(current: str) -> PaymentStatus:
    """Money that was not taken yet is given up; taken money stays until it is refunded."""
    status = PaymentStatus(current)
    return PaymentStatus.VOIDED if PaymentStatus.VOIDED in _STEPS[status] else status
