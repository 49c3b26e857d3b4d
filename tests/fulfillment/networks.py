"""Points of carriers that give out their own codes, and what they report."""

from typing import Any, Final
from uuid import UUID

from app.fulfillment.model.carrier_codes import seal_number
from app.fulfillment.model.reports import ReportKind
from app.kit.db import Database
from app.kit.permissions import Actor
from app.locations.actions.save_network import save_network
from app.locations.model.networks import CodeIssuer, CountsFrom, NetworkDraft, SlipCheck
from tests.conftest import CONFIG
from tests.fulfillment.builders import STAFF, Shop, konbini_pickup, planned_order
from tests.fulfillment.views import pickup_of, report, ship_all

# 12345678901 leaves 3 when it is divided by 7.
SLIP: Final = "123456789013"
OTHER_SLIP: Final = "222233334444"
NUMBER: Final = "7700123"
OTHER_NUMBER: Final = "0012345"
NETWORK: Final = NetworkDraft(
    "CVS",
    {"ja": "コンビニ受取"},
    4,
    CountsFrom.NEXT_DAY,
    code_issuer=CodeIssuer.CARRIER,
    slip_digits=12,
    slip_check=SlipCheck.MOD_7,
    authentication_digits=7,
)


async def join(db: Database, shop: Shop, network: NetworkDraft = NETWORK) -> None:
    """The partner's point belongs to the network from now on."""
    async with db.write() as tx:
        await save_network(tx, network, joining=[shop.konbini])


async def at_carriers_point(db: Database, network: NetworkDraft = NETWORK) -> tuple[Shop, UUID, UUID]:
    """A shop, an order and its pickup, whose parcel is on its way to a point of the network."""
    shop, order_id = await planned_order(db, konbini_pickup)
    await join(db, shop, network)
    await ship_all(db, order_id)
    return shop, order_id, (await pickup_of(db, order_id)).id


async def tell(
    db: Database,
    pickup_id: UUID,
    kind: ReportKind = ReportKind.CODE_TOLD,
    *,
    slip: str | None = None,
    number: str | None = None,
    actor: Actor = STAFF,
    **facts: Any,
) -> Any:
    """Report a carrier's numbers."""
    sealed = None if number is None else seal_number(number, CONFIG.secret_keys)
    return await report(
        db, pickup_id, kind, actor=actor, number=number, slip_number=slip, sealed_number=sealed, **facts
    )
