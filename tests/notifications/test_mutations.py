"""Webhooks through the schema: who may act on which endpoint, and what leaves the server once."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from app.kit.db import Database
from app.kit.ids import global_id, new_id
from app.kit.permissions import SCOPES, Actor, ActorKind
from app.partners.actions.create_partner import create_partner
from tests.conftest import Execute, keyed
from tests.notifications.receiver import Office, PickupTold, Receiver, receiving, tell

SHOP = Actor(kind=ActorKind.STAFF, reference="key:shop", scopes=frozenset({"webhooks:read", "webhooks:write"}))
ERRORS = "userErrors { __typename code message path ... on BeyondKeyError { scopes } }"
ENDPOINT = """id url eventTypes status version description isReplaying stoppedAfter failingSince restingUntil
  partner { code } secrets { endsAt } queue { waiting dead oldestAt }"""
CREATE = f"""mutation ($input: WebhookEndpointCreateInput!) {{ webhookEndpointCreate(input: $input) {{
  replayed secret endpoint {{ {ENDPOINT} }} {ERRORS} }} }}"""
UPDATE = f"""mutation ($input: WebhookEndpointUpdateInput!) {{ webhookEndpointUpdate(input: $input) {{
  replayed endpoint {{ {ENDPOINT} }} {ERRORS} }} }}"""
DELETE = f"""mutation ($input: WebhookEndpointDeleteInput!) {{ webhookEndpointDelete(input: $input) {{
  replayed deletedEndpointId {ERRORS} }} }}"""
ROTATE = f"""mutation ($input: WebhookEndpointSecretRotateInput!) {{ webhookEndpointSecretRotate(input: $input) {{
  replayed secret endpoint {{ secrets {{ endsAt }} }} {ERRORS} }} }}"""
TEST = f"""mutation ($input: WebhookEndpointTestInput!) {{ webhookEndpointTest(input: $input) {{
  replayed endpoint {{ id }} {ERRORS} }} }}"""
RETRY = f"""mutation ($input: WebhookDeliveryRetryInput!) {{ webhookDeliveryRetry(input: $input) {{
  replayed delivery {{ id status attemptCount }} {ERRORS} }} }}"""
REPLAY = f"""mutation ($input: WebhookReplayInput!) {{ webhookReplay(input: $input) {{
  replayed endpoint {{ isReplaying }} {ERRORS} }} }}"""
DELIVERIES = """query ($endpoint: ID!, $status: WebhookDeliveryStatus, $first: Int! = 20, $after: String) {
  webhookDeliveries(endpointId: $endpoint, status: $status, first: $first, after: $after) {
    nodes { id messageId type body status attemptCount cursor finishedAt endpoint { id }
      attempts { at durationMs failure statusCode answer } } pageInfo { hasNextPage endCursor } } }"""
URL = "https://example.com/hooks"


async def run(execute: Execute, document: str, actor: Actor = SHOP, **given: Any) -> Any:
    [payload] = (await execute(document, keyed(given), actor=actor)).values()
    return payload


async def create(execute: Execute, actor: Actor = SHOP, **given: Any) -> Any:
    return await run(execute, CREATE, actor, **{"url": URL, "eventTypes": ["pickup.*"], **given})


async def partner(db: Database, office: Office, code: str, **more: Any) -> Actor:
    async with db.write() as tx:
        key = await create_partner(tx, code=code, name=code, kind="LOCKER_OPERATOR", now=office.now)
    given: Any = {"kind": ActorKind.PARTNER, "scopes": frozenset({"partner:jobs"}), "partner_id": key, **more}
    return Actor(reference=f"key:{code}", **given)


def refused(payload: Any) -> list[tuple[str, list[str]]]:
    return [(error["code"], error["path"]) for error in payload["userErrors"]]


async def test_the_secret_is_shown_once_and_kept_nowhere(db: Database, execute: Execute) -> None:
    first = await create(execute, description=" ours ", idempotencyKey="hooks")
    secret = first["secret"]
    assert first["endpoint"] == {
        "id": first["endpoint"]["id"], "url": URL, "eventTypes": ["pickup.*"], "status": "ACTIVE", "version": 1,
        "description": "ours", "isReplaying": False, "stoppedAfter": None, "failingSince": None, "restingUntil": None,
        "partner": None, "secrets": [{"endsAt": None}], "queue": {"waiting": 0, "dead": 0, "oldestAt": None},
    }  # fmt: skip
    assert await create(execute, description=" ours ", idempotencyKey="hooks") == {
        **first, "replayed": True, "secret": None,
    }  # fmt: skip
    rotated = await run(execute, ROTATE, endpointId=first["endpoint"]["id"], overlapSeconds=60, idempotencyKey="new")
    again = await run(execute, ROTATE, endpointId=first["endpoint"]["id"], overlapSeconds=60, idempotencyKey="new")
    assert rotated["endpoint"]["secrets"] == [{"endsAt": None}, {"endsAt": "2026-11-22T03:01:00+00:00"}]
    assert again == {**rotated, "replayed": True, "secret": None}
    async with db.read() as tx:
        kept = [
            str(tuple(row))
            for table in ("requests", "webhook_endpoints", "webhook_secrets", "outbox")
            for row in await tx.connection.fetch(f"SELECT * FROM {table}")
        ]
    assert len(kept) == 5
    assert not any(text in row for row in kept for text in (secret, secret[6:], rotated["secret"]))


async def test_of_many_repetitions_at_once_one_has_the_secret(execute: Execute) -> None:
    answers = await asyncio.gather(*(create(execute, idempotencyKey="hooks") for _ in range(6)))
    assert sorted(answer["secret"] is None for answer in answers) == [False] + [True] * 5
    assert len({answer["endpoint"]["id"] for answer in answers}) == 1


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"url": "http://example.com/"}, "url"),
        ({"url": "https://user@example.com/"}, "url"),
        ({"eventTypes": []}, "eventTypes"),
        ({"eventTypes": ["pickup.unheard"]}, "eventTypes"),
        ({"description": "x" * 201}, "description"),
        ({"description": "\u0000"}, "description"),
    ],
)
async def test_endpoints_that_cannot_be(execute: Execute, given: dict[str, Any], path: str) -> None:
    payload = await create(execute, **given)
    assert (payload["endpoint"], payload["secret"]) == (None, None)
    assert refused(payload) == [("INVALID_INPUT", ["input", path])]
    made = await create(execute)
    payload = await run(execute, UPDATE, endpointId=made["endpoint"]["id"], **given)
    assert refused(payload) == [("INVALID_INPUT", ["input", path])]


async def test_what_changes_and_what_stays(execute: Execute) -> None:
    key = (await create(execute))["endpoint"]["id"]
    payload = await run(execute, UPDATE, endpointId=key, eventTypes=["*"], expectedVersion=1, isActive=False)
    shown = payload["endpoint"]
    assert (shown["eventTypes"], shown["url"], shown["status"], shown["version"]) == (["*"], URL, "PAUSED", 3)
    assert shown["stoppedAfter"] is not None
    payload = await run(execute, UPDATE, endpointId=key, expectedVersion=1)
    assert refused(payload) == [("VERSION_CONFLICT", ["input", "endpointId"])]
    assert refused(await run(execute, TEST, endpointId=key)) == [("INVALID_TRANSITION", ["input", "endpointId"])]
    payload = await run(execute, UPDATE, endpointId=key, isActive=True, catchUp=True)
    assert (payload["endpoint"]["status"], payload["endpoint"]["isReplaying"]) == ("ACTIVE", True)
    assert await run(execute, DELETE, endpointId=key) == {
        "replayed": False, "deletedEndpointId": key, "userErrors": [],
    }  # fmt: skip
    assert refused(await run(execute, DELETE, endpointId=key)) == [("NOT_FOUND", ["input", "endpointId"])]


# ── whose endpoints ───────────────────────────────────────────────────────────────────────────────────


async def test_another_partners_endpoint_is_like_none(db: Database, execute: Execute, office: Office) -> None:
    mine, other = await partner(db, office, "MINE"), await partner(db, office, "OTHER")
    theirs = (await create(execute, other))["endpoint"]
    shops = (await create(execute))["endpoint"]
    assert theirs["partner"] == {"code": "OTHER"}
    await tell(db, PickupTold(new_id(), partner_id=other.partner_id))
    while await office.is_behind():
        office.postman.wake()
        await office.postman.step()
    await office.postman.finish()
    [(delivery, _), _] = await office.rows("id, endpoint_id")
    unknown = global_id("WebhookEndpoint", new_id())
    for key in (theirs["id"], shops["id"], unknown):
        answers = [
            await run(execute, document, mine, endpointId=key, **more)
            for document, more in (
                (UPDATE, {"url": URL}),
                (DELETE, {}),
                (ROTATE, {}),
                (TEST, {}),
                (REPLAY, {"after": "x"}),
            )
        ]
        assert {tuple(map(str, refused(answer))) for answer in answers} == {("('NOT_FOUND', ['input', 'endpointId'])",)}
        assert {answer["userErrors"][0]["message"] for answer in answers} == {"There is no such endpoint."}
        assert (await execute(DELIVERIES, {"endpoint": key}, actor=mine))["webhookDeliveries"]["nodes"] == []
        assert (await execute("query ($id: ID!) { node(id: $id) { id } }", {"id": key}, actor=mine))["node"] is None
    for number in (delivery, 10**9):
        key = global_id("WebhookDelivery", number)
        assert refused(await run(execute, RETRY, mine, deliveryId=key)) == [("NOT_FOUND", ["input", "deliveryId"])]
        assert (await execute("query ($id: ID!) { node(id: $id) { id } }", {"id": key}, actor=mine))["node"] is None
    listed = "{ webhookEndpoints { nodes { id } } webhookEventTypes { name isForPartners } }"
    assert (await execute(listed, actor=mine))["webhookEndpoints"]["nodes"] == []
    assert [one["id"] for one in (await execute(listed, actor=other))["webhookEndpoints"]["nodes"]] == [theirs["id"]]
    assert len((await execute(listed, actor=SHOP))["webhookEndpoints"]["nodes"]) == 2
    types = (await execute(listed, actor=mine))["webhookEventTypes"]
    assert {one["name"].partition(".")[0] for one in types} == {"pickup", "webhook"}
    assert refused(await create(execute, mine, eventTypes=["order.placed"])) == [
        ("INVALID_INPUT", ["input", "eventTypes"])
    ]


async def test_the_shop_may_act_on_a_partners_endpoint(db: Database, execute: Execute, office: Office) -> None:
    key = (await create(execute, await partner(db, office, "MINE")))["endpoint"]["id"]
    payload = await run(execute, UPDATE, endpointId=key, isActive=False)
    assert (payload["endpoint"]["status"], payload["endpoint"]["partner"]) == ("PAUSED", {"code": "MINE"})


async def test_limited_keys_act_on_none(db: Database, execute: Execute, office: Office) -> None:
    mine = await partner(db, office, "MINE", location_ids=frozenset({1}))
    staff = Actor(
        kind=ActorKind.STAFF, reference="key:s", scopes=frozenset({"webhooks:write"}), location_ids=frozenset({1})
    )
    jobs = Actor(kind=ActorKind.STAFF, reference="key:j", scopes=frozenset({"partner:jobs"}))
    reads = Actor(kind=ActorKind.STAFF, reference="key:r", scopes=frozenset({"webhooks:read"}))
    made = (await create(execute))["endpoint"]["id"]
    for actor, scopes in ((mine, []), (staff, []), (jobs, ["webhooks:write"])):
        payload = await create(execute, actor)
        assert refused(payload) == [("BEYOND_KEY", ["input"])]
        assert payload["userErrors"][0]["scopes"] == scopes
        assert refused(await run(execute, DELETE, actor, endpointId=made)) == [("BEYOND_KEY", ["input", "endpointId"])]
        assert (await execute("{ webhookEndpoints { nodes { id } } }", actor=actor))["webhookEndpoints"]["nodes"] == []
    result = await execute.raw(DELETE, keyed({"endpointId": made}), actor=reads)
    assert result.errors[0].extensions["code"] == "FORBIDDEN"
    assert len((await execute("{ webhookEndpoints { nodes { id } } }", actor=reads))["webhookEndpoints"]["nodes"]) == 1


@pytest.mark.parametrize("document", [CREATE, UPDATE, DELETE, ROTATE, TEST, RETRY, REPLAY])
async def test_nobody_acts_without_a_scope(execute: Execute, document: str) -> None:
    key = global_id("WebhookEndpoint", new_id())
    given: dict[str, Any] = {"endpointId": key}
    if document is CREATE:
        given = {"url": URL, "eventTypes": ["*"]}
    elif document is RETRY:
        given = {"deliveryId": key}
    elif document is REPLAY:
        given["after"] = "x"
    other = Actor(
        kind=ActorKind.STAFF, reference="key:o", scopes=frozenset(SCOPES) - {"webhooks:write", "partner:jobs"}
    )
    for actor, code in ((None, "UNAUTHENTICATED"), (other, "FORBIDDEN")):
        result = await execute.raw(document, keyed(given), actor=actor)
        assert result.errors[0].extensions["code"] == code


# ── deliveries ────────────────────────────────────────────────────────────────────────────────────────


async def test_what_was_sent_can_be_seen_and_sent_again(db: Database, execute: Execute, office: Office) -> None:
    said: dict[str, Any] = {"answer": (500, {}, "not now")}
    async with receiving(lambda _message: said["answer"]) as receiver:
        key = (await create(execute))["endpoint"]["id"]
        async with db.write() as tx:
            await tx.connection.execute("UPDATE webhook_endpoints SET url = $1", receiver.url)
        for version in (1, 2, 3):
            await tell(db, PickupTold(new_id(), "READY", version))
        await office.deliver()
        data = (await execute(DELIVERIES, {"endpoint": key, "first": 2}, actor=SHOP))["webhookDeliveries"]
        assert data["pageInfo"]["hasNextPage"]
        rest = await execute(DELIVERIES, {"endpoint": key, "after": data["pageInfo"]["endCursor"]}, actor=SHOP)
        shown = [*data["nodes"], *rest["webhookDeliveries"]["nodes"]]
        assert len(shown) == 3
        for one in shown:
            assert (one["status"], one["attemptCount"], one["type"], one["endpoint"]) == (
                "WAITING", 1, "pickup.ready", {"id": key},
            )  # fmt: skip
            [attempt] = one["attempts"]
            assert attempt.pop("durationMs") >= 0
            assert attempt == {
                "at": "2026-11-22T03:00:00+00:00", "failure": "ANSWER", "statusCode": 500, "answer": "not now",
            }  # fmt: skip
        assert {one["messageId"]: one["body"] for one in shown} == {
            message.id: message.body.decode() for message in receiver.messages
        }
        said["answer"] = (200, {}, "")
        last = shown[0]
        payload = await run(execute, RETRY, deliveryId=last["id"], idempotencyKey="again")
        assert payload["delivery"] == {"id": last["id"], "status": "WAITING", "attemptCount": 0}
        await office.deliver()
        delivered = await execute(DELIVERIES, {"endpoint": key, "status": "DELIVERED"}, actor=SHOP)
        assert [one["id"] for one in delivered["webhookDeliveries"]["nodes"]] == [last["id"]]
        assert refused(await run(execute, RETRY, deliveryId=last["id"])) == [
            ("INVALID_TRANSITION", ["input", "deliveryId"])
        ]
        await office.deliver(after=timedelta(seconds=10))
        receiver.messages.clear()
        payload = await run(execute, REPLAY, endpointId=key, after=shown[2]["cursor"])
        assert payload["endpoint"] == {"isReplaying": True}
        await office.deliver()
        assert sorted(receiver.ids) == sorted(one["messageId"] for one in shown[:2])
        for bad in ("nonsense", data["pageInfo"]["endCursor"]):
            assert refused(await run(execute, REPLAY, endpointId=key, after=bad)) == [
                ("INVALID_INPUT", ["input", "after"])
            ]
        async with db.write() as tx:
            await tx.connection.execute("INSERT INTO feed_floor (xid, id) VALUES (9223372036854775807, 1)")
        assert refused(await run(execute, REPLAY, endpointId=key, after=last["cursor"])) == [
            ("CURSOR_EXPIRED", ["input", "after"])
        ]


async def test_pages_cost_the_same_whatever_is_on_them(execute: Execute, count_statements: Any) -> None:
    document = f"{{ webhookEndpoints(first: 50) {{ nodes {{ {ENDPOINT} }} }} }}"
    counts = []
    for _ in range(2):
        for _ in range(3):
            await create(execute)
        with count_statements() as count:
            await execute(document, actor=SHOP)
        counts.append(count.total)
    assert counts == [3, 3]


async def test_a_test_event_is_sent_once_whatever_is_repeated(
    db: Database, execute: Execute, office: Office, receiver: Receiver
) -> None:
    key = (await create(execute))["endpoint"]["id"]
    async with db.write() as tx:
        await tx.connection.execute("UPDATE webhook_endpoints SET url = $1", receiver.url)
    variables = keyed({"endpointId": key, "idempotencyKey": "hello"})
    for _ in range(3):
        await execute(TEST, variables, actor=SHOP)
    await office.deliver()
    assert receiver.types == ["webhook.test"]
