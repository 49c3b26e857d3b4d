"""What transfers are refused for, through the schema: the lines and the units that are meant."""

from typing import Any

from app.kit.db import Database
from tests.inventory.builders import hold
from tests.inventory.selling import ask as wait_for
from tests.inventory.selling import sell_ahead
from tests.inventory.shop import fill, open_shop, refusals
from tests.inventory.test_transfer_mutations import CREATE, READY, RECEIVE, SHIP, ask, form


async def test_refusals_of_what_leaves_and_arrives_name_the_line(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT", "MUG")
    await fill(db, shop, "SHIRT", depot=4)
    await fill(db, shop, "MUG", depot=4)
    created = await ask(execute, CREATE, form(shop, ("SHIRT", 4), ("MUG", 2)))
    about = {"transferId": created["transfer"]["id"]}
    for line, code, name in (
        ({"lineNo": 1, "quantity": 5}, "INVALID_QUANTITY", "quantity"),
        ({"lineNo": 3, "quantity": 1}, "NOT_FOUND", "lineNo"),
    ):
        [error] = refusals(await ask(execute, SHIP, {**about, "lines": [{"lineNo": 2, "quantity": 1}, line]}))
        assert (error["code"], error["path"]) == (code, ["input", "lines", "1", name])
    await ask(execute, SHIP, about)
    for line, code, name in (
        ({"lineNo": 1, "damagedQuantity": 3, "lostQuantity": 2}, "INVALID_QUANTITY", "damagedQuantity"),
        ({"lineNo": 1, "receivedQuantity": 1, "surplusQuantity": -1}, "INVALID_QUANTITY", "surplusQuantity"),
        ({"lineNo": 9, "receivedQuantity": 1}, "NOT_FOUND", "lineNo"),
    ):
        lines = [{"lineNo": 2, "receivedQuantity": 1}, line]
        [error] = refusals(await ask(execute, RECEIVE, {**about, "lines": lines}))
        assert (error["code"], error["path"]) == (code, ["input", "lines", "1", name])
    [error] = refusals(await ask(execute, RECEIVE, {**about, "lines": [{"lineNo": 2}]}))
    assert (error["code"], error["path"]) == ("INVALID_QUANTITY", ["input", "lines"])


async def test_a_refusal_tells_how_many_units_are_kept_for_those_who_wait(db: Database, execute: Any) -> None:
    shop = await open_shop(db, "SHIRT")
    async with db.write() as tx:
        await sell_ahead(tx, shop.variants["SHIRT"], 9)
    await hold(db, await wait_for(db, shop.variants["SHIRT"], 3, shop.places["depot"]))
    await fill(db, shop, "SHIRT", depot=4)
    [error] = refusals(await ask(execute, CREATE, form(shop, ("SHIRT", 2))))
    assert (error["path"], error["requested"], error["available"], error["waiting"]) == (
        ["input", "lines", "0", "quantity"], 2, 1, 3
    )  # fmt: skip
    draft = await ask(execute, CREATE, form(shop, ("SHIRT", 2), isDraft=True))
    about = {"transferId": draft["transfer"]["id"]}
    [error] = refusals(await ask(execute, READY, about))
    assert (error["path"], error["available"], error["waiting"]) == (["input", "transferId"], 1, 3)
    ready = await ask(execute, READY, {**about, "overtakesQueue": True})
    assert (ready["transfer"]["status"], ready["userErrors"]) == ("READY_TO_SHIP", [])
    sent = await ask(execute, CREATE, form(shop, ("SHIRT", 1), overtakesQueue=True))
    assert sent["userErrors"] == []
