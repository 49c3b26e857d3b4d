"""Payments begin with their orders, in the same transaction; the provider is asked after the commit."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from app.kit.db import WriteTx
from app.kit.ids import new_id
from app.payments import sql
from app.payments.errors import PaymentTokenMissing
from app.payments.model import FIRST_STATUSES, PaymentDraft, PaymentMethod, PaymentStatus, provider_name


async def start_payments(tx: WriteTx, drafts: Sequence[PaymentDraft], *, now: datetime) -> list[UUID]:
    """Write the payments of orders, in one statement; their ids, under which the provider will be asked, in the order
    of the drafts.

    A card payment needs the provider's token and is PENDING, pay-at-pickup is DUE_AT_PICKUP, another system's payment
    CAPTURED. Raises PaymentTokenMissing before anything is written.
    """
    kinds = [PaymentMethod(draft.method) for draft in drafts]
    cards = [kind is PaymentMethod.CARD for kind in kinds]
    for draft, is_card in zip(drafts, cards, strict=True):
        if is_card and not (draft.token or "").strip():
            message = "A card payment needs the token of the card."
            raise PaymentTokenMissing(message)
    ids = [new_id() for _ in drafts]
    statuses = [FIRST_STATUSES[kind] for kind in kinds]
    await tx.execute(
        sql.INSERT,
        ids=ids,
        order_ids=[draft.order_id for draft in drafts],
        methods=[str(kind) for kind in kinds],
        providers=[provider_name(kind) for kind in kinds],
        statuses=[str(status) for status in statuses],
        amounts=[draft.amount_minor for draft in drafts],
        captured=[
            draft.amount_minor if status is PaymentStatus.CAPTURED else 0
            for draft, status in zip(drafts, statuses, strict=True)
        ],
        currencies=[draft.currency for draft in drafts],
        tokens=[draft.token if is_card else None for draft, is_card in zip(drafts, cards, strict=True)],
        now=now,
    )
    return ids
