"""What tests of the transports are given."""

from collections.abc import AsyncGenerator

import pytest

from app.engine.websocket import SocketEndpoint
from tests.engine.events import Endpoint
from tests.engine.serving import World, is_empty, make_sockets, until


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
