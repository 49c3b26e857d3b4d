"""Pickups at lockers that go elsewhere."""

import strawberry

from app.fulfillment.actions.relocate_pickup import relocate_pickup
from app.fulfillment.graphql.mutations.forms import NEEDED_KEY, PickupPayload
from app.fulfillment.graphql.queries import location_key
from app.kit.db import WriteTx
from app.kit.errors import DomainError
from app.kit.graphql.context import Info
from app.kit.graphql.nodes import require_uuid
from app.kit.graphql.payload import Outcome, commit
from app.kit.graphql.permission import requires


@strawberry.input(description="Input of `pickupRelocate`.")
class PickupRelocateInput:
    """One pickup."""

    pickup_id: strawberry.ID = strawberry.field(description="The pickup at a locker station.")
    location_id: strawberry.ID = strawberry.field(description="Another locker station that the order's channel has.")
    idempotency_key: str = strawberry.field(description=NEEDED_KEY)


@strawberry.type(description="The answer to `pickupRelocate`.")
class PickupRelocatePayload(PickupPayload):
    """`compartmentReservation` is the one at the other station."""


@strawberry.type
class PickupLockerMutation:
    """Merged into the schema's Mutation."""

    @strawberry.mutation(
        description="A parcel for a locker that cannot take it goes to another station, where a compartment is kept "
        "for it: before its goods can be collected, or when they came back undelivered.",
        **requires("fulfillment:write"),
    )
    async def pickup_relocate(self, info: Info, input: PickupRelocateInput) -> PickupRelocatePayload:
        """The order's history tells it."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            pickup_id = require_uuid(input.pickup_id, "Pickup", "input", "pickupId")
            location_id = location_key(input.location_id) or 0
            try:
                await relocate_pickup(tx, pickup_id, location_id, actor=context.actor, now=context.now)
            except DomainError as error:
                raise error.at("input", "locationId" if error.code == "LOCKER_FULL" else "pickupId") from None
            return Outcome({"pickup_id": str(pickup_id)})

        return await commit(
            context, PickupRelocatePayload, work, operation="pickupRelocate", key=input.idempotency_key, body=input
        )
