"""Channels under their codes."""

from typing import Any

import pytest

from app.channels.actions.save_channel import save_channel
from app.channels.errors import InvalidChannel, UnknownCurrency
from app.channels.sql import channel_by_code
from app.kit.db import Database
from app.kit.errors import NotFound
from tests.locations.builders import make_group

WEB: dict[str, Any] = {
    "code": "web",
    "names": {"ja": "オンラインストア"},
    "currency": "JPY",
    "languages": ["ja", "en"],
    "payment_methods": ["CARD", "PAY_AT_PICKUP"],
}


async def test_a_channel_is_made_and_replaced(db: Database) -> None:
    async with db.write() as tx:
        group = await make_group(tx)
        channel_id = await save_channel(tx, **WEB, location_group_id=group)
        made = await channel_by_code(tx, "web")
        assert made is not None
        assert dict(made) == {
            **WEB,
            "id": channel_id,
            "location_group_id": group,
            "tax_rounding": "DOWN",
            "shipping_fee_minor": 0,
            "free_shipping_from_minor": None,
            "is_active": True,
        }
        changed = {**WEB, "tax_rounding": "UP", "shipping_fee_minor": 660, "free_shipping_from_minor": 5500}
        assert await save_channel(tx, **changed, location_group_id=group, is_active=False) == channel_id
        after = await channel_by_code(tx, "web")
        assert after is not None
        assert dict(after) == {**changed, "id": channel_id, "location_group_id": group, "is_active": False}


async def test_a_channel_that_is_not_there(db: Database) -> None:
    async with db.read() as tx:
        assert await channel_by_code(tx, "web") is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"code": ""}, "needs a code"),
        ({"code": "a b"}, "needs a code"),
        ({"code": "x" * 41}, "needs a code"),
        ({"names": {}}, "needs a name"),
        ({"names": {"ja": " "}}, "needs a name"),
        ({"languages": []}, "speaks at least one"),
        ({"languages": ["fr"]}, "speaks at least one"),
        ({"payment_methods": []}, "offers at least one"),
        ({"payment_methods": ["CASH"]}, "offers at least one"),
        ({"payment_methods": ["EXTERNAL"]}, "offers at least one"),
        ({"tax_rounding": "NEAREST"}, "Tax is rounded"),
        ({"shipping_fee_minor": -1}, "nothing or more"),
        ({"free_shipping_from_minor": -1}, "nothing or more"),
    ],
)
async def test_channels_that_cannot_be(db: Database, change: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidChannel, match=message):
        async with db.write() as tx:
            await save_channel(tx, **{**WEB, "location_group_id": await make_group(tx), **change})
    async with db.read() as tx:
        assert await tx.connection.fetchval("SELECT count(*) FROM channels") == 0


@pytest.mark.parametrize("currency", ["XYZ", "jpy", "", "JPYX"])
async def test_an_unknown_currency(db: Database, currency: str) -> None:
    with pytest.raises(UnknownCurrency) as refusal:
        async with db.write() as tx:
            await save_channel(tx, **{**WEB, "currency": currency}, location_group_id=await make_group(tx))
    assert refusal.value.facts == {"currency": currency}


async def test_an_unknown_group_of_locations(db: Database) -> None:
    with pytest.raises(NotFound, match="group of locations"):
        async with db.write() as tx:
            await save_channel(tx, **WEB, location_group_id=2**31 - 1)
