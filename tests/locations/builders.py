"""Places for tests: valid and dull unless the test says otherwise."""

from collections.abc import Iterable, Mapping
from itertools import count
from typing import Any, Final
from uuid import UUID

from sqlalchemy import bindparam, func, insert, select
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.types import Integer

from app.kit.db import WriteTx
from app.kit.statement import Statement
from app.locations.tables import location_group_members, location_groups, locations

_numbers = count(1)

# kind -> holds_stock, ships_orders, hands_over
_ABILITIES: Final = {
    "EC_WAREHOUSE": (True, True, False),
    "STORE": (True, True, True),
    "CONVENIENCE_STORE": (False, False, True),
    "LOCKER_STATION": (False, False, True),
    "CARRIER_OFFICE": (False, False, True),
}
_COLUMNS: Final = (
    "code", "kind", "names", "partner_id", "prefecture", "postal_code", "address", "latitude", "longitude",
    "hours", "timezone", "holds_stock", "ships_orders", "hands_over", "hold_days", "is_active",
)  # fmt: skip
_LOCATION: Final = Statement(
    insert(locations)
    .values({name: bindparam(name, type_=locations.c[name].type) for name in _COLUMNS})
    .returning(locations.c.id)
)
_GROUP: Final = Statement(
    insert(location_groups)
    .values(code=bindparam("code"), names=bindparam("names", type_=location_groups.c.names.type))
    .returning(location_groups.c.id)
)
_GROUP_MEMBERS: Final = Statement(
    insert(location_group_members).from_select(
        ["group_id", "location_id"],
        select(bindparam("group_id", type_=Integer), func.unnest(bindparam("location_ids", type_=ARRAY(Integer)))),
    )
)


async def make_location(
    tx: WriteTx,
    *,
    code: str | None = None,
    kind: str = "STORE",
    near: tuple[float, float] | None = None,
    names: Mapping[str, str] | None = None,
    partner_id: UUID | None = None,
    prefecture: int | None = 13,
    postal_code: str | None = None,
    address: str = "",
    hours: Mapping[str, Any] | None = None,
    timezone: str = "Asia/Tokyo",
    holds_stock: bool | None = None,
    ships_orders: bool | None = None,
    hands_over: bool | None = None,
    hold_days: int = 7,
    is_active: bool = True,
) -> int:
    """A location; returns its id. near: (latitude, longitude). Its kind says what it can do, unless given."""
    code = code or f"L{next(_numbers):04d}"
    holds, ships, hands = _ABILITIES[kind]
    return await tx.fetchval(
        _LOCATION,
        code=code,
        kind=kind,
        names=dict(names or {"ja": f"{code}店", "en": f"Store {code}"}),
        partner_id=partner_id,
        prefecture=prefecture,
        postal_code=postal_code,
        address=address,
        latitude=near[0] if near else None,
        longitude=near[1] if near else None,
        hours=dict(hours or {}),
        timezone=timezone,
        holds_stock=holds if holds_stock is None else holds_stock,
        ships_orders=ships if ships_orders is None else ships_orders,
        hands_over=hands if hands_over is None else hands_over,
        hold_days=hold_days,
        is_active=is_active,
    )


async def make_group(tx: WriteTx, location_ids: Iterable[int] = (), *, code: str | None = None) -> int:
    """A group of these locations; returns its id."""
    code = code or f"group-{next(_numbers)}"
    group_id: int = await tx.fetchval(_GROUP, code=code, names={"ja": code, "en": code})
    await tx.execute(_GROUP_MEMBERS, group_id=group_id, location_ids=list(location_ids))
    return group_id
