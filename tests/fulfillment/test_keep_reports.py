"""Reports are kept once, whoever sends them again."""

from datetime import datetime
from uuid import UUID

from app.fulfillment.actions.keep_reports import keep_reports, reporter_of
from app.fulfillment.model.packages import TrackingKind
from app.fulfillment.model.tracking import TrackingEvent
from app.fulfillment.sql import tracking
from app.kit.db import Database
from app.kit.errors import DomainError, IdempotencyKeyReused
from app.kit.permissions import Actor, ActorKind
from tests.conftest import NOW
from tests.fulfillment.builders import STAFF, home, planned_order
from tests.fulfillment.views import packages_of, ship_all, track


def _new(package_id: UUID, key: str, body: bytes = b"", at: datetime = NOW) -> tracking.NewTracking:
    event = TrackingEvent("", TrackingKind.IN_TRANSIT, at)
    return tracking.NewTracking("key:staff", key, package_id, "key:staff", event, body)


async def test_of_one_name_one_is_kept_and_others_are_answered(db: Database) -> None:
    _, order_id = await planned_order(db, home)
    await ship_all(db, order_id)
    [package] = await packages_of(db, order_id)
    await track(db, package.id, TrackingKind.IN_TRANSIT, key="known")
    answers: dict[int, str | DomainError] = {}
    new = {
        3: _new(package.id, "new"),
        5: _new(package.id, "new"),
        7: _new(package.id, "new", b"another"),
        8: _new(package.id, "known"),
        9: _new(package.id, "known", b"another"),
    }
    async with db.write() as tx:
        repeated = await keep_reports(
            tx, new, answers, insert=tracking.insert_tracking, known=tracking.known_tracking, now=NOW
        )
        told = await tracking.tracking_of(tx, [package.id])
    assert repeated == {5, 7, 8, 9}
    assert {place: type(answer) for place, answer in answers.items()} == {
        7: IdempotencyKeyReused,
        9: IdempotencyKeyReused,
    }
    assert sorted(event.key for event in told[package.id]) == ["key:staff known", "key:staff new"]


def test_keys_of_a_partner_are_its_own_whichever_api_key_sends_them() -> None:
    partner = Actor(kind=ActorKind.PARTNER, reference="key:a", partner_id=UUID(int=1))
    assert reporter_of(partner) == f"partner:{UUID(int=1)}"
    assert reporter_of(STAFF) == "key:staff"
