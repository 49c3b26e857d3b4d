"""`node` and `nodes`: any object by its global id."""

from collections.abc import Mapping
from typing import Annotated, Any

import strawberry

from app.engine.relations import TypedRow
from app.kit.errors import InvalidInput
from app.kit.graphql.context import Context, Info
from app.kit.graphql.nodes import NODE_TYPES, Node, node_key
from app.kit.paging import MAX_PAGE


@strawberry.type
class NodeQuery:
    """Root fields that know every type and no slice."""

    @strawberry.field(
        graphql_type=Node | None,
        description="The object with this id; null when there is none, or none that the caller may see.",
    )
    async def node(
        self,
        info: Info,
        id: Annotated[strawberry.ID, strawberry.argument(description="Any id that this API gave out.")],
    ) -> Any:
        """One object."""
        return (await find_nodes(info.context, [id]))[0]

    @strawberry.field(
        graphql_type=list[Node | None],
        description="The objects with these ids, at most 100, in their order; null where there is none.",
    )
    async def nodes(
        self,
        info: Info,
        ids: Annotated[
            list[strawberry.ID], strawberry.argument(description="Ids that this API gave out, of any types.")
        ],
    ) -> Any:
        """Several objects."""
        if len(ids) > MAX_PAGE:
            message = f"At most {MAX_PAGE} ids at once."
            raise InvalidInput(message, path=["ids"])
        return await find_nodes(info.context, ids)


async def find_nodes(context: Context, ids: list[strawberry.ID]) -> list[TypedRow | None]:
    """Rows in the order of `ids`, one statement per type; None for what is no id or names nothing."""
    parsed = [node_key(value) for value in ids]
    wanted: dict[str, list[Any]] = {}
    for typename, key in filter(None, parsed):
        wanted.setdefault(typename, []).append(key)
    # One after another: they share a connection anyway, and none may be using it when another one has failed.
    found: dict[str, Mapping[Any, Any]] = {}
    for typename, keys in wanted.items():
        found[typename] = await NODE_TYPES[typename].load(context, list(dict.fromkeys(keys)), None)
    rows: list[TypedRow | None] = []
    for entry in parsed:
        row = found[entry[0]].get(entry[1]) if entry else None
        rows.append(TypedRow(row, entry[0]) if entry and row is not None else None)
    return rows
