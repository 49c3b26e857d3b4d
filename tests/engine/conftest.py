"""What tests of the transports and of the hub are given."""

from collections.abc import AsyncGenerator

import pytest

from app.engine.hub import Hub
from app.engine.websocket import SocketEndpoint
from tests.engine.events import Endpoint
from tests.engine.serving import World, is_empty, make_sockets, until
from tests.engine.streams import Board, idle, make_hub


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
async def sockets(world: World) -> AsyncGenerator[SocketEndpoint, None]:
    """After each test nothing of any connection is left."""
    sockets = make_sockets(world)
    yield sockets
    await until(lambda: is_empty(sockets))
    await until(lambda: world.open_sources == 0)


@pytest.fixture
async def endpoint(world: World) -> AsyncGenerator[Endpoint, None]:
    endpoint = Endpoint(world)
    yield endpoint
    await until(endpoint.is_empty)
    await until(lambda: world.open_sources == 0)


@pytest.fixture
def board() -> Board:
    return Board()


@pytest.fixture
async def hub(board: Board) -> AsyncGenerator[Hub, None]:
    """After each test nothing of any subscription is left once its source has ended."""
    hub = make_hub(board)
    yield hub
    board.gate.set()
    board.end()
    await idle(hub)
    await until(lambda: hub.metrics.members == 0)
    assert hub.metrics.unread_bytes == 0
    assert (hub.metrics.groups, hub._groups, hub._opening, hub._to_open, board.listeners) == (0, {}, {}, {}, [])
