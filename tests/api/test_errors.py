"""Top-level errors: what a caller sees, what the log keeps, and what happens when the database is away."""

import logging

import pytest
from starlette.applications import Starlette

from app.kit.db import Database
from tests.api.small import ask, client_of, make_key, small_app
from tests.conftest import AS_OWNER, Execute


@pytest.fixture
def app(db: Database) -> Starlette:
    return small_app(db)


async def test_what_nobody_foresaw_is_masked_and_logged_under_a_trace_id(
    app: Starlette, caplog: pytest.LogCaptureFixture
) -> None:
    response = await ask(app, "{ unexpected one }")
    [error] = response.json()["errors"]
    assert response.json()["data"] == {"unexpected": None, "one": 1}
    assert error["path"] == ["unexpected"]
    assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert "secret detail" not in response.text
    [record] = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert error["extensions"]["traceId"] in record.getMessage()
    assert record.exc_info is not None
    assert "secret detail" in str(record.exc_info[1])


async def test_a_value_of_ours_that_does_not_fit_the_schema_is_our_fault(
    app: Starlette, caplog: pytest.LogCaptureFixture
) -> None:
    answer = (await ask(app, "{ hollow }")).json()
    [error] = answer["errors"]
    assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert "Cannot return null" not in error["message"]
    assert error["extensions"]["traceId"] in caplog.text


@pytest.mark.parametrize("field", ["tooMuch", "noText"])
async def test_a_leaf_of_ours_that_is_none_of_its_type_is_our_fault_and_not_quoted(
    app: Starlette, caplog: pytest.LogCaptureFixture, field: str
) -> None:
    answer = await ask(app, f"{{ {field} }}")
    [error] = answer.json()["errors"]
    assert error["extensions"]["code"] == "INTERNAL_SERVER_ERROR"
    assert error["extensions"]["traceId"] in caplog.text
    assert "secret" not in answer.text
    assert "3000000000" not in answer.text


async def test_an_argument_that_is_none_of_its_type_is_the_callers(app: Starlette) -> None:
    [error] = (await ask(app, "{ number(of: 3000000000) }")).json()["errors"]
    assert error["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    assert "3000000000" in error["message"]


async def test_a_refusal_of_a_query_says_code_and_facts(app: Starlette, caplog: pytest.LogCaptureFixture) -> None:
    [error] = (await ask(app, "{ refused }")).json()["errors"]
    assert error["message"] == "first must lie between 1 and 100."
    assert error["extensions"] == {"code": "INVALID_INPUT", "argumentPath": ["first"], "most": 100}
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


@pytest.mark.parametrize("field", ["away", "shuttingDown", "tooSlow"])
async def test_a_database_that_is_away_is_said_to_be_temporary(app: Starlette, field: str) -> None:
    [error] = (await ask(app, f"{{ {field} }}")).json()["errors"]
    assert error["extensions"]["code"] == "SERVICE_UNAVAILABLE"
    assert error["extensions"]["retryable"] is True


async def test_a_field_with_a_scope_tells_shoppers_and_weak_keys_apart(app: Starlette, db: Database) -> None:
    async def answer(token: str | None) -> tuple[object, list[str]]:
        headers = {"Authorization": f"Bearer {token}"} if token else None
        body = (await ask(app, "{ staffOnly }", headers=headers)).json()
        return body["data"]["staffOnly"], [error["extensions"]["code"] for error in body.get("errors", [])]

    assert await answer(None) == (None, ["UNAUTHENTICATED"])
    assert await answer(await make_key(db, name="weak", scopes=("orders:read",))) == (None, ["FORBIDDEN"])
    assert await answer(await make_key(db)) == ("seen", [])


async def test_a_process_whose_database_went_away_says_so_and_recovers(db: Database) -> None:
    own = await Database.open(db.dsn, read_connections=2, write_connections=2)
    app = small_app(own)
    token = await make_key(db)
    assert (await ask(app, "{ one }")).json() == {"data": {"one": 1}}
    await own.close()  # every acquire fails from now on
    unready = await _get(app, "/readyz")
    assert (unready.status_code, unready.json()["status"]) == (503, "unavailable")
    assert (await _get(app, "/healthz")).status_code == 200
    [error] = (await ask(app, "{ one }")).json()["errors"]
    assert error["extensions"]["code"] == "SERVICE_UNAVAILABLE"
    keyed = await ask(app, "{ one }", headers={"X-Api-Key": token})
    assert (keyed.status_code, keyed.headers["retry-after"]) == (503, "1")


async def test_connections_that_were_killed_are_replaced(db: Database) -> None:
    own = await Database.open(db.dsn, read_connections=1, write_connections=1)
    app = small_app(own)
    assert (await ask(app, "{ one }")).json() == {"data": {"one": 1}}
    async with own.read() as tx:
        pid = await tx.connection.fetchval("SELECT pg_backend_pid()")
    async with db.write() as tx:
        await tx.connection.execute(AS_OWNER)
        await tx.connection.fetchval("SELECT pg_terminate_backend($1)", pid)
    answers = [(await ask(app, "{ one }")).json() for _ in range(3)]
    assert answers[-1] == {"data": {"one": 1}}
    await own.close()


async def _get(app: Starlette, path: str):  # noqa: ANN202
    async with client_of(app) as client:
        return await client.get(path)


async def test_a_faulty_document_is_never_our_fault(execute: Execute, caplog: pytest.LogCaptureFixture) -> None:
    result = await execute.raw("{ products(filter: { skuz: 1 }) { totalCount } }")
    [error] = result.errors
    assert error.message.startswith("Expected value of type 'ProductFilter' not to include unknown field 'skuz'")
    assert error.extensions == {"code": "GRAPHQL_VALIDATION_FAILED"}
    assert caplog.records == []
