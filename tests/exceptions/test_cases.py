"""The queue of what a person must solve, through the schema."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest

from app.exceptions.actions.assign_case import assign_case
from app.exceptions.actions.close_case import close_case
from app.exceptions.errors import CaseClosed
from app.exceptions.graphql.types import TYPENAMES
from app.exceptions.model import REMEDIES, CaseKind, remedies_of
from app.fulfillment.model.packages import PackageStatus
from app.fulfillment.model.pickups import PickupStatus
from app.fulfillment.model.reports import ReportKind
from app.kit.db import Database
from app.kit.errors import NotFound
from app.kit.ids import global_id
from tests.conftest import NOW, ROOT, Execute, keyed
from tests.fulfillment.builders import STAFF, Shop, konbini_pickup, planned_order
from tests.fulfillment.views import everything, make_arrived, report

HOUR = timedelta(hours=1)
CASES = """query ($kinds: [CaseKind!]) {
  exceptionCases(kinds: $kinds) { nodes {
    id kind status subjectId facts { name value } remedies { mutation why input } assignee closedBy note
    location { code } partner { code } order { number }
  } }
  exceptionCounts { kind open }
}"""


@pytest.fixture
async def blocked(db: Database) -> tuple[Shop, UUID]:
    """Goods behind a door that does not open."""
    shop, order_id = await planned_order(db, konbini_pickup)
    pickup = await make_arrived(db, shop, order_id)
    await report(db, pickup.id, ReportKind.BLOCKED, actor=shop.partner, at=NOW)
    return shop, pickup.id


async def _case_id(db: Database) -> UUID:
    [row] = (await everything(db))["exception_cases"]
    return row["id"]


async def test_a_case_tells_what_is_wrong_and_what_may_solve_it(
    db: Database, execute: Execute, blocked: tuple[Shop, UUID]
) -> None:
    _, pickup_id = blocked
    found = await execute(CASES, {}, actor=STAFF)
    [case] = found["exceptionCases"]["nodes"]
    subject = global_id("Pickup", pickup_id)
    assert (case["kind"], case["status"], case["subjectId"]) == ("BLOCKED_AT_POINT", "OPEN", subject)
    assert {fact["name"]: fact["value"] for fact in case["facts"]}["reason"] == "POINT_FAULT"
    assert (case["location"], case["partner"]) == ({"code": "kombi-1"}, {"code": "kombi"})
    assert case["order"]["number"].startswith("HK-")
    first = case["remedies"][0]
    assert (first["mutation"], orjson.loads(first["input"])) == ("pickupReport", {"pickupId": subject, "kind": "READY"})
    assert found["exceptionCounts"] == [{"kind": "BLOCKED_AT_POINT", "open": 1}]
    assert (await execute(CASES, {"kinds": ["EXPIRED_TOO_EARLY"]}, actor=STAFF))["exceptionCases"]["nodes"] == []


async def test_the_remedy_can_be_sent_as_it_is_and_closes_the_case(
    db: Database, execute: Execute, blocked: tuple[Shop, UUID]
) -> None:
    [case] = (await execute(CASES, {}, actor=STAFF))["exceptionCases"]["nodes"]
    given = orjson.loads(case["remedies"][0]["input"])
    document = """mutation ($input: PickupReportInput!) { pickupReport(input: $input) {
      pickup { status exceptionCases { kind status closedBy } } userErrors { code } } }"""
    payload = (await execute(document, keyed(given), actor=STAFF, now=NOW + HOUR))["pickupReport"]
    assert payload == {
        "pickup": {
            "status": "READY",
            "exceptionCases": [{"kind": "BLOCKED_AT_POINT", "status": "CLOSED", "closedBy": "system"}],
        },
        "userErrors": [],
    }


async def test_somebody_takes_a_case_and_closes_it(db: Database, execute: Execute, blocked: tuple[Shop, UUID]) -> None:
    case_id = global_id("ExceptionCase", await _case_id(db))
    fields = "exceptionCase { status assignee closedBy note } userErrors { code path }"
    assign = f"mutation ($input: ExceptionCaseAssignInput!) {{ exceptionCaseAssign(input: $input) {{ {fields} }} }}"
    close = f"mutation ($input: ExceptionCaseCloseInput!) {{ exceptionCaseClose(input: $input) {{ {fields} }} }}"
    taken = await execute(assign, {"input": {"caseId": case_id, "assignee": " Sato "}}, actor=STAFF)
    assert taken["exceptionCaseAssign"]["exceptionCase"]["assignee"] == "Sato"
    variables = {"input": {"caseId": case_id, "note": "rang the point"}}
    closed = (await execute(close, variables, actor=STAFF))["exceptionCaseClose"]
    assert closed["exceptionCase"] == {
        "status": "CLOSED", "assignee": "Sato", "closedBy": "key:staff", "note": "rang the point",
    }  # fmt: skip
    assert (await execute(close, variables, actor=STAFF))["exceptionCaseClose"] == closed
    variables["input"]["note"] = "rang them again"
    again = (await execute(close, variables, actor=STAFF))["exceptionCaseClose"]
    assert [error["code"] for error in again["userErrors"]] == ["INVALID_TRANSITION"]
    unknown = {"input": {"caseId": global_id("ExceptionCase", UUID(int=5))}}
    missing = (await execute(close, unknown, actor=STAFF))["exceptionCaseClose"]
    assert missing["userErrors"] == [{"code": "NOT_FOUND", "path": ["input", "caseId"]}]


async def test_keys_of_other_places_and_companies_see_and_do_nothing(
    db: Database, execute: Execute, blocked: tuple[Shop, UUID]
) -> None:
    shop, _ = blocked
    case_id = await _case_id(db)
    elsewhere = replace(STAFF, location_ids=frozenset({shop.store}))
    other = replace(shop.partner, partner_id=UUID(int=3), scopes=STAFF.scopes)
    for actor in (elsewhere, other):
        found = await execute(CASES, {}, actor=actor)
        assert (found["exceptionCases"]["nodes"], found["exceptionCounts"]) == ([], [])
        async with db.write() as tx:
            with pytest.raises(NotFound):
                await close_case(tx, case_id, note=None, actor=actor, now=NOW)
            with pytest.raises(NotFound):
                await assign_case(tx, case_id, "x", actor=actor)
    own = replace(shop.partner, scopes=STAFF.scopes)
    [case] = (await execute(CASES, {}, actor=own))["exceptionCases"]["nodes"]
    assert (case["kind"], case["order"]) == ("BLOCKED_AT_POINT", None)


async def test_a_closed_case_is_nobodys(db: Database, blocked: tuple[Shop, UUID]) -> None:
    case_id = await _case_id(db)
    async with db.write() as tx:
        await close_case(tx, case_id, note=None, actor=STAFF, now=NOW)
        with pytest.raises(CaseClosed):
            await assign_case(tx, case_id, "Sato", actor=STAFF)


_ALL_REMEDIES = [
    *REMEDIES.values(),
    *(
        remedies_of(CaseKind.CONTRADICTORY_REPORTS, subject, status)
        for subject, statuses in (("PICKUP", PickupStatus), ("PACKAGE", PackageStatus))
        for status in statuses
    ),
]


def test_what_a_parcel_needs_is_not_said_of_a_pickup() -> None:
    def mutations(subject: str, status: str) -> list[str]:
        return [one.mutation for one in remedies_of(CaseKind.CONTRADICTORY_REPORTS, subject, status)]

    assert mutations("PACKAGE", "LOST") == ["trackingReport", "shipmentTakeBack", "exceptionCaseClose"]
    assert mutations("PACKAGE", "TAKEN_BACK") == ["exceptionCaseClose"]
    assert mutations("PICKUP", "RETURNING") == ["pickupTakeBack", "pickupReport", "exceptionCaseClose"]
    assert mutations("PICKUP", "COLLECTED") == mutations("PICKUP", "CANCELED") == ["exceptionCaseClose"]
    assert mutations("PICKUP", "RETURNED") == ["stockAdjust", "exceptionCaseClose"]


def test_every_kind_has_remedies_that_are_mutations_with_these_fields() -> None:
    schema = (ROOT / "schema.graphql").read_text()
    assert set(REMEDIES) == set(CaseKind)
    for remedies in _ALL_REMEDIES:
        assert remedies
        for remedy in remedies:
            given: Any = f"{remedy.mutation[0].upper()}{remedy.mutation[1:]}Input"
            block = schema[schema.index(f"input {given} {{") :]
            block = block[: block.index("\n}")]
            assert all(f"\n  {name}:" in block for name in remedy.takes), remedy


def test_whatever_cases_are_about_has_a_name_in_the_schema() -> None:
    """Else one such case would break the whole queue."""
    subjects = {
        kind
        for file in (ROOT / "app").rglob("*.py")
        for kind in re.findall(r'\("([A-Z_]+)", str\(', file.read_text(encoding="utf-8"))
    }
    assert {"PICKUP", "PACKAGE", "ORDER", "FULFILLMENT", "DELIVERY"} <= subjects <= set(TYPENAMES)
    schema = (ROOT / "schema.graphql").read_text()
    assert all(f"\ntype {name} implements " in schema for name in TYPENAMES.values())
