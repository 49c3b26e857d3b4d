"""What a channel can be."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

from app.channels.errors import InvalidChannel, UnknownCurrency
from app.kit.money import is_currency
from app.kit.tax import Rounding

LANGUAGES: Final = ("ja", "en")
# What a buyer may be offered. Payments that happened elsewhere (EXTERNAL) are no offer.
PAYMENT_METHODS: Final = ("CARD", "PAY_AT_PICKUP")
MAX_CODE: Final = 40


@dataclass(frozen=True, slots=True)
class ChannelDraft:
    """All that is said about a channel. Amounts are in minor units of `currency`.

    free_shipping_from_minor: from this sum of goods on, shipping costs nothing; None means never.
    """

    code: str
    names: Mapping[str, str]
    currency: str
    languages: Collection[str]
    location_group_id: int
    payment_methods: Collection[str]
    tax_rounding: str = Rounding.DOWN
    shipping_fee_minor: int = 0
    free_shipping_from_minor: int | None = None
    is_active: bool = True


def check_channel(draft: ChannelDraft) -> None:
    """Raise UnknownCurrency or InvalidChannel unless the draft can be saved."""
    if not is_currency(draft.currency):
        message = f"Amounts cannot be kept in {draft.currency!r}."
        raise UnknownCurrency(message, currency=draft.currency)
    argument, trouble = "", ""
    if not 1 <= len(draft.code) <= MAX_CODE or not draft.code.isprintable() or " " in draft.code:
        argument, trouble = "code", f"A channel needs a code of 1 to {MAX_CODE} characters without blanks."
    elif not draft.names or not all(name.strip() for name in draft.names.values()):
        argument, trouble = "names", "A channel needs a name in every language that is given."
    elif not draft.languages or set(draft.languages) - set(LANGUAGES):
        argument = "languages"
        trouble = f"A channel speaks at least one of {', '.join(LANGUAGES)} and no other language."
    elif not draft.payment_methods or set(draft.payment_methods) - set(PAYMENT_METHODS):
        argument = "payment_methods"
        trouble = f"A channel offers at least one of {', '.join(PAYMENT_METHODS)} and nothing else."
    elif draft.tax_rounding not in set(Rounding):
        argument, trouble = "tax_rounding", f"Tax is rounded {', '.join(Rounding)}."
    elif draft.shipping_fee_minor < 0 or (draft.free_shipping_from_minor or 0) < 0:
        argument = "shipping_fee_minor" if draft.shipping_fee_minor < 0 else "free_shipping_from_minor"
        trouble = "Shipping costs nothing or more."
    if trouble:
        raise InvalidChannel(trouble, argument=argument)
