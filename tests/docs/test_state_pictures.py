"""The pictures of states in the documents are those of the rules."""

from typing import Any

import pytest

from app.capacity.model.compartments import COMPARTMENT
from app.fulfillment.model.packages import PACKAGE
from app.fulfillment.model.pick_lists import PICK_LIST
from app.fulfillment.model.pickups import POINT_PICKUP, STORE_PICKUP
from app.fulfillment.model.work import WORK
from app.inventory.model.counts import COUNT_SESSION
from app.inventory.model.purchases import PURCHASE_ORDER
from app.inventory.model.states import UNIT
from app.inventory.model.transfers import TRANSFER
from app.notifications.model import ENDPOINTS
from tests.conftest import ROOT


@pytest.mark.parametrize(
    ("machine", "page"), [(POINT_PICKUP, "partners.md"), (STORE_PICKUP, "storefront.md"), (PACKAGE, "shipping.md")]
)
def test_the_pictures_of_what_is_handed_over_are_drawn_from_the_rules(machine: Any, page: str) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    assert f"```mermaid\n{machine.mermaid()}\n```" in text


@pytest.mark.parametrize("machine", [COUNT_SESSION, PURCHASE_ORDER, TRANSFER, UNIT], ids=lambda machine: machine.noun)
def test_the_picture_is_drawn_from_the_rules(machine: Any) -> None:
    page = (ROOT / "docs" / "inventory.md").read_text(encoding="utf-8")
    assert f"```mermaid\n{machine.mermaid()}\n```" in page


@pytest.mark.parametrize("machine", [WORK, PICK_LIST], ids=lambda machine: machine.noun)
def test_the_picture_of_work_is_drawn_from_the_rules(machine: Any) -> None:
    assert f"```mermaid\n{machine.mermaid()}\n```" in (ROOT / "docs" / "work.md").read_text(encoding="utf-8")


def test_the_picture_of_endpoints_is_drawn_from_the_rules() -> None:
    assert f"```mermaid\n{ENDPOINTS.mermaid()}\n```" in (ROOT / "docs" / "webhooks.md").read_text(encoding="utf-8")


def test_the_picture_of_compartments_is_drawn_from_the_rules() -> None:
    assert f"```mermaid\n{COMPARTMENT.mermaid()}\n```" in (ROOT / "docs" / "partners.md").read_text(encoding="utf-8")
