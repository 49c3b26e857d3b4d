"""Networks of points in the schema."""

from typing import Any, Final

import strawberry

from app.engine.relations import Entity, relation
from app.kit.db import WriteTx
from app.kit.errors import InvalidInput
from app.kit.graphql.context import Info
from app.kit.graphql.enums import describe_enum
from app.kit.graphql.inputs import LocalizedTextInput, check_rows, idempotency_key, texts_of
from app.kit.graphql.payload import Outcome, Payload, commit
from app.kit.graphql.permission import requires
from app.kit.graphql.types import localized
from app.kit.temperature import Temperature
from app.locations.actions.save_network import save_network
from app.locations.errors import InvalidNetwork
from app.locations.graphql.batches import networks_by_code
from app.locations.graphql.mutations.drafts import ids_of_codes, refuse_limited
from app.locations.model.networks import CodeIssuer, CountsFrom, DayEnds, NetworkDraft, SlipCheck
from app.locations.sql import networks

describe_enum(
    CountsFrom,
    "Which day is the first one of those for which goods are kept.",
    {
        CountsFrom.ARRIVAL_DAY: "The day of arrival.",
        CountsFrom.NEXT_DAY: "The day after it.",
    },
)
describe_enum(
    DayEnds,
    "When the last day of those is over for which goods are kept.",
    {
        DayEnds.MIDNIGHT: "At midnight, by the clocks at the point.",
        DayEnds.CLOSING_TIME: "When the point closes on that day, or has closed the last time before, by its hours.",
    },
)
describe_enum(
    CodeIssuer,
    "Who makes what buyers show at a point.",
    {
        CodeIssuer.SHOP: "The shop: its pickup code.",
        CodeIssuer.CARRIER: "The carrier: its slip number and authentication number, which it tells by "
        "`pickupReport`. Goods can be collected once these are known, or the point has reported READY.",
    },
)
describe_enum(
    SlipCheck,
    "How a carrier's slip number shows that it was read right.",
    {
        SlipCheck.NONE: "Not at all.",
        SlipCheck.MOD_7: "Its last digit is what is left of the number before it, divided by 7.",
    },
)
_ARGUMENTS: Final = {
    "hold_days": "holdDays",
    "reminder_hours": "reminderHours",
    "grace_hours": "graceHours",
    "extension_days": "extensionDays",
    "slip_digits": "slipDigits",
    "slip_check": "slipCheck",
    "authentication_digits": "authenticationDigits",
}


@strawberry.type(description="Points of one carrier or chain, with their rules.")
class PickupNetwork(Entity):
    """A row of `pickup_networks`, known by its code."""

    code: str = strawberry.field(description="The shop's short name for it; unique.")
    name = localized("names", description="Its name.")
    hold_days: int = strawberry.field(description="For how many days goods are kept, whole days of the calendar.")
    counts_from: CountsFrom = strawberry.field(description="Which day is the first of them.")
    day_ends: DayEnds = strawberry.field(description="When the last of them is over.")
    temperatures: list[Temperature] = strawberry.field(
        description="How cold goods can wait at its points. A locker station whose compartments are told takes what "
        "these take instead."
    )
    reminder_hours: int = strawberry.field(description="How many hours before the end buyers are reminded.")
    grace_hours: int = strawberry.field(description="How many hours after the end somebody asks a silent point.")
    extension_days: int = strawberry.field(description="By how many days buyers can move the end, once; 0: not at all.")
    code_issuer: CodeIssuer = strawberry.field(description="Who makes what buyers show.")
    slip_digits: int | None = strawberry.field(
        description="How many digits the carrier's slip numbers have; null: any number of them."
    )
    slip_check: SlipCheck = strawberry.field(description="What is checked of slip numbers.")
    authentication_digits: int | None = strawberry.field(
        description="How many digits the carrier's authentication numbers have; null: any number of them; 0: there are "
        "none, and goods can be collected with the slip number as soon as they are there."
    )


@strawberry.input(description="Input of `pickupNetworkSave`: the network as it shall be.")
class PickupNetworkSaveInput:
    """A network, under its code."""

    code: str = strawberry.field(description="Its code, 1 to 64 characters; a stored network with it is changed.")
    names: list[LocalizedTextInput] = strawberry.field(description="Its name; at least one language.")
    hold_days: int = strawberry.field(description="For how many days goods are kept, 1 to 60.")
    counts_from: CountsFrom = strawberry.field(
        default=CountsFrom.ARRIVAL_DAY, description="Which day is the first of them."
    )
    day_ends: DayEnds = strawberry.field(default=DayEnds.MIDNIGHT, description="When the last of them is over.")
    temperatures: list[Temperature] = strawberry.field(
        default_factory=lambda: [Temperature.AMBIENT],
        description="How cold goods can wait at its points; at least one class.",
    )
    reminder_hours: int = strawberry.field(
        default=24, description="How many hours before the end buyers are reminded, 1 to 240."
    )
    grace_hours: int = strawberry.field(
        default=24, description="How many hours after the end nothing happens, 0 to 240."
    )
    extension_days: int = strawberry.field(
        default=0, description="By how many days buyers can move the end, once, 0 to 30."
    )
    code_issuer: CodeIssuer = strawberry.field(default=CodeIssuer.SHOP, description="Who makes what buyers show.")
    slip_digits: int | None = strawberry.field(
        default=None,
        description="Of a carrier that issues codes: how many digits its slip numbers have, 4 to 20; null: any.",
    )
    slip_check: SlipCheck = strawberry.field(
        default=SlipCheck.NONE, description="Of a carrier that issues codes: what is checked of its slip numbers."
    )
    authentication_digits: int | None = strawberry.field(
        default=None,
        description="Of a carrier that issues codes: how many digits its authentication numbers have, 1 to 12; "
        "null: any; 0: there are none, the slip number is enough.",
    )
    add_locations: list[str] = strawberry.field(
        default_factory=list[str], description="Codes of locations that join it, at most 100."
    )
    remove_locations: list[str] = strawberry.field(
        default_factory=list[str], description="Codes of locations that leave it for none, at most 100."
    )
    idempotency_key: str | None = idempotency_key()


@strawberry.type(description="The answer to `pickupNetworkSave`.")
class PickupNetworkSavePayload(Payload):
    """Read after the commit."""

    code: strawberry.Private[str | None] = None
    pickup_network = relation(
        PickupNetwork,
        networks_by_code,
        key=lambda payload: payload.code,
        description="The network as it is now; null when it was refused.",
    )


@strawberry.type
class NetworksQuery:
    """Merged into the schema's Query."""

    @strawberry.field(
        graphql_type=list[PickupNetwork],
        description="All networks of points, in order of their codes, at most 200.",
        **requires("locations:write", "fulfillment:read"),
    )
    async def pickup_networks(self, info: Info) -> Any:
        """There are a dozen."""
        return await info.context.fetch(networks.NETWORKS)


@strawberry.type
class NetworksMutation:
    """Merged into the schema's Mutation."""

    @strawberry.mutation(
        description="Add a network of points, or change the one with this code. Goods that wait at its points already "
        "are kept as they were told.",
        **requires("locations:write"),
    )
    async def pickup_network_save(self, info: Info, input: PickupNetworkSaveInput) -> PickupNetworkSavePayload:
        """Replaces what was known under the code."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            refuse_limited(context.actor, "networks")
            await _save(tx, input)
            return Outcome({"code": input.code})

        key = input.idempotency_key
        return await commit(context, PickupNetworkSavePayload, work, operation="pickupNetworkSave", key=key, body=input)


async def _save(tx: WriteTx, given: PickupNetworkSaveInput) -> None:
    both = set(given.add_locations) & set(given.remove_locations)
    if both:
        raise InvalidInput("A location joins or leaves.", path=["input", "removeLocations"])
    places: dict[str, list[int]] = {}
    for name, codes in (("addLocations", given.add_locations), ("removeLocations", given.remove_locations)):
        check_rows(codes, "input", name)
        places[name] = list(await ids_of_codes(tx, codes, "input", name)) if codes else []
    draft = NetworkDraft(
        given.code,
        texts_of(given.names, "input", "names"),
        given.hold_days,
        given.counts_from,
        given.reminder_hours,
        given.grace_hours,
        given.extension_days,
        given.code_issuer,
        given.slip_digits,
        given.slip_check,
        given.authentication_digits,
        given.day_ends,
        given.temperatures,
    )
    try:
        await save_network(tx, draft, joining=places["addLocations"], leaving=places["removeLocations"])
    except InvalidNetwork as error:
        argument: str = error.facts["argument"]
        raise error.at("input", _ARGUMENTS.get(argument, argument)) from None
