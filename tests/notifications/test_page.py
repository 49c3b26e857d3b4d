"""docs/webhooks.md tells of every type what is in it."""

import re
from typing import Final

from app.fulfillment.model.pickups import PickupStatus
from app.notifications.model.catalogue import TYPES
from tests.conftest import ROOT

_ROW: Final = re.compile(r"^\| (`[a-z_]+\..*?) \| (`.*`) \|$", re.MULTILINE)
_PICKUPS: Final = "pickup.requested"


def test_the_table_has_every_type_with_its_fields_in_order() -> None:
    written: dict[str, list[str]] = {}
    for types, fields in _ROW.findall((ROOT / "docs" / "webhooks.md").read_text(encoding="utf-8")):
        first, *others = re.findall(r"`([a-z_.]+)`", types)
        group = first.partition(".")[0]
        names = [first, *(group + other if other.startswith(".") else other for other in others)]
        if first == _PICKUPS:
            names = [f"pickup.{status.lower()}" for status in PickupStatus]
        for name in names:
            assert name not in written
            written[name] = re.findall(r"`(\w+)`", fields)
    assert written == {each.name: [field.name for field in each.fields] for each in TYPES}
