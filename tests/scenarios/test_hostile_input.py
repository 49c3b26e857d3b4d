"""No argument brings out an internal error: everything is right but one value, for each argument that there is."""

from typing import Any, Final

import pytest

from app.api.schema import schema
from app.kit.ids import global_id, new_id
from tests.scenarios.arguments import Asker
from tests.scenarios.client import Client
from tests.scenarios.ground import Ground, lay_ground
from tests.scenarios.shop import Shop

LARGEST: Final = 2**31 - 1


def _text(value: str) -> dict[str, Any]:
    return {"String": value, "ID": value}


BAD: Final = {
    "nothing": _text(""),
    "a null character": _text("a\u0000b"),
    "odd characters": _text("'; DROP TABLE stock; --%_\\\u0001\u200f\ufeff𠮷👩‍👧🏽\U0010ffff"),
    "a long text": _text("長" * 20_000),
    "digits": _text("9" * 40),
    "an id of nothing": {"ID": global_id("Cart", new_id())},
    "an id with a huge number": {"ID": global_id("Location", 2**40)},
    "zero": {"Int": 0, "Float": 0.0},
    "a negative number": {"Int": -1, "Float": -181.0},
    "the smallest": {"Int": -LARGEST - 1, "Float": -1e308, "DateTime": "0001-01-01T00:00:00+14:00"},
    "the largest": {"Int": LARGEST, "Float": 1e308, "DateTime": "9999-12-31T23:59:59.999999-12:00"},
}


@pytest.fixture(scope="session")
async def own_ground(open_shop: Shop, shopper: Client, staff: Client) -> Ground:
    """Things that may be spoilt."""
    return await lay_ground(open_shop, shopper, staff)


def _is_ours(error: dict[str, Any]) -> bool:
    """Whether an error is not the caller's, or says that this test asked a wrong question."""
    code, message = error["extensions"]["code"], error["message"]
    return (
        code in {"INTERNAL_SERVER_ERROR", "SERVICE_UNAVAILABLE"}
        or code.startswith("GRAPHQL")
        or code == "OPERATION_TOO_LARGE"
        or "Cannot return null" in message
        or "must resolve to" in message
    )


@pytest.mark.parametrize("bad", BAD.values(), ids=BAD.keys())
async def test_one_bad_value_in_the_place_of_each_argument(
    shop: Shop, own_ground: Ground, staff: Client, bad: dict[str, Any]
) -> None:
    wrong: list[Any] = []
    questions = list(Asker(schema._schema, own_ground.arguments()).questions(bad))
    for question in questions:
        body = await staff.raw(question.document, question.variables)
        wrong += [(question.field, question.at, error) for error in body.get("errors", ()) if _is_ours(error)]
    assert wrong == []
    assert len(questions) > 0
