"""What comes to receivers, in which order, how often, and when it is tried again."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from app.kit.db import Database
from app.kit.ids import global_id, new_id
from app.notifications.actions.fan_out import fan_out
from app.notifications.model import DELAYS, JITTER
from app.notifications.sql import endpoints
from tests.inventory.builders import put_stock, stocked
from tests.notifications.receiver import OK, Office, OrderTold, PickupTold, Receiver, make_endpoint, receiving, tell

SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


async def test_a_fact_is_sent_once_signed_and_thin(db: Database, office: Office, receiver: Receiver) -> None:
    _, secret = await make_endpoint(db, receiver.url, "pickup.*", now=office.now)
    pickup = new_id()
    await tell(db, PickupTold(pickup, "READY", 4), OrderTold())
    await office.deliver()
    await office.deliver(after=DAY)
    [message] = receiver.messages
    assert (message.path, message.type, message.headers["content-type"]) == (
        "/hooks",
        "pickup.ready",
        "application/json",
    )
    assert message.data == {
        "pickupId": global_id("Pickup", pickup),
        "number": "PU-70000001",
        "locationId": global_id("Location", 7),
        "status": "READY",
        "version": 4,
    }
    assert message.headers["webhook-timestamp"] == str(int((office.now - DAY).timestamp()))
    assert await office.rows("status, attempts, type, event_id") == [
        ("DELIVERED", 1, "pickup.ready", int(message.id.removeprefix("evt_")))
    ]
    assert message.headers["webhook-signature"].startswith("v1,")
    assert secret.startswith("whsec_")


async def test_the_library_of_the_standard_verifies_it(db: Database, receiver: Receiver) -> None:
    from app.kit.clock import utc_now  # noqa: PLC0415  # the library looks at the real clock

    office = Office(db, utc_now())
    _, secret = await make_endpoint(db, receiver.url, now=office.now)
    await tell(db, PickupTold(new_id()))
    await office.deliver()
    [message] = receiver.messages
    assert Webhook(secret).verify(message.body, message.headers)["type"] == "pickup.ready"
    for body, key in ((message.body + b" ", secret), (message.body, "whsec_" + "A" * 44)):
        with pytest.raises(WebhookVerificationError):
            Webhook(key).verify(body, message.headers)
    await office.postman.close()


async def test_failures_are_tried_again_by_the_schedule_and_die_at_its_end(db: Database, office: Office) -> None:
    async with receiving(lambda _message: (500, {}, "no \x00 room")) as receiver:
        await make_endpoint(db, receiver.url, now=office.now)
        await tell(db, PickupTold(new_id()))
        await office.deliver()
        for number, delay in enumerate(DELAYS, 1):
            assert await office.rows() == [("WAITING", number)]
            await office.deliver(after=delay - SECOND)
            assert len(receiver.messages) == number
            await office.deliver(after=SECOND + delay * JITTER)
        assert await office.rows() == [("DEAD", 9)]
        await office.deliver(after=30 * DAY)
        assert len(receiver.messages) == len(DELAYS) + 1
        assert len(set(receiver.ids)) == 1
    [log] = await office.rows("log")
    assert [(entry["failure"], entry["status_code"], entry["answer"]) for entry in log] == [
        ("ANSWER", 500, "no  room")
    ] * 9


async def test_later_ones_of_a_key_wait_for_earlier_ones_and_others_do_not(db: Database, office: Office) -> None:
    one, other = new_id(), new_id()
    bad = {"is_down": True}

    def answer(message: Any) -> Any:
        is_one = message.data.get("pickupId") == global_id("Pickup", one)
        return (503, {}, "") if is_one and bad["is_down"] else OK

    async with receiving(answer) as receiver:
        await make_endpoint(db, receiver.url, now=office.now)
        for version, status in enumerate(("PREPARING", "READY", "COLLECTED"), 1):
            await tell(db, PickupTold(one, status, version), PickupTold(other, status, version))
        await office.deliver()
        of_one = [message for message in receiver.messages if message.data["pickupId"] == global_id("Pickup", one)]
        others = [message.data["version"] for message in receiver.messages if message not in of_one]
        assert ([message.data["version"] for message in of_one], others) == ([1], [1, 2, 3])
        bad["is_down"] = False
        receiver.messages.clear()
        await tell(db, PickupTold(one, "EXPIRED", 4))
        await office.deliver(after=SECOND)
        assert receiver.messages == []
        await office.deliver(after=6 * SECOND)
        assert [message.data["version"] for message in receiver.messages] == [1, 2, 3, 4]


async def test_a_slow_endpoint_keeps_no_other_waiting(db: Database, office: Office, receiver: Receiver) -> None:
    gate = asyncio.Event()

    async def slow(_message: Any) -> Any:
        await gate.wait()
        return OK

    async with receiving(slow) as slug:
        await make_endpoint(db, slug.url, now=office.now)
        await make_endpoint(db, receiver.url, now=office.now)
        for _ in range(30):
            await tell(db, PickupTold(new_id()))
        while len(receiver.messages) < 30:
            office.postman.wake()
            await office.postman.step()
            await asyncio.sleep(0.005)
        assert len(slug.messages) == 4
        gate.set()
        await office.postman.finish()
        await office.deliver()
        assert len(set(slug.ids)) == len(slug.messages) == 30
    assert await office.rows() == [("DELIVERED", 1)] * 60


async def test_many_processes_send_each_delivery_once(db: Database, now: datetime, receiver: Receiver) -> None:
    offices = [Office(db, now) for _ in range(4)]
    await make_endpoint(db, receiver.url, now=now)
    keys = [new_id() for _ in range(10)]
    for version in range(1, 6):
        await tell(db, *(PickupTold(key, "READY", version) for key in keys))
    while await offices[0].rows() != [("DELIVERED", 1)] * 50:
        await asyncio.gather(*(office.deliver() for office in offices))
    assert len(set(receiver.ids)) == len(receiver.messages) == 50
    for key in keys:
        told = [one.data["version"] for one in receiver.messages if one.data["pickupId"] == global_id("Pickup", key)]
        assert told == [1, 2, 3, 4, 5]
    for office in offices:
        await office.postman.close()


@pytest.mark.parametrize(
    ("said", "least", "most"),
    [
        ("120", 120, 120),
        ("Sun, 22 Nov 2026 03:02:00 GMT", 119, 120),
        ("1", 5, 6),
        ("nonsense", 5, 6),
        ("9" * 30, 86_400, 86_400),
    ],
)
async def test_a_receiver_may_ask_for_time(db: Database, office: Office, said: str, least: int, most: int) -> None:
    async with receiving(lambda _message: (429, {"Retry-After": said}, "")) as receiver:
        await make_endpoint(db, receiver.url, now=office.now)
        await tell(db, PickupTold(new_id()))
        await office.deliver()
    [next_at] = await office.rows("next_at")
    assert least * SECOND <= next_at - office.now <= most * SECOND


async def test_redirects_are_not_followed(db: Database, office: Office, receiver: Receiver) -> None:
    async with receiving(lambda _message: (307, {"Location": receiver.url}, "")) as elsewhere:
        await make_endpoint(db, elsewhere.url, now=office.now)
        await tell(db, PickupTold(new_id()))
        await office.deliver()
        assert len(elsewhere.messages) == 1
    assert receiver.messages == []
    [log] = await office.rows("log")
    assert [(entry["failure"], entry["status_code"]) for entry in log] == [("REDIRECT", 307)]


async def test_an_endpoint_that_is_gone_is_left_alone(db: Database, office: Office, receiver: Receiver) -> None:
    async with receiving(lambda _message: (410, {}, "")) as gone:
        endpoint, _ = await make_endpoint(db, gone.url, "pickup.*", now=office.now)
        await make_endpoint(db, receiver.url, "webhook.stopped", now=office.now)
        await tell(db, PickupTold(new_id()))
        await office.deliver()
        await tell(db, PickupTold(new_id()))
        await office.deliver(after=DAY)
        assert len(gone.messages) == 1
    assert [message.data for message in receiver.messages] == [
        {"endpointId": global_id("WebhookEndpoint", endpoint), "status": "GONE"}
    ]
    assert await office.rows() == [("WAITING", 1), ("DELIVERED", 1)]


async def test_an_endpoint_rests_when_much_fails_and_is_suspended_after_days(db: Database, office: Office) -> None:
    async with receiving(lambda _message: (500, {}, "")) as broken:
        endpoint, _ = await make_endpoint(db, broken.url, "pickup.*", now=office.now)
        for _ in range(12):
            await tell(db, PickupTold(new_id()))
        await office.deliver()
        tried = len(broken.messages)
        assert 5 <= tried <= 8
        await office.deliver(after=10 * SECOND)
        assert len(broken.messages) == tried
        await office.deliver(after=60 * SECOND)
        assert len(broken.messages) > tried
        for _ in range(6):
            await tell(db, PickupTold(new_id()))
            await office.deliver(after=DAY)
        async with db.write() as tx:
            row = await endpoints.lock_endpoint(tx, endpoint)
        assert row is not None
        assert row.status == "SUSPENDED"
        tried = len(broken.messages)
        await office.deliver(after=DAY)
        assert len(broken.messages) == tried


async def test_a_success_ends_a_rest(db: Database, office: Office, receiver: Receiver) -> None:
    receiver.answer = lambda _message: (500, {}, "")
    endpoint, _ = await make_endpoint(db, receiver.url, now=office.now)
    for _ in range(6):
        await tell(db, PickupTold(new_id()))
    await office.deliver()
    receiver.answer = lambda _message: OK
    await office.deliver(after=timedelta(minutes=11))
    async with db.write() as tx:
        row = await endpoints.lock_endpoint(tx, endpoint)
    assert row is not None
    assert (row.failures, row.failing_since, row.resting_until) == (0, None, None)
    assert {status for status, _ in await office.rows()} == {"DELIVERED"}


async def test_of_stock_only_the_newest_is_sent_where_older_wait(
    db: Database, office: Office, receiver: Receiver
) -> None:
    tea, [shop, other] = await stocked(db, 5, 6)
    await office.deliver()
    await make_endpoint(db, receiver.url, "stock.changed", now=office.now)
    await make_endpoint(db, receiver.url + "/not", "*", now=office.now)
    async with db.write() as tx:
        await put_stock(tx, tea, other, 1)
    for _ in range(3):
        async with db.write() as tx:
            await put_stock(tx, tea, shop, 1)
        while await office.is_behind():
            async with db.write() as tx:
                await fan_out(tx, now=office.now)
    await office.deliver()
    assert [message.path for message in receiver.messages] == ["/hooks", "/hooks"]
    assert {message.data["locationId"]: message.data for message in receiver.messages} == {
        global_id("Location", place): {
            "variantId": global_id("Variant", tea),
            "locationId": global_id("Location", place),
            "version": version,
        }
        for place, version in ((shop, 4), (other, 2))
    }


async def test_a_secret_of_another_installation_is_told(db: Database, office: Office, receiver: Receiver) -> None:
    await make_endpoint(db, receiver.url, now=office.now, installation_key=b"another installation's secret!!!")
    await tell(db, PickupTold(new_id()))
    await office.deliver()
    assert receiver.messages == []
    [log] = await office.rows("log")
    assert [entry["failure"] for entry in log] == ["SECRET"]


async def test_what_a_process_took_and_never_ended_is_sent_by_another(db: Database, now: datetime) -> None:
    gate = asyncio.Event()

    async def silent(_message: Any) -> Any:
        await gate.wait()
        return OK

    async with receiving(silent) as receiver:
        dead, heir = Office(db, now), Office(db, now)
        await make_endpoint(db, receiver.url, now=now)
        await tell(db, PickupTold(new_id()))
        async with asyncio.timeout(20):
            while not receiver.messages:
                dead.postman.wake()
                await dead.postman.step()
                await asyncio.sleep(0.005)
        await dead.postman.close()
        gate.set()
        await heir.deliver(after=44 * SECOND)
        assert len(receiver.messages) == 1
        await heir.deliver(after=SECOND)
        assert len(receiver.messages) == 2
        assert len(set(receiver.ids)) == 1
        assert await heir.rows() == [("DELIVERED", 1)]
        await heir.postman.close()
