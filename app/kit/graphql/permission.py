"""Permission on fields: said in the schema by `@requiresScopes`, enforced before the field runs."""

from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.permission import BasePermission
from strawberry.schema_directive import Location

from app.kit.permissions import SCOPES, ActorKind


@strawberry.schema_directive(
    locations=[Location.FIELD_DEFINITION],
    name="requiresScopes",
    description="The caller's key must hold all scopes of at least one of the inner lists.",
)
class RequiresScopes:
    """As Apollo Federation spells it."""

    scopes: list[list[str]]


def requires(*scopes: str) -> dict[str, Any]:
    """Keyword arguments for a strawberry field that only callers with one of `scopes` may use."""
    for scope in scopes:
        if scope not in SCOPES:
            message = f"{scope} is not a scope."
            raise ValueError(message)

    class HasScope(BasePermission):
        def has_permission(self, source: Any, info: Any, **_arguments: Any) -> bool:
            del source
            actor = info.context.actor
            if actor.may(*scopes):
                return True
            raise refused(scopes, anonymous=actor.kind is ActorKind.SHOPPER)

    return {
        "permission_classes": [HasScope],
        "directives": [RequiresScopes(scopes=[[scope] for scope in scopes])],
    }


def refused(scopes: tuple[str, ...], *, anonymous: bool) -> GraphQLError:
    """The error of a call without the needed scope."""
    wanted = " or ".join(scopes)
    if anonymous:
        return GraphQLError(
            f"This needs an API key with the scope {wanted}. Send it as `Authorization: Bearer <key>`.",
            extensions={"code": "UNAUTHENTICATED"},
        )
    return GraphQLError(f"The API key lacks the scope {wanted}.", extensions={"code": "FORBIDDEN"})
