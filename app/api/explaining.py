"""What `hikiate explain` shows of an operation, apart from its plan."""

from collections.abc import Mapping
from typing import Any, Final

from app.api.endpoint import Surroundings
from app.api.schema import schema
from app.engine.prepared import Prepared
from app.engine.request import Request
from app.kit.clock import utc_now
from app.kit.config import Config
from app.kit.db import Database
from app.kit.permissions import SHOPPER, STAFF_SCOPES, Actor, ActorKind
from app.kit.statement import Statement

_STAFF: Final = Actor(ActorKind.STAFF, "explain", frozenset(STAFF_SCOPES))


def prepare(document: str, variables: Mapping[str, Any], operation: str | None) -> Prepared:
    """The operation, ready to run. Raises Refused for a document that cannot run."""
    return schema.engine.prepare(Request(document, dict(variables), operation))


async def statements_of(prepared: Prepared, db: Database, *, as_staff: bool) -> list[str]:
    """The statements that the query runs, in their order, as lines."""
    config = Config(secret_key=b"nothing that is explained needs a secret")
    surroundings = Surroundings(schema.engine, schema, db, config, None, utc_now)
    context = surroundings.context(_STAFF if as_staff else SHOPPER, {})
    seen: list[Statement] = []
    db.observe = seen.append
    result = await schema.engine.execute(prepared, context)
    db.observe = None
    lines = [f"  {number}. {' '.join(statement.text.split())}" for number, statement in enumerate(seen, 1)]
    return ["", f"Statements: {len(seen)}", *lines, *(f"Error: {error.message}" for error in result.errors)]
