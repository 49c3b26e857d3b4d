"""What carriers tell."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import strawberry

from app.engine.relations import relation
from app.fulfillment.actions.keep_reports import Kept
from app.fulfillment.actions.report_tracking import TrackingRequest, report_tracking
from app.fulfillment.graphql.batches import packages_by_id
from app.fulfillment.graphql.mutations.asking import ask, check_texts
from app.fulfillment.graphql.mutations.forms import NEEDED_KEY
from app.fulfillment.graphql.types import Package
from app.fulfillment.model.folding import ReportEffect
from app.fulfillment.model.packages import TrackingKind
from app.fulfillment.model.tracking import TrackingEvent
from app.kit.clock import utc_now
from app.kit.db import WriteTx
from app.kit.errors import DomainError, InvalidInput
from app.kit.graphql.context import Context, Info
from app.kit.graphql.inputs import check_rows
from app.kit.graphql.nodes import require_uuid
from app.kit.graphql.payload import Payload
from app.kit.graphql.permission import requires
from app.kit.idempotency import body_hash


@strawberry.input(description="One thing that happened to a parcel. Name the parcel by its id or its number.")
class TrackingReportInput:
    """As the carrier sends it."""

    package_id: strawberry.ID | None = strawberry.field(default=None, description="The parcel's id.")
    tracking_number: str | None = strawberry.field(default=None, description="The parcel's number, as it was shipped.")
    carrier: str | None = strawberry.field(
        default=None, description="The carrier's code; needed when several carriers use this number."
    )
    kind: TrackingKind = strawberry.field(description="What happened.")
    occurred_at: datetime | None = strawberry.field(
        default=None,
        description="When it happened; null: now. Send it whenever a report may be late: what happened last counts, "
        "not what was reported last.",
    )
    place_name: str | None = strawberry.field(
        default=None, description="Where, as the carrier calls it; up to 200 characters."
    )
    note: str | None = strawberry.field(default=None, description="In the carrier's words; up to 200 characters.")
    return_tracking_number: str | None = strawberry.field(
        default=None, description="The parcel's number on its way back; up to 200 characters."
    )
    idempotency_key: str = strawberry.field(description=NEEDED_KEY)


@strawberry.type(description="The answer to `trackingReport`, and to each row of `trackingReports`.")
class TrackingReportPayload(Payload):
    """Read after the commit."""

    package_id: strawberry.Private[str | None] = None
    package = relation(
        Package,
        packages_by_id,
        key=lambda payload: payload.package_id and UUID(payload.package_id),
        description="The parcel as it is now.",
    )
    effect: ReportEffect | None = strawberry.field(
        default=None, description="What the report does to the parcel; null when it was refused."
    )


@strawberry.input(description="Input of `trackingReports`.")
class TrackingReportsInput:
    """Up to 100."""

    reports: list[TrackingReportInput] = strawberry.field(description="1 to 100 reports, in any order.")


@strawberry.type(description="The answer to `trackingReports`.")
class TrackingReportsPayload(Payload):
    """A payload a row."""

    results: list[TrackingReportPayload] = strawberry.field(
        description="What came of each report, in the order of the input.", default_factory=list[TrackingReportPayload]
    )


async def _report(tx: WriteTx, requests: Sequence[TrackingRequest]) -> list[Kept | DomainError]:
    return await report_tracking(tx, requests, now=utc_now())


@strawberry.type
class TrackingMutation:
    """Merged into the schema's Mutation."""

    @strawberry.mutation(
        description="Tell what happened to a parcel; a partner those of its own carriers. Reports may come late, "
        "twice and in any order: where the parcel is follows from all of them together, by when things happened.",
        **requires("partner:jobs", "fulfillment:write"),
    )
    async def tracking_report(self, info: Info, input: TrackingReportInput) -> TrackingReportPayload:
        """In one transaction with the other reports of the caller at this moment."""
        return await _ask(info.context, input, "input")

    @strawberry.mutation(
        description="Tell many things at once. Each is kept or refused by itself.",
        **requires("partner:jobs", "fulfillment:write"),
    )
    async def tracking_reports(self, info: Info, input: TrackingReportsInput) -> TrackingReportsPayload:
        """As many single ones."""
        check_rows(input.reports, "input", "reports", least=1)
        rows = enumerate(input.reports)
        results = await asyncio.gather(*(_ask(info.context, row, "input", "reports", str(at)) for at, row in rows))
        return TrackingReportsPayload(results=results)


async def _ask(context: Context, given: TrackingReportInput, *path: str) -> TrackingReportPayload:
    return await ask(
        context,
        _report,
        lambda: _request(context, given, *path),
        TrackingReportPayload,
        subject="package_id",
        named_by="packageId" if given.package_id is not None else "trackingNumber",
        path=path,
    )


def _request(context: Context, given: TrackingReportInput, *path: str) -> TrackingRequest:
    texts = {
        "trackingNumber": given.tracking_number,
        "carrier": given.carrier,
        "placeName": given.place_name,
        "note": given.note,
        "returnTrackingNumber": given.return_tracking_number,
    }
    check_texts(given.idempotency_key, texts, path)
    if (given.package_id is None) == (given.tracking_number is None):
        raise InvalidInput("Name the parcel by its id or by its number.", path=[*path, "packageId"])
    event = TrackingEvent(
        "",
        given.kind,
        given.occurred_at or context.now,
        given.place_name,
        given.note,
        given.return_tracking_number,
    )
    package_id = given.package_id
    return TrackingRequest(
        event,
        context.actor,
        package_id=None if package_id is None else require_uuid(package_id, "Package", *path, "packageId"),
        carrier=given.carrier and given.carrier.strip().lower(),
        tracking_number=given.tracking_number and given.tracking_number.strip(),
        key=given.idempotency_key,
        body=body_hash([package_id, given.kind, given.occurred_at, *texts.values()]),
    )
