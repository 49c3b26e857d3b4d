"""Addresses, delays, signatures and the catalogue."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import pytest

from app.fulfillment.model.pickups import PickupStatus
from app.kit.events import Event
from app.kit.ids import global_id, new_id
from app.notifications.errors import InvalidEndpoint
from app.notifications.model import (
    DELAYS,
    JITTER,
    LONGEST_REST,
    check_url,
    delay_after,
    rest_after,
    retry_after,
)
from app.notifications.model.catalogue import (
    TYPES,
    body_of,
    check_types,
    is_wanted,
    topics_of,
    type_of,
    types_for,
)
from app.notifications.model.signing import UnreadableSecret, message_id, new_secret, seal, sign, unseal
from tests.conftest import load_rooms

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/",
        "ftp://example.com/",
        "https://",
        "https:///path",
        "example.com/hooks",
        "https://user@example.com/",
        "https://user:password@example.com/",
        "https://example.com/#part",
        "https://example.com:0/",
        "https://example.com:70000/",
        "https://[::1/",
        "https://exa mple.com/",
        "https://example.com/\r\nX: y",
        "https://例え.jp/",
        "https://example.com/" + "x" * 2000,
        "",
    ],
)
def test_addresses_that_are_not_called(url: str) -> None:
    with pytest.raises(InvalidEndpoint) as refused:
        check_url(url, is_anywhere=False)
    assert refused.value.facts == {"argument": "url"}


def test_addresses_that_are_called() -> None:
    check_url("https://example.com", is_anywhere=False)
    check_url("https://example.com:8443/hooks?shop=1", is_anywhere=False)
    check_url("http://127.0.0.1:8000/hooks", is_anywhere=True)


def test_delays_and_rests() -> None:
    for number, delay in enumerate(DELAYS, 1):
        for _ in range(20):
            found = delay_after(number)
            assert found is not None
            assert delay <= found <= delay * (1 + JITTER)
    assert delay_after(len(DELAYS) + 1) is None
    assert [rest_after(number) for number in (1, 4)] == [None, None]
    assert [rest_after(number) for number in (5, 8, 9, 13)] == [
        timedelta(seconds=seconds) for seconds in (30, 30, 60, 120)
    ]
    assert rest_after(10**9) == LONGEST_REST


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 0),
        ("", 0),
        ("7", 7),
        ("-7", 0),
        ("1.5", 0),
        ("٣", 0),
        ("Sun, 22 Nov 2026 03:00:09 GMT", 9),
        ("Sun, 22 Nov 2026 02:00:00 GMT", 0),
        ("Sun, 22 Nov 2026 02:00:00", 0),
        ("Tue, 22 Nov 2099 02:00:00 GMT", 86_400),
        ("9" * 400, 86_400),
    ],
)
def test_how_long_receivers_may_ask_for(header: str | None, seconds: int) -> None:
    assert retry_after(header, now=NOW) == timedelta(seconds=seconds)


def test_signatures_are_those_of_the_standard() -> None:
    # Of the specification's own example.
    key = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    headers = sign(
        b'{"test": 2432232314}', "msg_p5jXN8AQM9LWM0D4loKWxJek", datetime.fromtimestamp(1614265330, UTC), [key]
    )
    assert headers == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_each_secret_signs() -> None:
    keys = [new_secret(), new_secret()]
    headers = sign(b"{}", message_id(7), NOW, keys)
    expected = [
        "v1," + base64.b64encode(
            hmac.new(base64.b64decode(key[6:]), f"evt_7.{int(NOW.timestamp())}.{{}}".encode(), hashlib.sha256).digest()
        ).decode()
        for key in keys
    ]  # fmt: skip
    assert headers["webhook-signature"].split(" ") == expected


def test_sealed_secrets_say_nothing_without_the_key() -> None:
    secret, key = new_secret(), b"the installation's"
    sealed = seal(secret, key)
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    assert secret.encode() not in sealed
    assert seal(secret, key) != sealed
    assert unseal(sealed, key) == unseal(sealed, b"the key that came after it", key) == secret
    for other, text in ((b"another's", sealed), (key, sealed[:-2] + b"xx"), (key, b"")):
        with pytest.raises(UnreadableSecret):
            unseal(text, other)


def test_every_status_of_a_pickup_has_a_type() -> None:
    names = {each.name for each in TYPES}
    assert len(names) == len(TYPES)
    for status in PickupStatus:
        each = type_of("pickup_changed", {"status": status})
        assert each is not None
        assert (each.name, each.is_for_partners) == (f"pickup.{status.lower()}", True)
    assert type_of("pickup_changed", {"status": "UNHEARD_OF"}) is None
    assert type_of("order", {"status": "CANCELED"}) is type_of("order", {"status": "OPEN"}) is not None
    assert type_of("units_for_waiting", {}) is None


def test_every_type_says_what_its_facts_have() -> None:
    list(load_rooms("events"))
    facts: dict[str, set[str]] = {}
    kinds = [Event]
    for kind in kinds:  # grows meanwhile
        kinds += kind.__subclasses__()
        if kind.topic and kind.__module__.startswith("app."):
            facts[kind.topic] = set(kind.names())
    # The ledger's triggers tell it.
    facts["stock"] = {"variant_id", "location_id", "version"}
    # Triggers of their tables tell of these, see `test_work_changed` and `test_case_changed`.
    work = {"work_id", "change", "kind", "status", "location_id", "order_id", "assignee", "due_at", "version"}
    facts["work_changed"] = work
    facts["exception_case_changed"] = (work - {"work_id", "due_at"}) | {"case_id", "partner_id"}
    for each in TYPES:
        assert {field.source for field in each.fields} <= facts[each.topic], each.name
        assert not each.is_for_partners or "partner_id" in facts[each.topic]


def test_what_partners_can_choose() -> None:
    assert {each.name.partition(".")[0] for each in types_for(is_partner=True)} == {"pickup", "webhook"}
    assert [each.name for each in types_for(is_partner=True) if each.name.startswith("webhook")] == ["webhook.test"]
    assert check_types(["pickup.ready", "pickup.*", "*", "*"], is_partner=True) == ["pickup.ready", "pickup.*", "*"]
    for chosen in (["order.placed"], ["stock.*"], ["pickup"], [], ["*"] * 51, ["pickup.ready", ""]):
        with pytest.raises(InvalidEndpoint) as refused:
            check_types(chosen, is_partner=True)
        assert refused.value.facts == {"argument": "event_types"}
    assert check_types(["order.placed", "stock.changed"], is_partner=False) == ["order.placed", "stock.changed"]


def wanting(partner: Any, *types: str) -> dict[str, Any]:
    return {"id": "e", "partner_id": partner, "event_types": list(types)}


def test_who_hears_what() -> None:
    mine, other = new_id(), new_id()
    ready, stock = type_of("pickup_changed", {"status": "READY"}), type_of("stock", {})
    placed, test = type_of("order_placed", {}), type_of("webhook_tested", {})
    assert ready and stock and placed and test  # noqa: PT018  # they are there
    fact = {"partner_id": str(mine)}
    for types, heard in (
        (["*"], True), (["pickup.*"], True), (["pickup.ready"], True), (["pickup.expired"], False), (["order.*"], False)
    ):  # fmt: skip
        assert is_wanted(ready, fact, wanting(mine, *types)) is heard
        assert is_wanted(ready, fact, wanting(None, *types)) is heard
        assert not is_wanted(ready, fact, wanting(other, *types))
        assert not is_wanted(ready, {"partner_id": None}, wanting(mine, *types))
    assert not is_wanted(placed, {}, wanting(mine, "*"))
    assert [is_wanted(stock, {}, wanting(None, types)) for types in ("*", "stock.*", "stock.changed")] == [
        False, True, True,
    ]  # fmt: skip
    assert is_wanted(test, {"endpoint_id": "e"}, wanting(mine, "pickup.ready"))
    assert not is_wanted(test, {"endpoint_id": "f"}, wanting(None, "*"))
    assert topics_of(["pickup.ready"]) == {"pickup_changed", "webhook_tested"}
    assert "stock" not in topics_of(["*"])


def test_bodies_are_thin() -> None:
    order, transfer = new_id(), new_id()
    each = type_of("transfer_shipped", {})
    assert each is not None
    payload = {
        "transfer_id": str(transfer), "order_id": str(order), "from_location_id": 1, "to_location_id": 2,
        "status": "IN_TRANSIT", "received": {"1": 3},
    }  # fmt: skip
    assert orjson.loads(body_of(each, payload, NOW)) == {
        "type": "transfer.shipped",
        "timestamp": "2026-11-22T03:00:00Z",
        "data": {
            "transferId": global_id("Transfer", transfer),
            "orderId": global_id("Order", order),
            "fromLocationId": global_id("Location", 1),
            "toLocationId": global_id("Location", 2),
            "status": "IN_TRANSIT",
        },
    }
    assert orjson.loads(body_of(each, {**payload, "order_id": None}, NOW))["data"]["orderId"] is None
