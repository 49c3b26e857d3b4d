"""The test provider answers by the token alone; payments end where they end."""

import pytest

from app.kit.errors import InvalidTransition
from app.kit.ids import new_id
from app.payments.errors import ProviderUnreachable
from app.payments.model import (
    AuthorizationRequest,
    PaymentStatus,
    TestCardProvider,
    next_payment_status,
    payment_status_when_canceled,
    provider_of,
)


async def authorize(token: str, key: object = None) -> tuple[str | None, str | None]:
    request = AuthorizationRequest(key=key or new_id(), amount_minor=100, currency="JPY", token=token)  # type: ignore[arg-type]
    result = await TestCardProvider().authorize(request)
    assert result.is_authorized is (result.failure is None)
    return result.reference, result.failure


async def test_the_token_decides_and_the_key_repeats_the_answer() -> None:
    key = new_id()
    assert await authorize("tok_ok", key) == await authorize("tok_ok", key) == (f"test-{key}", None)
    assert await authorize("tok_declined") == (None, "card_declined")
    assert await authorize("tok_insufficient_funds") == (None, "insufficient_funds")
    with pytest.raises(ProviderUnreachable):
        await authorize("tok_unreachable")


def test_only_cards_have_a_provider_to_ask() -> None:
    assert isinstance(provider_of("CARD"), TestCardProvider)
    assert provider_of("PAY_AT_PICKUP") is None
    assert provider_of("EXTERNAL") is None


@pytest.mark.parametrize("ended", ["VOIDED", "FAILED", "REFUNDED"])
def test_no_step_leaves_an_end(ended: str) -> None:
    for wanted in PaymentStatus:
        with pytest.raises(InvalidTransition):
            next_payment_status(ended, wanted)


def test_only_money_that_was_not_taken_is_given_up() -> None:
    assert {status: payment_status_when_canceled(status) for status in PaymentStatus} == {
        PaymentStatus.PENDING: PaymentStatus.VOIDED,
        PaymentStatus.AUTHORIZED: PaymentStatus.VOIDED,
        PaymentStatus.DUE_AT_PICKUP: PaymentStatus.VOIDED,
        PaymentStatus.CAPTURED: PaymentStatus.CAPTURED,
        PaymentStatus.VOIDED: PaymentStatus.VOIDED,
        PaymentStatus.REFUNDED: PaymentStatus.REFUNDED,
        PaymentStatus.FAILED: PaymentStatus.FAILED,
    }
