"""The shop as a part of a federated graph: a gateway asks for the subgraph's SDL, and for entities by their keys."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, NewType

import strawberry
from graphql import DirectiveDefinitionNode, Node, ObjectTypeDefinitionNode, parse
from strawberry.schema.config import StrawberryConfig

from app.api.executable import Schema
from app.carts.graphql.types import Cart
from app.catalog.graphql.batches import visible_products_by_slug, visible_variants_by_sku
from app.catalog.graphql.types import Product, Variant
from app.engine.relations import TypedRow
from app.kit.errors import InvalidInput
from app.kit.graphql.context import Context, Info
from app.kit.graphql.nodes import NODE_TYPES, node_key
from app.kit.paging import MAX_PAGE
from app.locations.graphql.batches import locations_by_code
from app.locations.graphql.types import Location
from app.orders.graphql.types import Order

# The first version with @requiresScopes: what composes newer ones composes it too.
LINK: Final = (
    'extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", '
    'import: ["@key", "@shareable", "@requiresScopes"])\n\n'
)
Load = Callable[[Context, list[str], None], Awaitable[Mapping[str, Any]]]
# What an entity is named by besides its global id, and how its rows are loaded for the caller by that.
KEYS: Final[Mapping[str, Mapping[str, Load]]] = {
    "Product": {"slug": visible_products_by_slug},
    "Variant": {"sku": visible_variants_by_sku},
    "Location": {"code": locations_by_code},
    "Order": {},
    "Cart": {},
}
# Values without an identity: other subgraphs may declare the same fields.
SHAREABLE: Final = frozenset({"Money", "PageInfo"})
# What is there for gateways only, and not in the SDL.
MACHINERY: Final = frozenset({"_Any", "_Entity", "_Service", "_entities", "_service"})

AnyKey = NewType("AnyKey", object)
Entities = Annotated[
    Product | Variant | Location | Order | Cart,
    strawberry.union("_Entity", description="What other subgraphs may refer to."),
]


@strawberry.type(name="_Service", description="This API as a subgraph.")
class SubgraphService:
    """Asked for once, when a graph is composed."""

    sdl: str = strawberry.field(description="The schema with its keys, for composition.")


@strawberry.type
class FederationQuery:
    """Root fields that gateways use and nobody else."""

    @strawberry.field(name="_service", description="What a gateway has to know to make this API a part of its graph.")
    async def subgraph_service(self, info: Info) -> SubgraphService:
        """The same text every time."""
        schema: Any = info.schema
        return SubgraphService(sdl=schema.subgraph_sdl())

    @strawberry.field(
        name="_entities",
        graphql_type=list[Entities | None],
        description="The objects with these keys, at most 100, in their order; null where there is none, or none "
        "that the caller may see.",
    )
    async def entities(
        self,
        info: Info,
        representations: Annotated[
            list[AnyKey],
            strawberry.argument(
                description="Each with `__typename` and one key of that type, as the SDL declares them: "
                '`{ "__typename": "Variant", "sku": "BA0196-GN" }`.'
            ),
        ],
    ) -> Any:
        """One statement per type and key."""
        if len(representations) > MAX_PAGE:
            message = f"At most {MAX_PAGE} representations at once; these are {len(representations)}."
            raise InvalidInput(message, path=["representations"])
        wanted = [_reference(value, index) for index, value in enumerate(representations)]
        return await _find(info.context, wanted)


@dataclass(frozen=True, slots=True)
class Reference:
    """One object by one of its keys."""

    typename: str
    key: str
    value: str


def _reference(value: Any, index: int) -> Reference:
    """What a representation names. The first key in the order of the SDL counts, other fields do not."""
    path = ["representations", str(index)]
    typename = value.get("__typename") if isinstance(value, dict) else None
    if not isinstance(typename, str):
        message = "A representation is an object with a `__typename`."
        raise InvalidInput(message, path=path)
    if typename not in KEYS:
        message = f"This subgraph has the entities {', '.join(KEYS)}, and none named {typename[:80]!r}."
        raise InvalidInput(message, path=[*path, "__typename"])
    for key in ("id", *KEYS[typename]):
        found = value.get(key)
        if isinstance(found, str):
            return Reference(typename, key, found)
        if found is not None:
            message = f"`{key}` of {typename} is a text."
            raise InvalidInput(message, path=[*path, key])
    message = f"{typename} is named by {' or '.join(('id', *KEYS[typename]))}."
    raise InvalidInput(message, path=path)


async def _find(context: Context, wanted: list[Reference]) -> list[TypedRow | None]:
    """Rows in the order of `wanted`; None for what names nothing that the caller may see."""
    values: dict[tuple[str, str], dict[str, None]] = {}
    for one in wanted:
        values.setdefault((one.typename, one.key), {})[one.value] = None
    # One after another: they share a connection anyway, and none may be using it when another one has failed.
    found = {kind: await _load(context, *kind, list(named)) for kind, named in values.items()}
    rows = ((one.typename, found[one.typename, one.key].get(one.value)) for one in wanted)
    return [None if row is None else TypedRow(row, typename) for typename, row in rows]


async def _load(context: Context, typename: str, key: str, values: list[str]) -> Mapping[str, Any]:
    """Rows of one type by what one of its keys says, in one statement."""
    if key != "id":
        return await KEYS[typename][key](context, values, None)
    keys = {value: parsed[1] for value in values if (parsed := node_key(value)) and parsed[0] == typename}
    rows = await NODE_TYPES[typename].load(context, list(dict.fromkeys(keys.values())), None) if keys else {}
    return {value: rows[row_key] for value, row_key in keys.items() if row_key in rows}


class Subgraph(Schema):
    """A schema that is also a Federation v2 subgraph. As a text it is what clients use: without the machinery."""

    _readable: str | None = None
    _sdl: str | None = None

    def as_str(self) -> str:
        """The schema for people and for code generators."""
        if self._readable is None:
            self._readable = _without_machinery(super().as_str())
        return self._readable

    def subgraph_sdl(self) -> str:
        """The schema for composition. Made at the first call."""
        if self._sdl is None:
            self._sdl = LINK + _with_keys(self.as_str())
        return self._sdl


def _without_machinery(text: str) -> str:
    cuts: list[tuple[int, int, str]] = []
    for definition in parse(text).definitions:
        if _name(definition) in MACHINERY:
            cuts.append((*_place(definition), ""))
        elif isinstance(definition, DirectiveDefinitionNode) and definition.description is None:
            # GraphQL's own @oneOf, printed for tools that are older than it.
            start, _ = _place(definition)
            cuts.append((start, start, '"""As GraphQL itself defines it."""\n'))
        elif isinstance(definition, ObjectTypeDefinitionNode) and definition.name.value == "Query":
            cuts += [(*_place(field), "") for field in definition.fields or () if _name(field) in MACHINERY]
    return _edited(text, cuts)


def _with_keys(text: str) -> str:
    edits: list[tuple[int, int, str]] = []
    for definition in parse(text).definitions:
        if isinstance(definition, DirectiveDefinitionNode) and definition.name.value == "requiresScopes":
            # The link imports it.
            edits.append((*_place(definition), ""))
        elif isinstance(definition, ObjectTypeDefinitionNode):
            name = definition.name.value
            keys = ("id", *KEYS[name]) if name in KEYS else ()
            directives = "".join(f' @key(fields: "{key}")' for key in keys)
            directives += " @shareable" if name in SHAREABLE else ""
            head = (definition.name, *(definition.interfaces or ()), *(definition.directives or ()))
            end = max(_place(node)[1] for node in head)
            edits.append((end, end, directives))
    return _edited(text, edits)


def _name(node: Any) -> str | None:
    return node.name.value if getattr(node, "name", None) else None


def _place(node: Node) -> tuple[int, int]:
    """Where a node stands in its text, with its description."""
    return node.loc.start, node.loc.end  # pyright: ignore[reportOptionalMemberAccess]  # parsed with locations


def _edited(text: str, edits: Iterable[tuple[int, int, str]]) -> str:
    """The text with other words at some places. What is cut out takes the blanks before it along."""
    pieces: list[str] = []
    position = 0
    for start, end, words in edits:
        piece = text[position:start]
        pieces += [piece if words or start == end else piece.rstrip(), words]
        position = end
    return "".join([*pieces, text[position:]]).lstrip("\n")


# Any JSON: what stands in it is looked at by `_reference`.
CONFIG: Final = StrawberryConfig(
    scalar_map={
        AnyKey: strawberry.scalar(
            name="_Any", description="A type name with a key of that type.", serialize=lambda value: value
        )
    }
)
