"""Channels, saved through the schema."""

from typing import Any

import pytest

from app.kit.db import Database
from app.kit.permissions import Actor, ActorKind
from tests.conftest import Execute
from tests.locations.builders import make_group

SCOPES = frozenset({"locations:write"})
STAFF = Actor(kind=ActorKind.STAFF, reference="key:owner", scopes=SCOPES)
SAVE = """mutation ($input: ChannelSaveInput!) { channelSave(input: $input) { replayed
  channel { code name currency languages paymentMethods taxRounding isActive shippingFee { amount }
    freeShippingFrom { amount } locationGroup { code } }
  userErrors { __typename code path ... on UnknownCurrencyError { currency } } } }"""
WEB: dict[str, Any] = {
    "code": "web",
    "names": [{"language": "JA", "text": "通販"}],
    "currency": "JPY",
    "languages": ["JA", "EN", "JA"],
    "locationGroup": "all",
    "paymentMethods": ["CARD"],
}


async def save(execute: Execute, actor: Actor = STAFF, **change: Any) -> Any:
    return (await execute(SAVE, {"input": {**WEB, **change}}, actor=actor))["channelSave"]


async def stored(db: Database) -> list[tuple[Any, ...]]:
    async with db.read() as tx:
        return [tuple(row) for row in await tx.connection.fetch("SELECT code, currency, is_active FROM channels")]


@pytest.fixture
async def everywhere(db: Database) -> int:
    async with db.write() as tx:
        return await make_group(tx, code="all")


@pytest.mark.usefixtures("everywhere")
async def test_a_channel_is_made_and_replaced(db: Database, execute: Execute) -> None:
    more = {"shippingFee": 660, "freeShippingFrom": 5500, "taxRounding": "UP", "idempotencyKey": "web"}
    first = await save(execute, **more)
    assert first == {
        "replayed": False,
        "userErrors": [],
        "channel": {
            "code": "web", "name": "通販", "currency": "JPY", "languages": ["JA", "EN"], "paymentMethods": ["CARD"],
            "taxRounding": "UP", "isActive": True, "shippingFee": {"amount": 660},
            "freeShippingFrom": {"amount": 5500}, "locationGroup": {"code": "all"},
        },
    }  # fmt: skip
    assert await save(execute, **more) == {**first, "replayed": True}
    assert (await save(execute, isActive=False))["channel"]["freeShippingFrom"] is None
    assert await stored(db) == [("web", "JPY", False)]


@pytest.mark.usefixtures("everywhere")
@pytest.mark.parametrize(
    ("change", "code", "path"),
    [
        ({"code": "a b"}, "INVALID_INPUT", ["code"]),
        ({"code": "a\u0000"}, "INVALID_INPUT", ["code"]),
        ({"names": []}, "INVALID_INPUT", ["names"]),
        ({"languages": []}, "INVALID_INPUT", ["languages"]),
        ({"paymentMethods": ["EXTERNAL"]}, "INVALID_INPUT", ["paymentMethods"]),
        ({"shippingFee": -1}, "INVALID_INPUT", ["shippingFee"]),
        ({"freeShippingFrom": -1}, "INVALID_INPUT", ["freeShippingFrom"]),
        ({"currency": "XYZ"}, "UNKNOWN_CURRENCY", ["currency"]),
        ({"locationGroup": "none"}, "NOT_FOUND", ["locationGroup"]),
        ({"locationGroup": "\u0000"}, "NOT_FOUND", ["locationGroup"]),
    ],
)
async def test_a_channel_that_cannot_be(
    db: Database, execute: Execute, change: dict[str, Any], code: str, path: list[str]
) -> None:
    payload = await save(execute, **change)
    assert payload["channel"] is None
    assert [(error["code"], error["path"]) for error in payload["userErrors"]] == [(code, ["input", *path])]
    assert await stored(db) == []


@pytest.mark.usefixtures("everywhere")
async def test_a_channel_keeps_its_currency(db: Database, execute: Execute) -> None:
    await save(execute)
    payload = await save(execute, currency="EUR", isActive=False)
    assert [(error["code"], error["path"]) for error in payload["userErrors"]] == [
        ("INVALID_INPUT", ["input", "currency"])
    ]
    assert await stored(db) == [("web", "JPY", True)]


@pytest.mark.usefixtures("everywhere")
async def test_a_key_that_is_limited_to_locations_saves_no_channel(db: Database, execute: Execute) -> None:
    limited = Actor(kind=ActorKind.STAFF, reference="key:own", scopes=SCOPES, location_ids=frozenset({1}))
    payload = await save(execute, actor=limited)
    assert payload["userErrors"] == [{"__typename": "BeyondKeyError", "code": "BEYOND_KEY", "path": ["input"]}]
    other = Actor(kind=ActorKind.STAFF, reference="key:other", scopes=frozenset({"catalog:write"}))
    for actor, code in ((None, "UNAUTHENTICATED"), (other, "FORBIDDEN")):
        result = await execute.raw(SAVE, {"input": WEB}, actor=actor)
        assert result.errors[0].extensions["code"] == code
    assert await stored(db) == []
