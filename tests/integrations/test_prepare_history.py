"""What a history refers to is there before its first order, once."""

from pathlib import Path

import pytest

from app.integrations.actions.prepare_history import HistoryPlan, prepare_history
from app.integrations.errors import UnreadableFile
from app.integrations.model import ORDER_LAYOUTS
from app.kit.db import Database
from tests.channels.builders import make_channel
from tests.conftest import NOW
from tests.integrations.builders import history_file
from tests.locations.builders import make_group, make_location


async def prepare(db: Database, path: Path, channel: str) -> HistoryPlan:
    layout = ORDER_LAYOUTS["online-retail"]
    return await prepare_history(db, path, layout=layout, channel=channel, stock=None, encoding=None, now=NOW)


async def counted(db: Database) -> list[int]:
    async with db.read() as tx:
        return [
            await tx.connection.fetchval(f"SELECT count(*) FROM {table}")
            for table in ("products", "listings", "members", "channels", "ledger")
        ]


async def test_makes_products_customers_a_channel_and_stock_once(db: Database, tmp_path: Path) -> None:
    path = history_file(tmp_path, ["1,A,10,2.50,7.0", "1,B,1", "2,B,-1", "3,C,-5"])
    plan = await prepare(db, path, "history")
    assert plan.last_rows == {"1": 3, "2": 4, "3": 5}
    assert sorted(plan.member_ids) == ["7"]
    assert len(plan.location_ids) == 2
    assert await counted(db) == [3, 3, 1, 1, 3]
    assert await prepare(db, path, "history") == plan
    assert await counted(db) == [3, 3, 1, 1, 3]


async def test_a_channel_with_another_currency_is_refused(db: Database, tmp_path: Path) -> None:
    async with db.write() as tx:
        await make_channel(tx, await make_group(tx, [await make_location(tx)]), code="web", currency="JPY")
    with pytest.raises(UnreadableFile, match="The channel web sells in JPY, the file is in GBP"):
        await prepare(db, history_file(tmp_path, ["1,A,1"]), "web")
    assert await counted(db) == [0, 0, 0, 1, 0]
