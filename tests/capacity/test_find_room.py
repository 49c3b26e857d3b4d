"""Where else a parcel could go: the nearest stations of the group that have room."""

from app.capacity.actions.find_room import find_room
from app.kit.db import Database
from tests.capacity.builders import DAY, MEDIUM, claim, draft, make_station, wish
from tests.conftest import NOW
from tests.locations.builders import make_group


async def test_the_nearest_three_with_room_are_named(db: Database) -> None:
    async with db.write() as tx:
        here = await make_station(tx, [draft("1")], code="here", near=(35.0, 139.0))
        doors = [draft("1")]
        near = [
            await make_station(tx, doors, code=code, near=(35.0 + north, 139.0), **other)
            for code, north, other in (
                ("far", 0.5, {}),
                ("full", 0.1, {}),
                ("next", 0.2, {}),
                ("closed", 0.05, {"is_active": False}),
                ("third", 0.3, {}),
                ("fourth", 0.4, {}),
            )
        ]
        group_id = await make_group(tx, [here, *near])
        small = await make_station(tx, [draft("1", "S")], code="small", near=(35.01, 139.0))
        other_group = await make_group(tx, [here, small, near[0]])
    assert await claim(db, wish(near[1])) == []
    span = (NOW + 2 * DAY, NOW + 3 * DAY)
    async with db.read() as tx:
        found = await find_room(tx, here, MEDIUM, span, group_id=group_id)
        assert [(one["code"], one["distance_km"]) for one in found] == [
            ("next", 22.239),
            ("third", 33.359),
            ("fourth", 44.478),
        ]
        assert [
            one["code"] for one in await find_room(tx, here, MEDIUM, None, placed_at=NOW, group_id=other_group)
        ] == ["far"]
        assert [one["code"] for one in await find_room(tx, near[1], MEDIUM, (NOW + 90 * DAY, NOW + 91 * DAY))] == [
            "here",
            "next",
            "third",
        ]
        assert await find_room(tx, 0, MEDIUM, span) == []
