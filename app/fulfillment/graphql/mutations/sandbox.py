"""What developers of partners try the API with."""

from typing import Any
from uuid import UUID

import strawberry

from app.fulfillment.actions.create_sandbox_pickup import create_sandbox_pickup
from app.fulfillment.graphql.mutations.forms import PickupPayload
from app.fulfillment.model.codes import pickup_code
from app.kit.db import WriteTx
from app.kit.errors import DomainError
from app.kit.graphql.context import Info
from app.kit.graphql.inputs import idempotency_key
from app.kit.graphql.payload import Outcome, commit
from app.kit.graphql.permission import requires


@strawberry.input(description="Input of `sandboxPickupCreate`.")
class SandboxPickupCreateInput:
    """One test pickup."""

    point: int = strawberry.field(
        default=1, description="Which of your test points it is for, 1 to 5; points are made as they are needed."
    )
    idempotency_key: str | None = idempotency_key()


@strawberry.type(description="The answer to `sandboxPickupCreate`.")
class SandboxPickupCreatePayload(PickupPayload):
    """The code is made when it is asked for: no stored answer holds it."""

    @strawberry.field(
        description="What its buyer would say, to try `pickupCodeVerify` with; null when it was refused. Of real "
        "pickups only the buyer gets to see it."
    )
    def code(self: Any, info: Info) -> str | None:
        """The first one of the pickup."""
        if self.pickup_id is None:
            return None
        return pickup_code(info.context.config.secret_key, UUID(self.pickup_id), 1)


@strawberry.type
class SandboxMutation:
    """Merged into the schema's Mutation."""

    @strawberry.mutation(
        description="For keys of sandbox partners only: a test pickup at one of your test points, its parcel under "
        "way. You do with it what you do with real ones, and hear of it as you do of those. Nobody else does; it is "
        "no sale and moves no stock. It is deleted after 30 days; there can be 1,000 of them.",
        **requires("partner:jobs"),
    )
    async def sandbox_pickup_create(self, info: Info, input: SandboxPickupCreateInput) -> SandboxPickupCreatePayload:
        """As if a buyer had ordered and a warehouse had shipped."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            try:
                pickup_id = await create_sandbox_pickup(tx, actor=context.actor, point=input.point, now=context.now)
            except DomainError as error:
                raise error.at("input") from None
            return Outcome({"pickup_id": str(pickup_id)})

        operation = "sandboxPickupCreate"
        return await commit(
            context, SandboxPickupCreatePayload, work, operation=operation, key=input.idempotency_key, body=input
        )
