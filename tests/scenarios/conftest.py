"""One small shop and one server with its worker per test process; every story ends by all invariants."""

from collections.abc import AsyncGenerator
from pathlib import Path

import pytest

from app.kit.db import Database
from tests.conftest import broken_invariants, cloned_database
from tests.scenarios.client import Client
from tests.scenarios.ground import Ground, lay_ground
from tests.scenarios.serving import Program
from tests.scenarios.shop import HAKO_KEY, HOSHI_KEY, SHIBUYA_KEY, STAFF_KEY, Shop, make_shop


@pytest.fixture(scope="session")
async def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where programs keep what they write."""
    return tmp_path_factory.mktemp("programs")


@pytest.fixture(scope="session")
async def open_shop(worker_id: str) -> AsyncGenerator[Shop, None]:
    """A shop on a database of its own, which nobody empties: its worker runs all the time."""
    async with cloned_database(f"{worker_id}_stories") as dsn:
        database = await Database.open(dsn, read_connections=2, write_connections=2)
        yield await make_shop(database)
        await database.close()


@pytest.fixture(scope="session")
async def server(open_shop: Shop, folder: Path) -> AsyncGenerator[Program, None]:
    """`hikiate serve`, with a worker in the same process."""
    served = Program("serve", "--worker", dsn=open_shop.db.dsn, folder=folder)
    yield await served.ready()
    assert await served.stop() == 0, served.output


@pytest.fixture
async def shop(open_shop: Shop) -> AsyncGenerator[Shop, None]:
    """The shop; at the end of the story every slice's invariants must hold."""
    yield open_shop
    assert await broken_invariants(open_shop.db) == {}


@pytest.fixture(scope="session")
async def shopper(server: Program) -> AsyncGenerator[Client, None]:
    """A storefront: no key."""
    client = Client(server.url)
    yield client
    await client.close()


@pytest.fixture(scope="session")
async def staff(server: Program) -> AsyncGenerator[Client, None]:
    """The shop's own people, everywhere."""
    client = Client(server.url, key=STAFF_KEY)
    yield client
    await client.close()


@pytest.fixture(scope="session")
async def shibuya(server: Program) -> AsyncGenerator[Client, None]:
    """The counter of the store in Shibuya."""
    client = Client(server.url, key=SHIBUYA_KEY)
    yield client
    await client.close()


@pytest.fixture(scope="session")
async def hoshi(server: Program) -> AsyncGenerator[Client, None]:
    """The konbini company."""
    client = Client(server.url, key=HOSHI_KEY)
    yield client
    await client.close()


@pytest.fixture(scope="session")
async def hako(server: Program) -> AsyncGenerator[Client, None]:
    """The locker company."""
    client = Client(server.url, key=HAKO_KEY)
    yield client
    await client.close()


@pytest.fixture(scope="session")
async def laid_ground(open_shop: Shop, shopper: Client, staff: Client) -> Ground:
    """What bad requests are thrown at, made once."""
    return await lay_ground(open_shop, shopper, staff)


@pytest.fixture
async def ground(laid_ground: Ground) -> AsyncGenerator[Ground, None]:
    """What bad requests are thrown at. At the end of the test every table is as it was."""
    before = await laid_ground.traces()
    yield laid_ground
    assert await laid_ground.traces() == before
