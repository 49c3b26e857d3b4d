"""What the shop's own people do with locations and groups of them."""

import strawberry

from app.kit.db import WriteTx
from app.kit.errors import DomainError, NotFound
from app.kit.graphql.context import Info
from app.kit.graphql.inputs import check_rows, point_at, texts_of
from app.kit.graphql.payload import Outcome, commit
from app.kit.graphql.permission import requires
from app.locations.actions.save_location_group import save_location_group
from app.locations.actions.save_locations import save_locations
from app.locations.graphql.mutations.drafts import (
    check_lists,
    ids_of_codes,
    location_drafts,
    refuse_beyond,
    refuse_limited,
)
from app.locations.graphql.mutations.forms import (
    LocationGroupSaveInput,
    LocationGroupSavePayload,
    LocationsSaveInput,
    LocationsSavePayload,
)


@strawberry.type
class LocationsMutation:
    """Merged into the schema's Mutation."""

    @strawberry.mutation(
        description="Add locations, or change those whose code is stored already. A key that is limited to locations "
        "changes these only. A new location sells nothing before it is in the group of a channel.",
        **requires("locations:write"),
    )
    async def locations_save(self, info: Info, input: LocationsSaveInput) -> LocationsSavePayload:
        """Each row replaces what was known under its code."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            check_rows(input.locations, "input", "locations", least=1)
            await refuse_beyond(tx, context.actor, input.locations, "input", "locations")
            drafts = await location_drafts(tx, input.locations, "input", "locations")
            try:
                ids = await save_locations(tx, drafts)
            except DomainError as error:
                places = {one.code[:64]: ("locations", str(index)) for index, one in enumerate(input.locations)}
                raise point_at(error, places, "location_code") from None
            return Outcome({"location_ids": [ids[draft.code] for draft in drafts]})

        return await commit(
            context, LocationsSavePayload, work, operation="locationsSave", key=input.idempotency_key, body=input
        )

    @strawberry.mutation(
        description="Make a group of locations, or change the one with this code: what a channel sells from.",
        **requires("locations:write"),
    )
    async def location_group_save(self, info: Info, input: LocationGroupSaveInput) -> LocationGroupSavePayload:
        """Groups of more than 100 locations are put together by several calls with `add`."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            refuse_limited(context.actor, "groups of locations")
            check_lists(input.locations, input.add, input.remove)
            whole = input.locations
            name, codes = ("locations", whole) if whole is not None else ("add", input.add or [])
            try:
                group_id = await save_location_group(
                    tx,
                    code=input.code,
                    names=texts_of(input.names, "input", "names"),
                    location_ids=await ids_of_codes(tx, codes, "input", name),
                    keep_others=whole is None,
                    without_ids=await ids_of_codes(tx, input.remove or [], "input", "remove"),
                )
            except DomainError as error:
                raise error.at("input", name if isinstance(error, NotFound) else "code") from None
            return Outcome({"group_id": group_id})

        return await commit(
            context,
            LocationGroupSavePayload,
            work,
            operation="locationGroupSave",
            key=input.idempotency_key,
            body=input,
        )
