"""Numbers of labels, as carriers' software gives them back."""

import strawberry

from app.fulfillment.model.packages import MAX_TEXT
from app.integrations.actions.import_tracking import TrackingOutcome, TrackingResult, import_tracking
from app.integrations.errors import RowRefused
from app.integrations.model.tracking_rows import NumberRow, number_row
from app.kit.errors import DomainError, InvalidInput
from app.kit.graphql.context import Info
from app.kit.graphql.enums import describe_enum
from app.kit.graphql.errors import to_user_error
from app.kit.graphql.inputs import check_rows
from app.kit.graphql.payload import Payload
from app.kit.graphql.permission import requires
from app.kit.text import is_storable

describe_enum(
    TrackingOutcome,
    "What came of a row with a tracking number.",
    {
        TrackingOutcome.SHIPPED: "The fulfillment has left with this number.",
        TrackingOutcome.ALREADY: "It had left with this number before.",
        TrackingOutcome.REFUSED: "Nothing: `userErrors` says why.",
    },
)


@strawberry.input(description="A label that was printed.")
class TrackingRowInput:
    """A row of a carrier's file."""

    reference: str = strawberry.field(
        description="`reference` of the fulfillment. Rows with the same one are the parcels of one shipment."
    )
    tracking_number: str = strawberry.field(description="The carrier's number.")


@strawberry.input(description="Input of `trackingImport`.")
class TrackingImportInput:
    """Up to 100 rows."""

    carrier: str = strawberry.field(description="The carrier, such as `yamato`.")
    rows: list[TrackingRowInput] = strawberry.field(description="1 to 100 labels.")


@strawberry.type(description="What came of a row of `trackingImport`.")
class TrackingImportResult(Payload):
    """A payload a row."""

    outcome: TrackingOutcome = strawberry.field(default=TrackingOutcome.REFUSED, description="What came of the row.")


@strawberry.type(description="The answer to `trackingImport`.")
class TrackingImportPayload(Payload):
    """A result a row."""

    results: list[TrackingImportResult] = strawberry.field(
        description="In the order of the rows.", default_factory=list[TrackingImportResult]
    )


@strawberry.type
class TrackingImportMutation:
    """Merged into the schema's Mutation."""

    @strawberry.mutation(
        description="Ship what a carrier's software has labeled, as `hikiate import tracking` does. Each shipment is "
        "made or refused by itself; a repetition finds what it has done and changes nothing.",
        **requires("fulfillment:write"),
    )
    async def tracking_import(self, info: Info, input: TrackingImportInput) -> TrackingImportPayload:
        """The references and numbers themselves make repetitions harmless."""
        check_rows(input.rows, "input", "rows", least=1)
        carrier = input.carrier.strip().lower()
        if not 1 <= len(carrier) <= MAX_TEXT or not is_storable(carrier):
            raise InvalidInput(f"A carrier has 1 to {MAX_TEXT} characters.", path=["input", "carrier"])
        results: dict[int, TrackingImportResult] = {}
        given: dict[int, NumberRow] = {}
        for place, row in enumerate(input.rows):
            try:
                given[place] = number_row(row.reference, row.tracking_number)
            except RowRefused as refusal:
                results[place] = _refused(place, refusal)
        context = info.context
        answers = await import_tracking(context.db, carrier, list(given.values()), actor=context.actor, now=context.now)
        context.forget()
        results |= {place: _result(place, answer) for place, answer in zip(given, answers, strict=True)}
        return TrackingImportPayload(results=[results[place] for place in range(len(input.rows))])


def _result(place: int, answer: TrackingResult) -> TrackingImportResult:
    if answer.refusal is not None:
        return _refused(place, answer.refusal)
    return TrackingImportResult(outcome=answer.outcome)


def _refused(place: int, refusal: DomainError) -> TrackingImportResult:
    refusal.path = ["input", "rows", str(place)]
    return TrackingImportResult(user_errors=[to_user_error(refusal)])
