"""What people and locker companies say of compartments."""

from typing import Final

import strawberry

from app.capacity.actions.save_compartments import CompartmentDraft, save_compartments
from app.capacity.actions.set_fault import set_fault
from app.capacity.graphql.forms import (
    LockerCompartmentInput,
    LockerCompartmentsSaveInput,
    LockerCompartmentsSavePayload,
    LockerFaultSetInput,
    LockerFaultSetPayload,
)
from app.capacity.graphql.queries import station_key
from app.capacity.model.parcels import Box
from app.kit.db import WriteTx
from app.kit.errors import InvalidInput
from app.kit.graphql.context import Info
from app.kit.graphql.inputs import check_rows, text_of
from app.kit.graphql.payload import Outcome, commit
from app.kit.graphql.permission import requires

MAX_CODE: Final = 64
MAX_SIDE_MM: Final = 10_000
MAX_LEAD_DAYS: Final = 60


@strawberry.type
class LockerMutation:
    """Merged into the schema's Mutation."""

    @strawberry.mutation(
        description="Say which compartments a locker station has. From the first one on orders get into the station "
        "only with a compartment that is free for them.",
        **requires("locations:write"),
    )
    async def locker_compartments_save(
        self, info: Info, input: LockerCompartmentsSaveInput
    ) -> LockerCompartmentsSavePayload:
        """Each row replaces what was known under its code."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            check_rows(input.compartments, "input", "compartments", least=1)
            if input.lead_days is not None and not 0 <= input.lead_days <= MAX_LEAD_DAYS:
                raise InvalidInput("0 to 60 days.", path=["input", "leadDays"])
            location_id = await station_key(tx, context.actor, input.location_id, "input", "locationId")
            drafts = [
                _draft(one, "input", "compartments", str(number)) for number, one in enumerate(input.compartments)
            ]
            ids = await save_compartments(tx, location_id, drafts, lead_days=input.lead_days, now=context.now)
            return Outcome({"compartment_ids": ids})

        return await commit(
            context,
            LockerCompartmentsSavePayload,
            work,
            operation="lockerCompartmentsSave",
            key=input.idempotency_key,
            body=input,
        )

    @strawberry.mutation(
        description="Say that a compartment does not work, or that it works again. One that does not work takes "
        "nothing; what was planned for it is planned anew.",
        **requires("fulfillment:write", "partner:jobs"),
    )
    async def locker_fault_set(self, info: Info, input: LockerFaultSetInput) -> LockerFaultSetPayload:
        """By who works there."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            location_id = await station_key(tx, context.actor, input.location_id, "input", "locationId")
            fault = None if input.fault is None else text_of(input.fault, "input", "fault", shortest=1)
            code = text_of(input.code, "input", "code", longest=MAX_CODE, shortest=1)
            compartment_id = await set_fault(tx, location_id, code, fault, now=context.now)
            return Outcome({"compartment_ids": [compartment_id]})

        return await commit(
            context, LockerFaultSetPayload, work, operation="lockerFaultSet", key=input.idempotency_key, body=input
        )


def _draft(given: LockerCompartmentInput, *path: str) -> CompartmentDraft:
    sides = {"lengthMm": given.length_mm, "widthMm": given.width_mm, "heightMm": given.height_mm}
    for name, side in sides.items():
        if not 1 <= side <= MAX_SIDE_MM:
            raise InvalidInput("A side has 1 to 10,000 millimeters.", path=[*path, name])
    return CompartmentDraft(
        text_of(given.code, *path, "code", longest=MAX_CODE, shortest=1),
        given.size,
        given.temperature,
        Box.of(*sides.values()),
        is_active=given.is_active,
    )
