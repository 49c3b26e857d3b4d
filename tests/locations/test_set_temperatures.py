"""How cold goods can wait at a location."""

from collections.abc import Collection

import pytest

from app.kit.db import Database, WriteTx
from app.kit.temperature import Temperature
from app.locations.actions.save_network import save_network
from app.locations.actions.set_temperatures import set_temperatures
from app.locations.model.networks import NetworkDraft
from app.locations.sql import places_by_id
from tests.locations.builders import make_location

AMBIENT, CHILLED, FROZEN = Temperature
NETWORK = NetworkDraft("N", {"ja": "網"}, 3, temperatures=[CHILLED])


async def _takes(tx: WriteTx, location_id: int) -> Collection[str]:
    return (await places_by_id(tx, [location_id]))[location_id].takes


@pytest.mark.parametrize(
    ("said", "alone", "in_network"),
    [
        ([], [AMBIENT], [CHILLED]),
        ([AMBIENT], [AMBIENT], [AMBIENT]),
        ([FROZEN, AMBIENT, FROZEN], [AMBIENT, FROZEN], [AMBIENT, FROZEN]),
    ],
)
async def test_what_a_location_says_comes_before_what_its_network_says(
    db: Database, said: list[Temperature], alone: list[str], in_network: list[str]
) -> None:
    async with db.write() as tx:
        location_id = await make_location(tx, kind="LOCKER_STATION")
        await set_temperatures(tx, location_id, said)
        assert list(await _takes(tx, location_id)) == alone
        await save_network(tx, NETWORK, joining=[location_id])
        assert list(await _takes(tx, location_id)) == in_network


async def test_the_same_again_changes_nothing(db: Database) -> None:
    async with db.write() as tx:
        location_id = await make_location(tx, kind="LOCKER_STATION")
        versions = []
        for said in ([CHILLED, FROZEN], [FROZEN, CHILLED], []):
            await set_temperatures(tx, location_id, said)
            versions.append(await tx.connection.fetchval("SELECT version FROM locations WHERE id = $1", location_id))
    assert versions == [2, 2, 3]
