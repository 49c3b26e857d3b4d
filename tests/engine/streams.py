"""A board of figures that many may look at, and those who look."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
import strawberry
from graphql import GraphQLError

from app.engine.answer import Answer, Subscribed
from app.engine.documents import DocumentStore
from app.engine.engine import Engine
from app.engine.hub import Hub
from app.engine.live import Beginning, Change, Ended, Event, Heard, Live
from app.engine.relations import make_loader, relation
from app.engine.request import Request
from tests.engine.serving import publish, until


@dataclass
class Figure:
    """A row of the board. told: what the listener has been told with it."""

    key: str
    value: int
    version: int
    told: str = ""


@dataclass
class Board:
    """Figures by key, who listens, and how often it was read. gate: shut it to hold up those who read."""

    figures: dict[str, Figure] = field(default_factory=dict[str, Figure])
    listeners: list[tuple[Heard, Ended]] = field(default_factory=list[tuple[Heard, Ended]])
    opened: int = 0
    reads: int = 0
    labels_loaded: int = 0
    contexts: int = 0
    now: float = 0.0
    alarms: list[tuple[float, Callable[[], None]]] = field(default_factory=list[tuple[float, Callable[[], None]]])
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    trouble: Exception | None = None
    mark: int = 0

    def __post_init__(self) -> None:
        self.gate.set()

    def context(self) -> "Board":
        """A fresh one, as far as tests care."""
        self.contexts += 1
        return self

    def loader(self, batch: Any, arguments: Any) -> Any:
        """For the reference executor."""
        return make_loader(self, batch, arguments)

    def write(self, key: str, value: int) -> Change:
        """Change a figure; nobody hears of it yet."""
        old = self.figures.get(key)
        self.figures[key] = figure = Figure(key, value, old.version + 1 if old else 1)
        self.mark += 1
        return Change(key, figure.version, self.mark, figure)

    def say(self, *changes: Change) -> None:
        """Let all who listen hear of changes."""
        for heard, _ in list(self.listeners):
            heard(changes)

    def end(self, error: BaseException | None = None) -> None:
        """The source is over."""
        for _, ended in list(self.listeners):
            ended(error)

    def later(self, pause: float, call: Callable[[], None]) -> Any:
        """Instead of the event loop's clock."""
        self.alarms.append((self.now + pause, call))
        return self

    def cancel(self) -> None:
        """An alarm is off."""

    def pass_time(self, seconds: float) -> None:
        """Let alarms ring."""
        self.now += seconds
        due = [alarm for alarm in self.alarms if alarm[0] <= self.now + 1e-9]
        self.alarms = [alarm for alarm in self.alarms if alarm not in due]
        for _, call in due:
            call()


class BoardLive(Live):
    """Its cursors are the keys and versions that were told."""

    def __init__(self, board: Board, share: Hashable, **options: Any) -> None:
        super().__init__(board, share, **options)
        self.is_full = False

    @property
    def needs_order(self) -> bool:
        return self.is_full

    def listen(self, heard: Heard, ended: Ended) -> Callable[[], None]:
        place = (heard, ended)
        self.context.listeners.append(place)

        def stop() -> None:
            if place in self.context.listeners:
                self.context.listeners.remove(place)

        return stop

    async def begin(
        self, context: Board, cursors: Collection[str | None], known: Mapping[Hashable, int] | None
    ) -> Beginning:
        context.reads += 1
        figures = dict(context.figures)
        await context.gate.wait()
        if context.trouble is not None:
            raise context.trouble

        def since(versions: Mapping[Any, int]) -> list[Event]:
            return [
                Event(key, figure.version, figure)
                for key, figure in sorted(figures.items())
                if figure.version > versions.get(key, 0)
            ]

        return Beginning(
            {cursor: since(orjson.loads(cursor) if cursor else {}) for cursor in cursors},
            [] if known is None else since(known),
            {key: figure.version for key, figure in figures.items()},
        )

    async def events(self, context: Board, changes: Sequence[Change], waiting: Any | None) -> list[Event]:
        await context.gate.wait()
        last = changes[-1].mark if waiting is None else waiting - 1
        return [
            Event(change.key, change.version, Figure(change.key, change.payload.value, change.version, f"to {last}"))
            for change in changes
        ]


async def labels(context: Board, keys: list[str], columns: Any, *, size: int = 1) -> dict[str, Any]:
    del columns
    context.labels_loaded += 1
    if isinstance(context.trouble, ConnectionError):
        raise context.trouble
    return {key: Label(text=key * size) for key in keys}


@strawberry.type
class Label:
    text: str


@strawberry.type(name="Figure")
class FigureType:
    key: str
    value: int
    version: int
    told: str
    label = relation(Label, labels, key=lambda row: row.key, required=True, description="Its label.")

    @classmethod
    def is_type_of(cls, value: Any, _info: Any) -> bool:
        return isinstance(value, Figure)


@strawberry.type
class Query:
    board: str = "at /board"


@strawberry.type
class Subscription:
    @strawberry.subscription(graphql_type=FigureType)
    async def board(
        self,
        info: strawberry.Info[Board, None],
        kinds: list[str] | None = None,
        after: str | None = None,
        max_rate: float | None = None,
    ) -> AsyncGenerator[Any, None]:
        info.context.opened += 1
        if kinds == []:
            message = "No kinds."
            raise ValueError(message)
        live: Any = BoardLive(info.context, (tuple(sorted(kinds or [])), max_rate), after=after, max_rate=max_rate)
        return live

    @strawberry.subscription
    async def count(self, info: strawberry.Info[Board, None], to: int) -> AsyncGenerator[int, None]:
        info.context.opened += 1
        try:
            for number in range(1, to + 1):
                yield number
            if to == 0:
                message = "Nothing to count."
                raise ValueError(message)
        finally:
            info.context.opened -= 1


SCHEMA = strawberry.Schema(query=Query, subscription=Subscription)


def make_publish(error: GraphQLError, code: str) -> GraphQLError:
    """As `serving.publish`; what passes by itself is told to be retryable."""
    made = publish(error, code)
    if isinstance(error.original_error, ConnectionError):
        made.extensions = {"code": "SERVICE_UNAVAILABLE", "retryable": True}
    return made


def make_hub(board: Board, **options: Any) -> Hub:
    """A hub with the board's clock."""
    engine = Engine(SCHEMA, store=DocumentStore(SCHEMA._schema), publish=make_publish)
    return Hub(engine, now=lambda: board.now, later=board.later, **options)


class Watcher:
    """A subscriber that remembers all that it is told."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.end: Any = None
        self.errors: list[GraphQLError] = []
        self.has_room = asyncio.Event()
        self.has_room.set()
        self.subscribed: Subscribed | None = None

    def next(self, answer: Answer) -> None:
        assert self.end is None
        self.answers.append(answer)

    def complete(self) -> None:
        assert self.end is None
        self.end = "complete"

    def error(self, errors: list[GraphQLError]) -> None:
        assert self.end is None
        self.errors = errors
        self.end = [(error.message, (error.extensions or {}).get("code")) for error in errors]

    async def room(self) -> None:
        await self.has_room.wait()

    def close(self) -> None:
        assert self.subscribed is not None
        self.subscribed.close()

    @property
    def payloads(self) -> list[bytes]:
        """What it was told, as bytes."""
        return [answer.payload for answer in self.answers]

    @property
    def figures(self) -> list[tuple[str, int]]:
        """(key, value) of each answer."""
        found = [orjson.loads(payload)["data"]["board"] for payload in self.payloads]
        return [(figure["key"], figure["value"]) for figure in found]


BOARD = "subscription ($kinds: [String!], $after: String, $rate: Float) {\
 board(kinds: $kinds, after: $after, maxRate: $rate) { key value version } }"


async def watch(
    hub: Hub, board: Board, document: str = BOARD, *, share: Hashable = "all", watcher: Any = None, **variables: Any
) -> Any:
    """Somebody more who looks at the board."""
    watcher = watcher or Watcher()
    prepared = hub.engine.prepare(Request(document, variables))
    watcher.subscribed = await hub.subscribe(prepared, board.context, share, watcher)
    return watcher


async def idle(hub: Hub) -> None:
    """Until nothing is under way."""
    await until(lambda: not hub._tasks)
