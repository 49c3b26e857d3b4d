"""Documents that ask for too much are refused before anything runs, and cheaply."""

import pytest
from graphql import get_introspection_query
from starlette.applications import Starlette

from app.engine.limits import Limits
from app.kit.db import Database
from tests.api.small import ask, small_app

LIMITS = Limits()
MAX_ALIASES, MAX_DEPTH, MAX_FIELDS = LIMITS.aliases, LIMITS.depth, LIMITS.fields
MAX_ROOT_FIELDS, MAX_TOKENS = LIMITS.root_fields, LIMITS.tokens


@pytest.fixture
def app(db: Database) -> Starlette:
    return small_app(db)


def nested(levels: int) -> str:
    return "{ " + "deeper { " * (levels - 1) + "number" + " }" * levels


async def errors(app: Starlette, query: str) -> list[tuple[str, str]]:
    body = (await ask(app, query)).json()
    return [(error["extensions"]["code"], error["message"]) for error in body.get("errors", [])]


async def test_depth(app: Starlette) -> None:
    assert await errors(app, nested(MAX_DEPTH)) == []
    [(code, message)] = await errors(app, nested(MAX_DEPTH + 1))
    assert code == "OPERATION_TOO_LARGE"
    assert message == f"The operation has {MAX_DEPTH + 1} nested levels; at most {MAX_DEPTH} are allowed."


async def test_absurd_depth_does_not_exhaust_the_stack(app: Starlette) -> None:
    [(code, _)] = await errors(app, nested(1300))
    assert code in {"OPERATION_TOO_LARGE", "GRAPHQL_PARSE_FAILED"}


async def test_aliases_and_root_fields(app: Starlette) -> None:
    inner = " ".join(f"a{number}: number" for number in range(MAX_ALIASES))
    assert await errors(app, f"{{ deeper {{ {inner} }} }}") == []
    assert [code for code, _ in await errors(app, f"{{ deeper {{ {inner} b: number }} }}")] == ["OPERATION_TOO_LARGE"]
    roots = " ".join(f"a{number}: number" for number in range(MAX_ROOT_FIELDS + 1))
    for query in (
        f"{{ {roots} }}",
        f"{{ ...F }} fragment F on Query {{ {roots} }}",
        f"{{ ... on Query {{ {roots} }} }}",
    ):
        assert [code for code, _ in await errors(app, query)] == ["OPERATION_TOO_LARGE"]


async def test_fragments_that_stand_for_billions_of_fields(app: Starlette) -> None:
    """Each fragment spreads the next one ten times; written out it would be 10^12 fields."""
    spreads = " ".join("deeper { ...F%(next)d }" for _ in range(10))
    fragments = " ".join(f"fragment F{number} on Query {{ {spreads % {'next': number + 1}} }}" for number in range(12))
    answers = await errors(app, f"{{ ...F0 }} {fragments} fragment F12 on Query {{ number }}")
    assert ("OPERATION_TOO_LARGE", "fields") in [(code, message.split()[4].strip(",")) for code, message in answers]


async def test_fragments_in_a_circle_and_unknown_ones_are_answered(app: Starlette) -> None:
    circle = await errors(
        app, "{ ...A } fragment A on Query { deeper { ...B } } fragment B on Query { deeper { ...A } }"
    )
    assert {code for code, _ in circle} == {"GRAPHQL_VALIDATION_FAILED"}
    assert [code for code, _ in await errors(app, "{ ...Missing }")] == ["GRAPHQL_VALIDATION_FAILED"]


async def test_tokens(app: Starlette) -> None:
    [(code, message)] = await errors(app, "{ " + "number " * MAX_TOKENS + "}")
    assert code == "GRAPHQL_PARSE_FAILED"
    assert str(MAX_TOKENS) in message


async def test_wide_documents(app: Starlette) -> None:
    fields = " ".join(["number"] * 100)
    spreads = " ".join(["...F"] * (MAX_FIELDS // 100 + 1))
    answers = await errors(app, f"{{ deeper {{ {spreads} }} }} fragment F on Query {{ {fields} }}")
    assert [code for code, _ in answers] == ["OPERATION_TOO_LARGE"]


async def test_introspection_is_not_counted(app: Starlette) -> None:
    kind = "type { name ofType { name ofType { name ofType { name ofType { name ofType { name } } } } } }"
    assert await errors(app, f"{{ __schema {{ types {{ fields {{ args {{ {kind} }} {kind} }} }} }} }}") == []


async def test_the_introspection_of_tools_passes(app: Starlette) -> None:
    assert (
        await errors(
            app, get_introspection_query(descriptions=True, specified_by_url=True, input_value_deprecation=True)
        )
        == []
    )
