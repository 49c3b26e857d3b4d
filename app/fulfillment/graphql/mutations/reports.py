"""What points report."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import strawberry

from app.fulfillment.actions.keep_reports import Kept
from app.fulfillment.actions.report_pickups import ReportRequest, report_pickups
from app.fulfillment.graphql.mutations.asking import ask, check_texts
from app.fulfillment.graphql.mutations.forms import NEEDED_KEY, PickupPayload
from app.fulfillment.model.carrier_codes import fingerprint, plain_digits, seal_number
from app.fulfillment.model.folding import ReportEffect
from app.fulfillment.model.pickups import PickupExpiryReason
from app.fulfillment.model.reports import Report, ReportKind
from app.kit.clock import utc_now
from app.kit.db import WriteTx
from app.kit.errors import DomainError, InvalidInput
from app.kit.graphql.context import Context, Info
from app.kit.graphql.inputs import check_rows
from app.kit.graphql.nodes import require_uuid
from app.kit.graphql.payload import Payload
from app.kit.graphql.permission import requires
from app.kit.idempotency import body_hash


@strawberry.input(description="One thing that happened to a pickup. Name the pickup in exactly one way.")
class PickupReportInput:
    """As the point sends it."""

    pickup_id: strawberry.ID | None = strawberry.field(default=None, description="The pickup's id.")
    pickup_number: str | None = strawberry.field(default=None, description="The pickup's number, such as PU-70000001.")
    tracking_number: str | None = strawberry.field(default=None, description="The number of one of its parcels.")
    kind: ReportKind = strawberry.field(description="What happened.")
    occurred_at: datetime | None = strawberry.field(
        default=None,
        description="When it happened; null: now. Send it whenever a report may be late: what happened last counts, "
        "not what was reported last.",
    )
    hold_until: datetime | None = strawberry.field(
        default=None,
        description="Until when the goods are kept; needed with EXTENDED. With ARRIVED and READY null: as the "
        "network's rules have it.",
    )
    reason: PickupExpiryReason | None = strawberry.field(
        default=None, description="Why, with BLOCKED, EXPIRED and RETURN_SENT; null: POINT_FAULT or HOLD_ENDED."
    )
    compartment: str | None = strawberry.field(
        default=None, description="Where at the point the goods are, as the buyer finds it; up to 200 characters."
    )
    return_tracking_number: str | None = strawberry.field(
        default=None, description="The parcel's number on its way back; up to 200 characters."
    )
    slip_number: str | None = strawberry.field(
        default=None,
        description="With CODE_TOLD, ARRIVED and READY, where the carrier issues the code: its slip number, digits.",
    )
    authentication_number: str | None = strawberry.field(
        default=None,
        description="With CODE_TOLD, ARRIVED and READY, where the carrier issues the code: the number that the buyer "
        "types beside the slip number, digits. It is kept encrypted and shown to the buyer alone.",
    )
    note: str | None = strawberry.field(default=None, description="For the shop's people; up to 200 characters.")
    idempotency_key: str = strawberry.field(description=NEEDED_KEY)


@strawberry.type(description="The answer to `pickupReport`, and to each row of `pickupReports`.")
class PickupReportPayload(PickupPayload):
    """Read after the commit."""

    effect: ReportEffect | None = strawberry.field(
        default=None, description="What the report does to the pickup; null when it was refused."
    )


@strawberry.input(description="Input of `pickupReports`.")
class PickupReportsInput:
    """Up to 100."""

    reports: list[PickupReportInput] = strawberry.field(description="1 to 100 reports, in any order.")


@strawberry.type(description="The answer to `pickupReports`.")
class PickupReportsPayload(Payload):
    """A payload a row."""

    results: list[PickupReportPayload] = strawberry.field(
        description="What came of each report, in the order of the input.", default_factory=list[PickupReportPayload]
    )


async def _report(tx: WriteTx, requests: Sequence[ReportRequest]) -> list[Kept | DomainError]:
    return await report_pickups(tx, requests, now=utc_now())


@strawberry.type
class PickupReportMutation:
    """Merged into the schema's Mutation."""

    @strawberry.mutation(
        description="Report what happened to a pickup at a point. Reports may come late, twice and in any order: what "
        "the pickup is follows from all of them together, by when things happened. Only what cannot be is refused.",
        **requires("partner:jobs", "fulfillment:write"),
    )
    async def pickup_report(self, info: Info, input: PickupReportInput) -> PickupReportPayload:
        """In one transaction with the other reports of the caller at this moment."""
        return await _ask(info.context, input, "input")

    @strawberry.mutation(
        description="Report many things at once, such as what a device collected while it was offline. Each report is "
        "kept or refused by itself.",
        **requires("partner:jobs", "fulfillment:write"),
    )
    async def pickup_reports(self, info: Info, input: PickupReportsInput) -> PickupReportsPayload:
        """As many single ones."""
        check_rows(input.reports, "input", "reports", least=1)
        rows = enumerate(input.reports)
        results = await asyncio.gather(*(_ask(info.context, row, "input", "reports", str(at)) for at, row in rows))
        return PickupReportsPayload(results=results)


async def _ask(context: Context, given: PickupReportInput, *path: str) -> PickupReportPayload:
    return await ask(
        context,
        _report,
        lambda: _request(context, given, *path),
        PickupReportPayload,
        subject="pickup_id",
        named_by=_named_by(given),
        path=path,
    )


def _named_by(given: PickupReportInput) -> str:
    if given.pickup_id is not None:
        return "pickupId"
    return "pickupNumber" if given.pickup_number is not None else "trackingNumber"


def _request(context: Context, given: PickupReportInput, *path: str) -> ReportRequest:
    numbers = {"slipNumber": given.slip_number, "authenticationNumber": given.authentication_number}
    texts = {
        "pickupNumber": given.pickup_number,
        "trackingNumber": given.tracking_number,
        "compartment": given.compartment,
        "returnTrackingNumber": given.return_tracking_number,
        "note": given.note,
    }
    check_texts(given.idempotency_key, {**texts, **numbers}, path)
    names = [given.pickup_id, given.pickup_number, given.tracking_number]
    if sum(name is not None for name in names) != 1:
        message = "Name the pickup by its id, its number or the number of a parcel: by one of them."
        raise InvalidInput(message, path=[*path, "pickupId"])
    number, keys = plain_digits(given.authentication_number), context.config.secret_keys
    pickup_id = given.pickup_id
    report = Report(
        "",
        given.kind,
        given.occurred_at or context.now,
        hold_until=given.hold_until,
        reason=_reason(given),
        compartment=given.compartment,
        return_tracking_number=given.return_tracking_number,
        slip_number=plain_digits(given.slip_number),
        sealed_number=None if number is None else seal_number(number, keys),
    )
    said: list[Any] = [*names, given.kind, given.occurred_at, given.hold_until, report.reason, *texts.values()]
    if number is not None or given.slip_number is not None:
        # Whoever reads what is kept of the body finds no number out by trying them all.
        said += [given.slip_number, None if number is None else fingerprint(number, keys[0])]
    return ReportRequest(
        report,
        context.actor,
        pickup_id=None if pickup_id is None else require_uuid(pickup_id, "Pickup", *path, "pickupId"),
        number=given.pickup_number and given.pickup_number.strip().upper(),
        tracking_number=given.tracking_number,
        key=given.idempotency_key,
        note=given.note,
        body=body_hash(said),
        authentication_number=number,
    )


_REASONS: Final = {
    ReportKind.BLOCKED: PickupExpiryReason.POINT_FAULT,
    ReportKind.EXPIRED: PickupExpiryReason.HOLD_ENDED,
}


def _reason(given: PickupReportInput) -> PickupExpiryReason | None:
    """Of kinds without reasons none is kept."""
    if given.kind in {ReportKind.BLOCKED, ReportKind.EXPIRED, ReportKind.RETURN_SENT}:
        return given.reason or _REASONS.get(given.kind)
    return None
