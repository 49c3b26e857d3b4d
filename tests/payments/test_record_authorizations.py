"""The provider's answer is written once and never turned round."""

import pytest

from app.kit.db import Database
from app.kit.errors import InvalidTransition, NotFound
from app.kit.ids import new_id
from app.payments.actions.record_authorizations import record_authorizations
from app.payments.model import AuthorizationResult
from tests.conftest import NOW
from tests.payments.builders import make_payment, payment_row, set_order

YES, NO = AuthorizationResult(reference="r-1"), AuthorizationResult(failure="card_declined")


async def test_a_yes_keeps_the_reference_and_forgets_the_token(db: Database) -> None:
    async with db.write() as tx:
        order_id = await make_payment(tx)
        for _ in range(2):
            await record_authorizations(tx, {order_id: YES}, now=NOW)
        await set_order(tx, order_id, "AUTHORIZED")
    row = await payment_row(db, order_id)
    assert (row["status"], row["provider_reference"], row["token"], row["failure"]) == ("AUTHORIZED", "r-1", None, None)


async def test_a_no_keeps_the_reason(db: Database) -> None:
    async with db.write() as tx:
        order_id = await make_payment(tx)
        await record_authorizations(tx, {order_id: NO}, now=NOW)
        await set_order(tx, order_id, "FAILED", "CANCELED")
        with pytest.raises(InvalidTransition) as refusal:
            await record_authorizations(tx, {order_id: YES}, now=NOW)
    assert refusal.value.facts == {"current_status": "FAILED"}
    row = await payment_row(db, order_id)
    assert (row["status"], row["failure"], row["provider_reference"]) == ("FAILED", "card_declined", None)


async def test_an_order_without_a_payment_is_refused(db: Database) -> None:
    async with db.write() as tx:
        with pytest.raises(NotFound):
            await record_authorizations(tx, {new_id(): YES}, now=NOW)
