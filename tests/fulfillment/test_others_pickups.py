"""Whoever asks for another company's pickup gets, to the letter, the answer for one that does not exist."""

from typing import Any, Final
from uuid import UUID

import pytest
from graphql import GraphQLInputObjectType, get_named_type

from app.kit.db import Database
from app.kit.ids import global_id
from app.kit.permissions import SCOPES, SHOP_SCOPES, Actor, ActorKind
from tests.conftest import Execute
from tests.fulfillment.builders import konbini_pickup, make_partner, planned_order, store_pickup
from tests.fulfillment.views import everything, make_arrived, make_ready, pickup_of, pickups_of

NOBODYS: Final = UUID("00000000-0000-8000-8000-000000000000")
ERRORS: Final = "userErrors { __typename code message path }"
# What must be said besides `pickupId` and `idempotencyKey`.
MORE: Final[dict[str, dict[str, Any]]] = {
    "pickupCodeVerify": {"code": "123456"},
    "pickupReport": {"kind": "ARRIVED"},
    "pickupCollectorSet": {"name": "Jiro"},
    "pickupAnnounce": {"note": "silver van"},
    "pickupReschedule": {"slotBegins": "2026-11-24T01:00:00Z"},
    "workCreate": {"kind": "LOCKER_DROP_OFF"},
}
QUERIES: Final = (
    "query ($id: ID!) { pickup(id: $id) { id number status } }",
    "query ($id: ID!) { node(id: $id) { __typename id } }",
    "query ($id: ID!) { nodes(ids: [$id]) { __typename id } }",
    "query ($id: ID!) { pickupRescheduleSlots(pickupId: $id) { begins } }",
)


def mutations() -> dict[str, GraphQLInputObjectType]:
    """All that take a pickup's id, with their inputs."""
    from app.api.schema import schema  # noqa: PLC0415  # only tests that use it need the whole roof

    kind = schema._schema.mutation_type
    assert kind is not None
    inputs = {name: get_named_type(field.args["input"].type) for name, field in kind.fields.items()}
    return {
        name: given
        for name, given in inputs.items()
        if isinstance(given, GraphQLInputObjectType) and "pickupId" in given.fields
    }


def asked(name: str, given: GraphQLInputObjectType, pickup: str, location: str) -> tuple[str, dict[str, Any]]:
    """A document and its variables."""
    values: dict[str, Any] = {"pickupId": pickup, **MORE.get(name, {})}
    if "idempotencyKey" in given.fields:
        values["idempotencyKey"] = f"{name} {pickup}"
    for field in ("locationId", "orderId"):
        if field in given.fields and str(given.fields[field].type).endswith("!"):
            values[field] = location
    document = f"mutation ($input: {given.name}!) {{ {name}(input: $input) {{ __typename {ERRORS} }} }}"
    return document, {"input": values}


async def answer(execute: Execute, document: str, variables: dict[str, Any], actor: Actor) -> Any:
    """All of it, with its errors."""
    found = await execute.raw(document, variables, actor=actor)
    return found.data, [error.formatted for error in found.errors or ()]


@pytest.mark.parametrize("scopes", [{"partner:jobs"}, set(SCOPES) - SHOP_SCOPES], ids=["jobs", "all"])
async def test_every_question_is_answered_as_if_it_did_not_exist(
    db: Database, execute: Execute, scopes: set[str]
) -> None:
    shop, order_id = await planned_order(db, konbini_pickup)
    await make_arrived(db, shop, order_id)
    pickup = await pickup_of(db, order_id)
    async with db.write() as tx:
        partner_id = await make_partner(tx, "other")
    other = Actor(ActorKind.PARTNER, "key:other", frozenset(scopes), partner_id)
    theirs, nobodys = global_id("Pickup", pickup.id), global_id("Pickup", NOBODYS)
    before = await everything(db)
    for document in QUERIES:
        answers = [await answer(execute, document, {"id": one}, other) for one in (theirs, nobodys)]
        assert answers[0] == answers[1], document
    by_number = "query ($number: String) { pickup(number: $number) { id } }"
    for number in (pickup.number, "PU-1"):
        assert await execute(by_number, {"number": number}, actor=other) == {"pickup": None}
    place = global_id("Location", shop.konbini)
    for name, given in mutations().items():
        answers = [await answer(execute, *asked(name, given, one, place), other) for one in (theirs, nobodys)]
        assert answers[0] == answers[1], name
        data, errors = answers[0]
        refusals = [error["extensions"]["code"] for error in errors] or [
            error["code"] for error in data[name]["userErrors"]
        ]
        assert refusals in (["NOT_FOUND"], ["FORBIDDEN"]), f"{name}: {answers[0]}"
    document = f"mutation ($input: PickupReportsInput!) {{ pickupReports(input: $input) {{ results {{ {ERRORS} }} }} }}"
    rows = [{"pickupId": one, "kind": "ARRIVED", "idempotencyKey": one} for one in (theirs, nobodys)]
    for row in rows:
        assert await answer(execute, document, {"input": {"reports": [row]}}, other) == (
            {
                "pickupReports": {
                    "results": [
                        {
                            "userErrors": [
                                {
                                    "__typename": "GenericError",
                                    "code": "NOT_FOUND",
                                    "message": "There is no such pickup.",
                                    "path": ["input", "reports", "0", "pickupId"],
                                }
                            ]
                        }
                    ]
                }
            },
            [],
        )
    assert await everything(db) == before


async def test_pickups_at_own_stores_of_the_shop_do_not_exist_for_partners(db: Database, execute: Execute) -> None:
    shop, order_id = await planned_order(db, store_pickup)
    await make_ready(db, order_id)
    [pickup] = await pickups_of(db, order_id)
    actor = Actor(ActorKind.PARTNER, "key:all", frozenset(set(SCOPES) - SHOP_SCOPES), shop.partner.partner_id)
    place = global_id("Location", shop.konbini)
    before = await everything(db)
    for name, given in mutations().items():
        answers = [
            await answer(execute, *asked(name, given, global_id("Pickup", one), place), actor)
            for one in (pickup.id, NOBODYS)
        ]
        assert answers[0] == answers[1], name
    assert await everything(db) == before


def test_the_mutations_are_found() -> None:
    assert {"pickupReport", "pickupCodeVerify", "pickupTakeBack", "pickupExpire", "pickupHandOver"} <= set(mutations())
