"""The live stream of work: what is to be done at a location, then every step, whatever statement takes it."""

from typing import Any
from uuid import UUID

import pytest

from app.checkout.actions.follow_moves import ORDERS_ELSEWHERE
from app.exceptions.graphql.subscriptions import CasesLive
from app.fulfillment.actions.acknowledge_works import acknowledge_works
from app.fulfillment.actions.assign_works import assign_works
from app.fulfillment.actions.hold_works import hold_works
from app.fulfillment.actions.move_work import move_work
from app.fulfillment.graphql.work.subscriptions import _TOLD, WorkLive
from app.kit.db import Database
from app.kit.ids import global_id
from app.kit.permissions import Actor, ActorKind
from tests.conftest import NOW, Execute
from tests.fulfillment.builders import STAFF, home, planned_order, store_pickup
from tests.fulfillment.views import ship_all, work_rows
from tests.fulfillment.watchers import WORK, Board, cancel
from tests.fulfillment.work import work_id_of
from tests.inventory.listeners import running_server


def staff(*location_ids: int) -> Actor:
    limit = frozenset(location_ids) or None
    return Actor(
        kind=ActorKind.STAFF, reference="key:board", scopes=frozenset({"fulfillment:read"}), location_ids=limit
    )


def at(*location_ids: int) -> dict[str, Any]:
    return {"locationIds": [global_id("Location", one) for one in location_ids]}


async def facts(db: Database, topic: str) -> list[tuple[str, dict[str, Any]]]:
    async with db.read() as tx:
        rows = await tx.connection.fetch("SELECT key, payload FROM outbox WHERE topic = $1 ORDER BY xid, id", topic)
    return [(row["key"], row["payload"]) for row in rows]


async def test_what_is_to_be_done_and_then_each_step(db: Database) -> None:
    _, order_id = await planned_order(db, home)
    pick = await work_id_of(db, "PICK")
    async with running_server(db) as server:
        board = Board(staff())
        await board.connect(server)
        assert await board.told(server, 2) == [("PICK", "OPEN"), ("SHIP", "WAITING")]
        async with db.write() as tx:
            await assign_works(tx, [pick], "Sato", actor=STAFF, now=NOW)
        assert await board.told(server, 1) == [("PICK", "OPEN")]
        async with db.write() as tx:
            await acknowledge_works(tx, [pick], None, actor=STAFF, now=NOW)
        assert await board.told(server, 1) == [("PICK", "IN_PROGRESS")]
        async with db.write() as tx:
            await hold_works(tx, [pick], "wait", actor=STAFF, now=NOW)
        assert await board.told(server, 1) == [("PICK", "ON_HOLD")]
        await cancel(db, order_id)
        assert sorted(await board.told(server, 2)) == [("PICK", "CANCELED"), ("SHIP", "CANCELED")]
        board.disconnect()


async def test_new_work_is_told_of_where_it_is(db: Database) -> None:
    shop, order_id = await planned_order(db, home)
    watched = {
        "all": (staff(), {}),
        "warehouse": (staff(), at(shop.warehouse)),
        "other store": (staff(), at(shop.other_store, shop.store)),
        "key of the store": (staff(shop.other_store), {}),
        "key of the store asks for more": (staff(shop.other_store), at(shop.warehouse, shop.other_store)),
        "picks": (staff(), {"kinds": ["PICK"]}),
    }
    async with running_server(db) as server:
        boards = {name: Board(actor, **given) for name, (actor, given) in watched.items()}
        begun: dict[str, Any] = {}
        for name, board in boards.items():
            await board.connect(server)
            begun[name] = await board.told(server, {"all": 2, "warehouse": 2, "picks": 1}.get(name, 0))
        planned = [("PICK", "OPEN"), ("SHIP", "WAITING")]
        gone = [("PICK", "CANCELED"), ("SHIP", "CANCELED")]
        assert begun == {**{name: [] for name in boards}, "all": planned, "warehouse": planned, "picks": planned[:1]}
        pick = await work_id_of(db, "PICK")
        async with db.write() as tx:
            await move_work(tx, pick, shop.other_store, elsewhere=ORDERS_ELSEWHERE, actor=STAFF, now=NOW)
        counts = {"all": 4, "warehouse": 2, "picks": 2}
        heard = {name: sorted(await board.told(server, counts.get(name, 2))) for name, board in boards.items()}
        assert heard == {
            **dict.fromkeys(boards, planned), "all": sorted(planned + gone), "warehouse": gone,
            "picks": [("PICK", "CANCELED"), ("PICK", "OPEN")],
        }  # fmt: skip
        for board in boards.values():
            board.disconnect()
    assert order_id


async def test_who_comes_back_is_told_what_was_missed_and_with_other_arguments_all(db: Database) -> None:
    shop, order_id = await planned_order(db, home, store_pickup)
    async with running_server(db) as server:
        board = Board(staff(), **at(shop.warehouse))
        await board.connect(server)
        assert len(await board.told(server, 2)) == 2
        board.disconnect()
        await ship_all(db, order_id)
        await board.connect(server)
        assert sorted(await board.told(server, 2)) == [("PICK", "DONE"), ("SHIP", "DONE")]
        board.disconnect()
        await board.connect(server)
        await server.idle()
        assert await board.told(server, 0) == []
        board.disconnect()
        other = Board(staff(), **at(shop.store))
        other.cursor = board.cursor
        await other.connect(server)
        assert [kind for kind, _ in await other.told(server, 1)] == ["PREPARE_PICKUP"]
        other.disconnect()


async def test_each_version_is_a_fact_in_order(db: Database) -> None:
    _, order_id = await planned_order(db, home)
    pick = await work_id_of(db, "PICK")
    async with db.write() as tx:
        await assign_works(tx, [pick], "Sato", actor=STAFF, now=NOW)
    await ship_all(db, order_id)
    told = await facts(db, "work_changed")
    [row] = [row for row in await work_rows(db) if row["id"] == pick]
    mine = [payload for key, payload in told if UUID(key) == pick]
    assert [(one["version"], one["change"], one["status"], one["assignee"]) for one in mine] == [
        (1, "RAISED", "OPEN", None),
        (2, "CHANGED", "OPEN", "Sato"),
        (3, "CHANGED", "DONE", "Sato"),
    ]
    assert row["version"] == 3
    assert mine[-1] == {
        "work_id": str(pick), "change": "CHANGED", "kind": "PICK", "status": "DONE", "assignee": "Sato",
        "location_id": row["location_id"], "order_id": str(order_id), "due_at": row["due_at"].isoformat(),
        "version": 3,
    }  # fmt: skip
    assert {UUID(key): payload["version"] for key, payload in told} == {
        row["id"]: row["version"] for row in await work_rows(db)
    }


async def test_listeners_hear_at_once_of_what_no_action_publishes(db: Database) -> None:
    await planned_order(db, home)
    pick = await work_id_of(db, "PICK")
    woken: list[bool] = []
    db.after_publish = lambda: woken.append(True)
    try:
        async with db.write() as tx:
            await assign_works(tx, [pick], "Sato", actor=STAFF, now=NOW)
    finally:
        db.after_publish = None
    assert woken == [True]


@pytest.mark.parametrize(
    ("given", "path"),
    [
        ({"locationIds": []}, "locationIds"),
        ({"locationIds": ["nonsense"]}, "locationIds"),
        ({"locationIds": [global_id("Location", 1)] * 101}, "locationIds"),
        ({"maxRate": 0}, "maxRate"),
        ({"after": "x"}, "after"),
    ],
)
async def test_arguments_that_cannot_be(execute: Execute, given: dict[str, Any], path: str) -> None:
    result = await first_of(execute, given, staff())
    assert path in str([error.extensions for error in result.errors])


@pytest.mark.parametrize("scope", [None, "partner:jobs", "stock:read"])
async def test_nobody_listens_without_a_scope(execute: Execute, scope: str | None) -> None:
    actor = Actor(kind=ActorKind.STAFF, reference="key:s", scopes=frozenset({scope} if scope else ()))
    result = await first_of(execute, {}, actor)
    assert "fulfillment:read" in str(result.errors)


async def first_of(execute: Execute, given: dict[str, Any], actor: Actor) -> Any:
    from app.api.schema import schema  # noqa: PLC0415  # only tests that use it need the whole roof

    result: Any = await schema.subscribe(WORK, variable_values=given, context_value=execute.context(actor=actor))
    return result if hasattr(result, "errors") else await anext(result)


@pytest.mark.parametrize("stream", [WorkLive, CasesLive])
async def test_nothing_is_read_anew_for_facts_of_other_places_and_kinds(execute: Execute, stream: Any) -> None:
    def hears(places: list[int] | None, kinds: list[str] | None) -> bool:
        live = stream(execute.context(), _TOLD, {"places": places, "kinds": kinds}, after=None, max_rate=None)
        return live.concerns({"location_id": 7, "kind": "PICK"})

    assert [hears(None, None), hears([6, 7], ["PICK"]), hears([6], None), hears(None, ["SHIP"]), hears([], None)] == [
        True, True, False, False, False,
    ]  # fmt: skip
