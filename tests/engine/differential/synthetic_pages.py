"""Pages of the synthetic schema: plain objects around rows."""

from typing import Any, Generic, TypeVar

import strawberry

from tests.engine.differential.world import leaf

NodeT = TypeVar("NodeT")


@strawberry.type
class PageInfo:
    """Plain."""

    has_next_page: bool
    end_cursor: str | None


@strawberry.type
class Edge(Generic[NodeT]):
    """Plain, around a row."""

    cursor: str
    node: NodeT


@strawberry.type
class Connection(Generic[NodeT]):
    """Plain, around rows."""

    edges: list[Edge[NodeT]]
    nodes: list[NodeT]
    page_info: PageInfo
    total_count: int | None


def connection(rows: list[Any], after: str | None) -> Any:
    """A page of rows."""
    cursors = [f"c{number}" for number in range(len(rows))]
    return Connection[Any](
        edges=[
            Edge[Any](cursor=leaf("Edge.cursor", cursor, cursor), node=leaf("Edge.node", cursor, row))
            for cursor, row in zip(cursors, rows, strict=True)
        ],
        nodes=leaf("Connection.nodes", 0, rows),
        page_info=leaf("Connection.page_info", 0, PageInfo(has_next_page=bool(rows), end_cursor=after)),
        total_count=leaf("Connection.total_count", 0, len(rows)),
    )
