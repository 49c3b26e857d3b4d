"""The contract, step by step. See docs/partners.md."""

from datetime import datetime
from typing import Final

from app.conformance import documents
from app.conformance.asking import Broken, Json, expect
from app.conformance.listening import Listener
from app.conformance.walk import Pickup, Step, Walk

_DONE: Final = {"userErrors": []}
# No pickup has it: ids of version 8 are not given.
_NOBODYS: Final = "UGlja3VwOjAwMDAwMDAwLTAwMDAtODAwMC04MDAwLTAwMDAwMDAwMDAwMA=="
_PAGE: Final = 2
_PAGES: Final = 3
_PICKUPS: Final = 6


async def _nobody(walk: Walk) -> None:
    body = await walk.caller.ask(documents.QUEUE, {"first": 1}, key=False)
    codes = [error.get("extensions", {}).get("code") for error in body.get("errors") or ()]
    expect("the codes of its errors", codes, ["UNAUTHENTICATED"])


async def _who(walk: Walk) -> None:
    viewer = await walk.caller.data(documents.WHO)
    expect("a key of a partner", viewer, {"kind": "PARTNER", "partner": {"code": str}})
    if "partner:jobs" not in viewer["scopes"]:
        raise Broken("the scope partner:jobs", viewer["scopes"])
    walk.is_sandbox = viewer["partner"]["isSandbox"] is True


async def _create(walk: Walk) -> None:
    for number in range(_PICKUPS):
        given = {"point": 1 + number % 2, "idempotencyKey": f"{walk.run} test {number}"}
        made = await walk.caller.data(documents.CREATE, {"input": given})
        under_way = {"status": "IN_TRANSIT_TO_POINT", "lines": [{"quantity": 1}], "shipments": [dict]}
        expect("a parcel under way", made, _DONE | {"replayed": False, "code": str, "pickup": under_way})
        again = await walk.caller.data(documents.CREATE, {"input": given})
        expect("the same answer to the same key", again, made | {"replayed": True})
        row = made["pickup"]
        at = datetime.fromisoformat(row["createdAt"])
        tracking_number = row["shipments"][0]["trackingNumber"]
        walk.pickups.append(Pickup(row["id"], row["number"], made["code"], tracking_number, at))


async def _pages(walk: Walk) -> None:
    whole = await walk.caller.data(documents.QUEUE, {"first": _PAGE * _PAGES})
    paged: list[Json] = []
    after, has_next = None, True
    for _ in range(_PAGES):
        if has_next:
            page = await walk.caller.data(documents.QUEUE, {"first": _PAGE, "after": after})
            if len(page["nodes"]) > _PAGE:
                raise Broken(f"{_PAGE} pickups on a page at most", page["nodes"])
            paged += page["nodes"]
            after, has_next = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    expect("page after page the same as at once", paged, whole["nodes"])
    expect("the same word on whether more follow", has_next, whole["pageInfo"]["hasNextPage"])


async def _queue(walk: Walk) -> None:
    found: list[str] = []
    after, has_next = None, True
    while has_next:
        given = {"status": "IN_TRANSIT_TO_POINT", "first": 100, "after": after}
        page = await walk.caller.data(documents.QUEUE, given)
        if others := [row for row in page["nodes"] if row["status"] != "IN_TRANSIT_TO_POINT"]:
            raise Broken("pickups that are IN_TRANSIT_TO_POINT only", others)
        found += [row["number"] for row in page["nodes"]]
        after, has_next = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    mine = [walk.pickup(place).number for place in range(_PICKUPS)]
    expect("each test pickup once, oldest first", [number for number in found if number in mine], mine)


async def _arrive(walk: Walk) -> None:
    given = walk.input(walk.pickup(0), "ARRIVED", compartment="A7")
    ready = {"status": "READY", "compartment": "A7", "readyAt": str, "holdUntil": str}
    await walk.report(given, "the arrival", _DONE | {"effect": "APPLIED", "replayed": False, "pickup": ready})


async def _repeat(walk: Walk) -> None:
    given = walk.input(walk.pickup(0), "ARRIVED", compartment="A7")
    again = {"effect": "APPLIED", "replayed": True, "pickup": {"status": "READY", "compartment": "A7"}}
    await walk.report(given, "the answer again", _DONE | again)
    seen = await walk.caller.data(documents.SEEN, {"id": walk.pickup(0).id})
    expect("one report in its history", seen["reports"], [{"kind": "ARRIVED"}])


async def _reuse(walk: Walk) -> None:
    given = walk.input(walk.pickup(0), "ARRIVED", compartment="B9")
    await walk.report(given, "a refusal", {"userErrors": [{"code": "IDEMPOTENCY_KEY_REUSED"}]})
    seen = await walk.caller.data(documents.SEEN, {"id": walk.pickup(0).id})
    expect("nothing new in its history", seen, {"status": "READY", "reports": [{"kind": "ARRIVED"}]})


async def _hidden(walk: Walk) -> None:
    seen = await walk.caller.data(documents.SEEN, {"id": walk.pickup(0).id})
    expect("neither the code nor the order", seen, {"code": None, "order": None})


async def _wrong_code(walk: Walk) -> None:
    pickup = walk.pickup(0)
    code = f"{(int(pickup.code) + 1) % 1_000_000:06d}"
    for key, left in (("first", 4), ("first", 4), ("second", 3)):
        given = {"pickupId": pickup.id, "code": code, "idempotencyKey": f"{walk.run} {key} wrong code"}
        refusal = {"code": "PICKUP_CODE_INVALID", "remainingAttempts": left}
        wanted = {"pickup": {"isVerified": False, "isLocked": False}, "userErrors": [refusal]}
        await walk.verify(given, "a wrong code counted once for each key", wanted)


async def _right_code(walk: Walk) -> None:
    pickup = walk.pickup(0)
    given = {"pickupId": pickup.id, "code": pickup.code, "idempotencyKey": f"{walk.run} right code"}
    verified = {"pickup": {"isVerified": True, "isLocked": False}}
    await walk.verify(given, "the right code", _DONE | verified | {"replayed": False})
    await walk.verify(given, "the answer again", _DONE | verified | {"replayed": True})


async def _collect(walk: Walk) -> None:
    given = walk.input(walk.pickup(0), "COLLECTED")
    collected = {"status": "COLLECTED", "collectedAt": str}
    await walk.report(given, "the collection", _DONE | {"effect": "APPLIED", "pickup": collected})
    given = {"pickupId": walk.pickup(0).id, "code": walk.pickup(0).code}
    await walk.verify(given, "no code after that", {"userErrors": [{"code": "INVALID_TRANSITION"}]})


async def _late(walk: Walk) -> None:
    pickup = walk.pickup(1)
    for kind, seconds, effect, status in (
        ("READY", 3, "APPLIED", "READY"),
        ("BLOCKED", 2, "SUPERSEDED", "READY"),
        ("ARRIVED", 1, "SUPERSEDED", "READY"),
        ("COLLECTED", 5, "APPLIED", "COLLECTED"),
        ("EXPIRED", 6, "SET_ASIDE", "COLLECTED"),
        ("EXPIRED", 4, "SUPERSEDED", "COLLECTED"),
    ):
        wanted = _DONE | {"effect": effect, "pickup": {"status": status}}
        await walk.report(walk.input(pickup, kind, seconds=seconds), f"{kind} of second {seconds}", wanted)
    seen = await walk.caller.data(documents.SEEN, {"id": pickup.id})
    kinds = ["ARRIVED", "BLOCKED", "READY", "EXPIRED", "COLLECTED", "EXPIRED"]
    expect("all reports, as they happened", [row["kind"] for row in seen["reports"]], kinds)


async def _impossible(walk: Walk) -> None:
    for seconds in (86_400, -86_400):
        given = walk.input(walk.pickup(2), "ARRIVED", seconds=seconds)
        refusal = {"code": "INVALID_INPUT", "path": ["input", "occurredAt"]}
        await walk.report(given, "a refusal of an instant that cannot be", {"userErrors": [refusal]})


async def _batch(walk: Walk) -> None:
    pickup = walk.pickup(2)
    first = {name: value for name, value in walk.input(pickup, "ARRIVED").items() if name != "pickupId"}
    rows = [
        first | {"trackingNumber": pickup.tracking_number},
        walk.input(pickup, "EXTENDED"),
        walk.input(pickup, "BLOCKED", pickupId=_NOBODYS),
        walk.input(walk.pickup(3), "ARRIVED"),
    ]
    results = (await walk.caller.data(documents.REPORTS, {"input": {"reports": rows}}))["results"]
    applied = _DONE | {"effect": "APPLIED", "pickup": {"status": "READY"}}
    at = ["input", "reports"]
    no_end = {"userErrors": [{"code": "INVALID_INPUT", "path": [*at, "1", "holdUntil"]}]}
    nobodys = {"userErrors": [{"code": "NOT_FOUND", "path": [*at, "2", "pickupId"]}]}
    expect("an answer to each row, in order", results, [applied, no_end, nobodys, applied])


async def _elsewhere(walk: Walk) -> None:
    """Of pickups that are not its own: numbers beside its own, and ids that the caller was given.

    What is sent could not be kept of any pickup, so that nothing is written whatever the server does.
    """
    mine = await _own_numbers(walk)
    prefix, digits = walk.pickup(0).number.split("-")
    near = [f"{prefix}-{int(digits) - step}" for step in range(1, 6)]
    nobodys: Json = {"pickupNumber": f"{prefix}-1"}
    wanted = await _answers(walk, nobodys)
    expect("no pickup that is not there", wanted[0], {"data": {"pickup": None}})
    for number in near:
        if number not in mine:
            what = "the same answers as for a number that nobody has"
            expect(what, await _answers(walk, {"pickupNumber": number}), wanted)
    wanted = await _answers(walk, {"pickupId": _NOBODYS})
    for pickup_id in walk.elsewhere:
        what = "the same answers as for an id that nobody has"
        expect(what, await _answers(walk, {"pickupId": pickup_id}), wanted)


async def _own_numbers(walk: Walk) -> set[str]:
    """All pickups at the caller's own points, such as those of an earlier walk. Raises Broken for any elsewhere."""
    points = [row["id"] for row in (await walk.caller.data(documents.WHO))["locations"]]
    numbers: set[str] = set()
    after, has_next = None, True
    while has_next:
        page = await walk.caller.data(documents.QUEUE, {"first": 100, "after": after})
        if others := [row for row in page["nodes"] if row["location"]["id"] not in points]:
            raise Broken("pickups at the caller's own points only", others)
        numbers |= {row["number"] for row in page["nodes"]}
        after, has_next = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    return numbers


async def _answers(walk: Walk, named: Json) -> list[Json]:
    name, value = next(iter(named.items()))
    seen = await walk.caller.ask(documents.SEEN, {"id" if name == "pickupId" else "number": value})
    # Without its end an extension is refused of any pickup.
    given = {name: value, "kind": "EXTENDED", "idempotencyKey": f"{walk.run} {value}"}
    return [seen, await walk.caller.ask(documents.REPORT, {"input": given})]


async def _give_back(walk: Walk) -> None:
    pickup = walk.pickup(3)
    given = walk.input(pickup, "EXPIRED", reason="POINT_FAULT")
    expired = {"status": "EXPIRED", "expiredAt": str}
    await walk.report(given, "the end of its time", _DONE | {"effect": "APPLIED", "pickup": expired})
    given = walk.input(pickup, "RETURN_SENT", returnTrackingNumber="4412-9920-1181")
    returning = {"status": "RETURNING", "returnTrackingNumber": "4412-9920-1181"}
    await walk.report(given, "the way back", _DONE | {"effect": "APPLIED", "pickup": returning})


async def _told(walk: Walk) -> None:
    wanted = {0: "COLLECTED", 1: "COLLECTED", 2: "READY", 3: "RETURNING", 4: "IN_TRANSIT_TO_POINT"}
    states = {walk.pickup(place).number: status for place, status in wanted.items()}
    heard = walk.listener.last

    def is_told() -> bool:
        told = {number: heard[number]["status"] for number in states if number in heard}
        return told == states and walk.listener.cursor is not None

    await walk.listener.until(f"what has become of the test pickups: {states}, and a cursor", is_told)
    walk.cursor = walk.listener.cursor


async def _resumed(walk: Walk) -> None:
    """What happens while nobody listens is told to who comes back."""
    number = walk.pickup(4).number
    if walk.cursor is None:
        raise Broken("a cursor, which an earlier step hears", "there is none")
    await walk.report(walk.input(walk.pickup(4), "ARRIVED"), "the arrival", _DONE | {"effect": "APPLIED"})
    async with Listener(walk.caller, walk.cursor) as listener:

        def is_told() -> bool:
            return number in listener.last and listener.last[number]["status"] == "READY"

        await listener.until(f"{number}, READY, behind the cursor", is_told)
        if walk.pickup(5).number in listener.last:
            raise Broken(f"nothing of {walk.pickup(5).number}, which has not changed", listener.last)


STEPS: Final = (
    Step("without a key nothing is told", _nobody, writes=False),
    Step("the key is a partner's and opens its jobs", _who, writes=False),
    Step("the queue comes in pages", _pages, writes=False),
    Step("test pickups are made, once for each idempotency key", _create),
    Step("the queue has each of them once", _queue),
    Step("the queue with them comes in pages", _pages),
    Step("neither code nor order is shown to a partner", _hidden),
    Step("an arrival makes a pickup READY", _arrive),
    Step("a repetition is answered as the first time and happens once", _repeat),
    Step("the same key with another report is refused", _reuse),
    Step("a wrong code is refused and counted once", _wrong_code),
    Step("the right code is right", _right_code),
    Step("the goods are collected", _collect),
    Step("reports may come late and in any order", _late),
    Step("what cannot have happened is refused", _impossible),
    Step("of many reports each is kept or refused by itself", _batch),
    Step("pickups of others answer as those that do not exist", _elsewhere),
    Step("goods that nobody collects expire and go back", _give_back),
    Step("the subscription tells every change", _told),
    Step("a subscription goes on where it was lost", _resumed),
)
