"""Numbers of labels come back, and what was labeled leaves."""

import asyncio
from dataclasses import replace

from app.integrations.actions.import_tracking import import_tracking
from app.integrations.model.tracking_rows import NumberRow
from app.kit.db import Database
from app.kit.ids import global_id
from app.kit.permissions import Actor
from tests.conftest import NOW, Execute
from tests.fulfillment.builders import STAFF, Shop, home, planned_order
from tests.fulfillment.views import everything, fulfillments_of, order_states, packages_of

IMPORT = """mutation ($input: TrackingImportInput!) { trackingImport(input: $input) {
  results { outcome userErrors { code message path } } userErrors { code path }
} }"""


async def _import(db: Database, *rows: NumberRow, actor: Actor = STAFF) -> list[str]:
    results = await import_tracking(db, "yamato", rows, actor=actor, now=NOW)
    return [f"{result.outcome} {result.refusal.code if result.refusal else ''}".strip() for result in results]


def _from_store(shop: Shop) -> object:
    return home(shop, source=shop.store)


async def test_each_fulfillment_leaves_with_all_of_its_rows(db: Database) -> None:
    _, order_id = await planned_order(db, home, _from_store)
    first, second = [row.number for row in await fulfillments_of(db, order_id)]
    rows = [
        NumberRow(first, "100000000004"),
        NumberRow(second, "2"),
        NumberRow(1 << 40, "3"),
        NumberRow(first, "100000000011"),
    ]
    assert await _import(db, *rows) == ["SHIPPED", "SHIPPED", "REFUSED NOT_FOUND", "SHIPPED"]
    assert [(row.carrier, row.tracking_number, row.number) for row in await packages_of(db, order_id)] == [
        ("yamato", "100000000004", 1),
        ("yamato", "100000000011", 2),
        ("yamato", "2", 1),
    ]
    assert await order_states(db, order_id) == ("COMPLETED", "AUTHORIZED", "FULFILLED")
    before = await everything(db)
    assert await _import(db, *rows) == ["ALREADY", "ALREADY", "REFUSED NOT_FOUND", "ALREADY"]
    assert await _import(db, NumberRow(first, "9")) == ["REFUSED INVALID_TRANSITION"]
    assert await everything(db) == before


async def test_a_number_that_another_parcel_has_is_refused_and_others_are_not(db: Database) -> None:
    _, order_id = await planned_order(db, home, _from_store)
    first, second = [row.number for row in await fulfillments_of(db, order_id)]
    assert await _import(db, NumberRow(first, "1"), NumberRow(second, "1")) == [
        "SHIPPED",
        "REFUSED TRACKING_NUMBER_USED",
    ]
    assert [row.status for row in await fulfillments_of(db, order_id)] == ["SHIPPED", "OPEN"]


async def test_the_same_file_twice_at_once_ships_once(db: Database) -> None:
    _, order_id = await planned_order(db, home)
    [fulfillment] = await fulfillments_of(db, order_id)
    rows = [NumberRow(fulfillment.number, "1")]
    answers = await asyncio.gather(*(_import(db, *rows) for _ in range(4)))
    assert sum(answer == ["SHIPPED"] for answer in answers) == 1
    assert {answer[0].split()[0] for answer in answers} <= {"SHIPPED", "ALREADY", "REFUSED"}
    assert len(await packages_of(db, order_id)) == 1
    assert await _import(db, *rows) == ["ALREADY"]


async def test_of_other_locations_nothing_leaves_and_nothing_is_told(db: Database) -> None:
    shop, order_id = await planned_order(db, home)
    [fulfillment] = await fulfillments_of(db, order_id)
    limited = replace(STAFF, location_ids=frozenset({shop.store}))
    unknown = await import_tracking(db, "yamato", [NumberRow(1 << 40, "1")], actor=limited, now=NOW)
    other = await import_tracking(db, "yamato", [NumberRow(fulfillment.number, "1")], actor=limited, now=NOW)
    assert other[0].outcome == unknown[0].outcome
    assert type(other[0].refusal) is type(unknown[0].refusal)
    assert await packages_of(db, order_id) == []


async def test_rows_are_answered_through_the_schema(db: Database, execute: Execute) -> None:
    _, order_id = await planned_order(db, home)
    [fulfillment] = await fulfillments_of(db, order_id)
    rows = [
        {"reference": f"F{fulfillment.number}", "trackingNumber": "1000-0000-0004"},
        {"reference": "nonsense", "trackingNumber": "1"},
        {"reference": f"F{1 << 40}", "trackingNumber": "1"},
    ]
    for outcome in ("SHIPPED", "ALREADY"):
        payload = (await execute(IMPORT, {"input": {"carrier": "Yamato", "rows": rows}}, actor=STAFF))["trackingImport"]
        assert [
            (result["outcome"], [(error["code"], error["path"]) for error in result["userErrors"]])
            for result in payload["results"]
        ] == [
            (outcome, []),
            ("REFUSED", [("INVALID_INPUT", ["input", "rows", "1"])]),
            ("REFUSED", [("NOT_FOUND", ["input", "rows", "2"])]),
        ]
    listed = await execute(
        "query ($id: ID!) { node(id: $id) { ... on Fulfillment { reference } } }",
        {"id": global_id("Fulfillment", fulfillment.id)},
        actor=STAFF,
    )
    assert listed["node"] == {"reference": f"F{fulfillment.number}"}
