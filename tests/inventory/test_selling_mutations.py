"""Rules of selling through the schema: set by staff, seen by buyers, the same as what the checkout grants."""

from random import Random
from typing import Any

import pytest

from app.inventory.model.selling import offer
from app.inventory.sql.selling import sellable_levels
from app.kit.db import Database
from tests.conftest import keyed
from tests.inventory.builders import hold
from tests.inventory.selling import TODAY, ask, bundle, queue, sell_ahead
from tests.inventory.shop import STAFF, fill, limited, open_shop, refusals

RULE = """mutation ($input: VariantSellingRuleSetInput!) { variantSellingRuleSet(input: $input) {
  replayed variant { sku selling { policy limit remaining promisedOn isBundle } }
  userErrors { code message path } } }"""
BUNDLE = """mutation ($input: BundleComponentsSetInput!) { bundleComponentsSet(input: $input) {
  variant { selling { isBundle components { quantity variant { sku } } } } userErrors { code message path } } }"""
SHARE = """mutation ($input: ChannelShareSetInput!) { channelShareSet(input: $input) {
  replayed userErrors { code message path } } }"""
REMOVE = """mutation ($input: ChannelShareRemoveInput!) { channelShareRemove(input: $input) {
  replayed userErrors { code message path } } }"""
SHOWN = """query ($sku: String!) { variant(sku: $sku) { selling { policy remaining }
  availability { available isAvailable locations { available location { code } } } } }"""


async def shown(execute: Any, sku: str) -> tuple[int, list[tuple[str, int]]]:
    """(in all, by place) as a buyer sees it."""
    found = (await execute(SHOWN, {"sku": sku}))["variant"]["availability"]
    return found["available"], [(row["location"]["code"], row["available"]) for row in found["locations"]]


async def test_a_rule_is_set_and_shown(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT")
    values = {"sku": "SHIRT", "policy": "BACKORDER", "limit": 5, "promisedOn": "2026-12-10"}
    variables = keyed(values)
    first = (await execute(RULE, variables, actor=STAFF))["variantSellingRuleSet"]
    rule = {"policy": "BACKORDER", "limit": 5, "remaining": 5, "promisedOn": "2026-12-10", "isBundle": False}
    assert first == {"replayed": False, "variant": {"sku": "SHIRT", "selling": rule}, "userErrors": []}
    assert (await execute(RULE, variables, actor=STAFF))["variantSellingRuleSet"]["replayed"] is True
    await hold(db, await ask(db, shop.variants["SHIRT"], 2, shop.places["depot"]))
    assert len(await queue(db)) == 1
    selling = (await execute(SHOWN, {"sku": "SHIRT"}))["variant"]["selling"]
    assert selling == {"policy": "BACKORDER", "remaining": 3}
    below = await execute(RULE, keyed({**values, "limit": 1}), actor=STAFF)
    assert refusals(below["variantSellingRuleSet"]) == [{"code": "INVALID_QUANTITY", "path": ["input", "limit"]}]
    local = await execute(RULE, keyed(values), actor=limited(shop, "depot"))
    assert [error["code"] for error in local["variantSellingRuleSet"]["userErrors"]] == ["BEYOND_KEY"]


async def test_a_bundle_shows_what_its_components_allow(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SET", "CUP", "POT")
    await fill(db, shop, "CUP", depot=7, umeda=2)
    await fill(db, shop, "POT", depot=2, umeda=9, shibuya=9)
    parts = [{"sku": "CUP", "quantity": 2}, {"sku": "POT", "quantity": 1}]
    done = (await execute(BUNDLE, keyed({"sku": "SET", "components": parts}), actor=STAFF))["bundleComponentsSet"]
    assert done["userErrors"] == []
    assert done["variant"]["selling"] == {
        "isBundle": True,
        "components": [{"quantity": 2, "variant": {"sku": "CUP"}}, {"quantity": 1, "variant": {"sku": "POT"}}],
    }
    assert await shown(execute, "SET") == (3, [("depot", 2), ("umeda", 1)])
    wrong = await execute(BUNDLE, keyed({"sku": "CUP", "components": [{"sku": "SET", "quantity": 1}]}), actor=STAFF)
    assert refusals(wrong["bundleComponentsSet"]) == [{"code": "INVALID_INPUT", "path": ["input", "components"]}]


async def test_a_share_leaves_units_and_is_shown(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT", "MUG")
    await fill(db, shop, "SHIRT", depot=8, umeda=2)
    await fill(db, shop, "MUG", depot=3)
    for values in ({"keptPercent": 25}, {"sku": "MUG", "keptUnits": 1}):
        answer = await execute(SHARE, keyed({"channel": "web", **values}), actor=STAFF)
        assert answer["channelShareSet"]["userErrors"] == []
    assert await shown(execute, "SHIRT") == (7, [("depot", 7), ("umeda", 2)])
    assert await shown(execute, "MUG") == (2, [("depot", 2)])
    bad = await execute(SHARE, keyed({"channel": "web", "keptPercent": 101}), actor=STAFF)
    assert refusals(bad["channelShareSet"]) == [{"code": "INVALID_INPUT", "path": ["input", "keptPercent"]}]


async def test_a_share_is_removed_once_and_its_units_are_shown_again(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT")
    await fill(db, shop, "SHIRT", depot=8)
    await execute(SHARE, keyed({"channel": "web", "sku": "SHIRT", "keptUnits": 5}), actor=STAFF)
    assert await shown(execute, "SHIRT") == (3, [("depot", 3)])
    variables = keyed({"channel": "web", "sku": "SHIRT"})
    for replayed in (False, True):
        done = (await execute(REMOVE, variables, actor=STAFF))["channelShareRemove"]
        assert done == {"replayed": replayed, "userErrors": []}
    assert await shown(execute, "SHIRT") == (8, [("depot", 8)])
    again = await execute(REMOVE, keyed({"channel": "web", "sku": "SHIRT"}), actor=STAFF)
    assert refusals(again["channelShareRemove"]) == [{"code": "NOT_FOUND", "path": ["input"]}]
    local = await execute(REMOVE, keyed({"channel": "web"}), actor=limited(shop, "depot"))
    assert [error["code"] for error in local["channelShareRemove"]["userErrors"]] == ["BEYOND_KEY"]


@pytest.mark.parametrize("seed", range(12))
async def test_c15_what_is_shown_is_granted_when_asked_alone(db: Database, execute: Any, seed: int) -> None:
    """Complaint C-15: insufficient stock although the checkout showed stock."""
    random = Random(seed)
    shop = await open_shop(db, "SET", "CUP", "POT")
    names = ("depot", "umeda", "shibuya")
    for sku in ("CUP", "POT"):
        await fill(db, shop, sku, **{name: units for name in names if (units := random.randint(0, 6))})
    places = [shop.places[name] for name in names]
    cup, pot, tea_set = (shop.variants[sku] for sku in ("CUP", "POT", "SET"))
    async with db.write() as tx:
        await bundle(tx, tea_set, {cup: random.randint(1, 3), pot: random.randint(1, 2)})
        if seed % 2:
            await sell_ahead(tx, cup, 9)
    if seed % 2:
        await hold(db, await ask(db, cup, 9, *places))
    for sku, variant_id in (("SET", tea_set), ("CUP", cup), ("POT", pot)):
        total, _ = await shown(execute, sku)
        async with db.read() as tx:
            levels, terms = await sellable_levels(tx, [variant_id], places, 0, today=TODAY)
        assert total == offer(levels, variant_id, places, terms.get(variant_id)).units
        if total:
            request = await ask(db, variant_id, total, *places)
            [verdict] = await hold(db, request)
            assert sum(claim.quantity for claim in verdict.claims if claim.location_id) > 0, (sku, total)
            assert (await shown(execute, sku))[0] == 0
