"""The queries of the channels slice, through the schema."""

from typing import Any

import pytest

from app.kit.db import Database
from app.kit.ids import global_id
from tests.channels.builders import make_channel
from tests.locations.builders import make_group, make_location

FIELDS = """{ code name(language: EN) currency languages paymentMethods taxRounding isActive
    shippingFee { amount currency formatted } freeShippingFrom { amount formatted }
    locationGroup { code locationCount } }"""


@pytest.fixture
async def channels(db: Database) -> dict[str, int]:
    """Two active channels over one group, and one that is closed."""
    async with db.write() as tx:
        group = await make_group(tx, [await make_location(tx), await make_location(tx)], code="japan")
        return {
            "web": await make_channel(tx, group, shipping_fee_minor=660, free_shipping_from_minor=5500),
            "app": await make_channel(
                tx, group, code="app", currency="USD", languages=["en"], payment_methods=["CARD"], tax_rounding="UP"
            ),
            "old": await make_channel(tx, group, code="old", is_active=False),
        }  # fmt: skip


WEB = {
    "code": "web",
    "name": "web",
    "currency": "JPY",
    "languages": ["JA", "EN"],
    "paymentMethods": ["CARD", "PAY_AT_PICKUP"],
    "taxRounding": "DOWN",
    "isActive": True,
    "shippingFee": {"amount": 660, "currency": "JPY", "formatted": "¥660"},
    "freeShippingFrom": {"amount": 5500, "formatted": "¥5,500"},
    "locationGroup": {"code": "japan", "locationCount": 2},
}


async def test_active_channels_in_order_of_their_code(
    execute: Any, channels: dict[str, int], count_statements: Any
) -> None:
    with count_statements() as count:
        found = (await execute("{ channels " + FIELDS + " }"))["channels"]
    assert count.total == 2
    assert [channel["code"] for channel in found] == ["app", "web"]
    assert found[1] == WEB
    assert (found[0]["languages"], found[0]["taxRounding"]) == (["EN"], "UP")
    assert (found[0]["shippingFee"]["formatted"], found[0]["freeShippingFrom"]) == ("$0.00", None)


async def test_one_channel_by_code_or_that_of_the_request(execute: Any, channels: dict[str, int]) -> None:
    assert (await execute("{ channel " + FIELDS + " }"))["channel"] == WEB
    assert (await execute("{ channel { code } }", channel="app"))["channel"] == {"code": "app"}
    by_code = "query ($code: String) { channel(code: $code) { code isActive } }"
    assert (await execute(by_code, {"code": "old"}))["channel"] == {"code": "old", "isActive": False}
    for code in ("nobody", "", "\x00"):
        assert (await execute(by_code, {"code": code}))["channel"] is None


async def test_a_channel_is_a_node(execute: Any, channels: dict[str, int]) -> None:
    document = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on Channel { code } } }"
    ids = [global_id("Channel", channels["old"]), global_id("Channel", 2**63 - 1)]
    assert (await execute(document, {"ids": ids}))["nodes"] == [{"code": "old"}, None]
