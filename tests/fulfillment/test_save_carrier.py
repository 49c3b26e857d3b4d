"""Carriers are data."""

from uuid import UUID

import pytest

from app.fulfillment.actions.save_carrier import CarrierDraft, save_carrier
from app.fulfillment.model.packages import NumberRule
from app.fulfillment.sql.packages import carriers_by_code
from app.kit.db import Database
from app.kit.errors import InvalidInput, NotFound
from tests.fulfillment.builders import make_partner

PAGE = "https://van.example/?n={number}"


async def test_a_carrier_is_saved_by_its_code(db: Database) -> None:
    async with db.write() as tx:
        partner_id = await make_partner(tx, "van")
        await save_carrier(tx, CarrierDraft("our-van", {"en": "Our van"}, PAGE, NumberRule.TWELVE_MOD_7, partner_id))
        first = (await carriers_by_code(tx, ["our-van"]))["our-van"]
        await save_carrier(tx, CarrierDraft("our-van", {"en": "Van"}))
        second = (await carriers_by_code(tx, ["our-van", "nobody"]))["our-van"]
    assert tuple(first) == ("our-van", {"en": "Our van"}, PAGE, "TWELVE_MOD_7", partner_id, 1)
    assert tuple(second) == ("our-van", {"en": "Van"}, None, "ANY", None, 2)


async def test_the_large_carriers_of_japan_are_known(db: Database) -> None:
    async with db.read() as tx:
        known = await carriers_by_code(tx, ["yamato", "sagawa", "japan-post"])
    assert {code: (row.names["ja"], row.number_rule) for code, row in known.items()} == {
        "yamato": ("ヤマト運輸", "TWELVE_MOD_7"),
        "sagawa": ("佐川急便", "TWELVE_MOD_7"),
        "japan-post": ("日本郵便", "TWELVE_MOD_7"),
    }
    assert all(row.tracking_url.startswith("https://") and "{number}" in row.tracking_url for row in known.values())


@pytest.mark.parametrize("code", ["", "Van", "1van", "van/1", "v" * 61, "ヤマト"])
async def test_a_code_is_small_letters(db: Database, code: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        async with db.write() as tx:
            await save_carrier(tx, CarrierDraft(code, {"en": "x"}))
    assert refusal.value.path == ["input", "code"]


@pytest.mark.parametrize("page", ["http://x.example/{number}", "https://x.example/", "https://{number}" + "x" * 500])
async def test_a_page_names_the_number(db: Database, page: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        async with db.write() as tx:
            await save_carrier(tx, CarrierDraft("van", {"en": "x"}, page))
    assert refusal.value.path == ["input", "trackingUrl"]


async def test_a_partner_that_is_not_there_is_no_carrier(db: Database) -> None:
    with pytest.raises(NotFound) as refusal:
        async with db.write() as tx:
            await save_carrier(tx, CarrierDraft("van", {"en": "x"}, partner_id=UUID(int=1)))
    assert refusal.value.path == ["input", "partnerId"]
