"""Goods leave with carriers."""

from uuid import UUID

import strawberry

from app.engine.relations import relation
from app.fulfillment.actions.create_shipment import create_shipment
from app.fulfillment.graphql.batches import fulfillments_by_id, shipments_by_id
from app.fulfillment.graphql.mutations.forms import NEEDED_KEY
from app.fulfillment.graphql.types import Fulfillment, Shipment
from app.fulfillment.model.packages import PackageDraft, TemperatureClass
from app.kit.db import WriteTx
from app.kit.errors import DomainError, InvalidInput, NotFound
from app.kit.graphql.context import Info
from app.kit.graphql.nodes import require_uuid
from app.kit.graphql.payload import Outcome, Payload, commit
from app.kit.graphql.permission import requires


@strawberry.input(description="One parcel of a shipment.")
class PackageInput:
    """As it leaves."""

    carrier: str = strawberry.field(description="The carrier, such as `yamato`; 1 to 60 characters.")
    tracking_number: str = strawberry.field(description="The carrier's number; 1 to 60 characters.")
    service: str | None = strawberry.field(
        default=None, description="The carrier's product, in its own words; up to 60 characters."
    )
    length_mm: int | None = strawberry.field(default=None, description="The first side in mm; all three or none.")
    width_mm: int | None = strawberry.field(default=None, description="The second side in mm.")
    height_mm: int | None = strawberry.field(default=None, description="The third side in mm.")
    weight_g: int | None = strawberry.field(default=None, description="Weight in g.")
    temperature: TemperatureClass = strawberry.field(
        default=TemperatureClass.NORMAL, description="How cold it is kept."
    )


@strawberry.input(description="Input of `shipmentCreate`. Name the parcels, or the carrier and number of a single one.")
class ShipmentCreateInput:
    """The parcels of one fulfillment."""

    fulfillment_id: strawberry.ID = strawberry.field(description="The SHIP fulfillment that leaves.")
    carrier: str | None = strawberry.field(
        default=None, description="Of a single parcel: the carrier, such as `yamato`; 1 to 60 characters."
    )
    tracking_number: str | None = strawberry.field(
        default=None, description="Of a single parcel: the carrier's number; 1 to 60 characters."
    )
    packages: list[PackageInput] | None = strawberry.field(default=None, description="1 to 50 parcels.")
    idempotency_key: str = strawberry.field(description=NEEDED_KEY)


@strawberry.type(description="The answer to `shipmentCreate`.")
class ShipmentCreatePayload(Payload):
    """Read after the commit."""

    shipment_id: strawberry.Private[str | None] = None
    fulfillment_id: strawberry.Private[str | None] = None
    shipment = relation(
        Shipment,
        shipments_by_id,
        key=lambda payload: payload.shipment_id and UUID(payload.shipment_id),
        description="The shipment with its parcels.",
    )
    fulfillment = relation(
        Fulfillment,
        fulfillments_by_id,
        key=lambda payload: payload.fulfillment_id and UUID(payload.fulfillment_id),
        description="The fulfillment, SHIPPED.",
    )


@strawberry.type
class ShipmentMutation:
    """Merged into the schema's Mutation."""

    @strawberry.mutation(
        description="Goods leave with a carrier, in one parcel or in several: their units leave stock. Each "
        "fulfillment is shipped once.",
        **requires("fulfillment:write"),
    )
    async def shipment_create(self, info: Info, input: ShipmentCreateInput) -> ShipmentCreatePayload:
        """The fulfillment's work is done with it."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            fulfillment_id = require_uuid(input.fulfillment_id, "Fulfillment", "input", "fulfillmentId")
            drafts = _drafts(input)
            try:
                shipment_id = await create_shipment(tx, fulfillment_id, drafts, actor=context.actor, now=context.now)
            except NotFound as error:
                raise error.at("input", "fulfillmentId") from None
            except DomainError as error:
                if input.packages is None and error.path[:3] == ["input", "packages", "0"]:
                    error.path = ["input", *error.path[3:]]
                raise
            return Outcome({"shipment_id": str(shipment_id), "fulfillment_id": str(fulfillment_id)})

        key = input.idempotency_key
        return await commit(context, ShipmentCreatePayload, work, operation="shipmentCreate", key=key, body=input)


def _drafts(given: ShipmentCreateInput) -> list[PackageDraft]:
    """The parcels. Raises InvalidInput unless they are named in one of the two ways."""
    single = given.carrier is not None or given.tracking_number is not None
    if single == (given.packages is not None):
        message = "Name the parcels, or the carrier and tracking number of a single one."
        raise InvalidInput(message, path=["input", "packages"])
    if given.packages is None:
        return [PackageDraft(given.carrier or "", given.tracking_number or "")]
    return [
        PackageDraft(
            row.carrier,
            row.tracking_number,
            row.service,
            row.length_mm,
            row.width_mm,
            row.height_mm,
            row.weight_g,
            row.temperature,
        )
        for row in given.packages
    ]
