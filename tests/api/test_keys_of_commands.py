"""Every command can be sent again: the schema is asked, so that a new one cannot be forgotten."""

from pathlib import Path
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLNonNull,
    build_schema,
    get_named_type,
    is_required_input_field,
)

from app.kit.permissions import SYSTEM
from tests.conftest import Execute

ROOT = Path(__file__).parents[2]
SCHEMA = build_schema((ROOT / "schema.graphql").read_text())
# Each of the reports in it has a key of its own.
OF_MANY = {"pickupReports", "trackingImport", "trackingReports"}
MUTATIONS = sorted(SCHEMA.mutation_type.fields.keys() - OF_MANY) if SCHEMA.mutation_type else []
SCALARS = {
    "Boolean": True,
    "DateTime": "2026-11-22T00:00:00Z",
    "Float": 1.0,
    "ID": "x",
    "Int": 1,
    "String": "x",
}
# Nothing but a cart, a name or a state that is set, not added to, changes: without a key a repetition does no harm.
KEY_MAY_BE_LEFT_OUT = {
    *("apiKeyCreate", "apiKeyExpire", "apiKeyRevoke", "partnerCreate"),
    *("webhookDeliveryRetry", "webhookEndpointDelete", "webhookEndpointUpdate"),
    *("cartCreate", "cartDeliverySet", "cartLinesAdd", "cartLinesRemove", "cartLinesUpdate"),
    *(
        "carrierSave",
        "categoriesSave",
        "channelSave",
        "locationGroupSave",
        "locationsSave",
        "pricesSet",
        "productsSave",
    ),
    *("lockerCompartmentsSave", "lockerFaultSet", "pickupNetworkSave", "pickupSlotsSave", "sandboxPickupCreate"),
    *("exceptionCaseAssign", "exceptionCaseClose"),
    *("pickupCodeUnlock", "pickupCodeVerify", "pickupMarkReady"),
    *("workAcknowledge", "workAssign", "workComplete", "workHold", "workRelease"),
    *("pickListCancel", "pickListComplete", "stockShelvesSet"),
}


@pytest.mark.parametrize("name", MUTATIONS)
def test_a_command_takes_an_idempotency_key(name: str) -> None:
    assert SCHEMA.mutation_type is not None
    given = get_named_type(SCHEMA.mutation_type.fields[name].args["input"].type)
    assert isinstance(given, GraphQLInputObjectType)
    key = given.fields["idempotencyKey"].type
    assert get_named_type(key).name == "String"
    assert isinstance(key, GraphQLNonNull) == (name not in KEY_MAY_BE_LEFT_OUT)


@pytest.mark.parametrize("name", MUTATIONS)
async def test_a_command_looks_at_its_key_before_anything_else(name: str, execute: Execute) -> None:
    """A key that is none is refused, whatever else is wrong: so the command does claim it."""
    assert SCHEMA.mutation_type is not None
    given = SCHEMA.mutation_type.fields[name].args["input"].type
    document = f"mutation ($input: {given}) {{ {name}(input: $input) {{ userErrors {{ path }} }} }}"
    variables = {"input": {**example(given), "idempotencyKey": "\n"}}
    answer = await execute(document, variables, actor=SYSTEM)
    assert answer == {name: {"userErrors": [{"path": ["input", "idempotencyKey"]}]}}


def example(kind: GraphQLInputType) -> Any:
    """Some value of a type, with what is required only."""
    if isinstance(kind, GraphQLNonNull):
        return example(kind.of_type)
    if isinstance(kind, GraphQLList):
        return [example(kind.of_type)]
    if isinstance(kind, GraphQLInputObjectType):
        needed = {name: field for name, field in kind.fields.items() if is_required_input_field(field)}
        if kind.is_one_of:
            needed = dict(list(kind.fields.items())[:1])
        return {name: example(field.type) for name, field in needed.items()}
    if isinstance(kind, GraphQLEnumType):
        return next(iter(kind.values))
    return SCALARS[kind.name]
