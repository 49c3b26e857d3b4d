"""What people and systems do with reservations."""

from typing import Final
from uuid import UUID

import strawberry

from app.inventory.actions.extend_reservation import extend_reservation
from app.inventory.actions.release_reservation import release_reservation
from app.inventory.actions.transfer_reservation import transfer_reservation
from app.inventory.errors import InsufficientStock
from app.inventory.graphql.batches import visible_location_ids
from app.inventory.graphql.mutations.checks import place_of
from app.inventory.graphql.reservations.asked import RESERVE, Asked
from app.inventory.graphql.reservations.forms import (
    ReservationCreateInput,
    ReservationCreatePayload,
    ReservationExtendInput,
    ReservationExtendPayload,
    ReservationMode,
    ReservationReleaseInput,
    ReservationReleasePayload,
    ReservationTransferInput,
    ReservationTransferPayload,
)
from app.inventory.graphql.second_look import short_variants, with_second_look
from app.inventory.model import OwnerKind
from app.inventory.model.reservations import wanted_end
from app.inventory.sql import reservation_views
from app.kit.db import WriteTx
from app.kit.errors import DomainError, InvalidInput, NotFound
from app.kit.graphql.context import Context, Info
from app.kit.graphql.nodes import require_int, require_uuid
from app.kit.graphql.payload import Outcome, commit, commit_in_group
from app.kit.graphql.permission import requires
from app.kit.ids import new_id
from app.locations.sql import stock_places_of_group

_LANES: Final = 2


@strawberry.type
class ReservationMutation:
    """Keys limited to locations deal with what lies at those only."""

    @strawberry.mutation(
        description="Take units off sale for a while, first come first served: they go back by themselves when their "
        "time is up. Requests that come while others are being written share one commit.",
        **requires("stock:write"),
    )
    async def reservation_create(self, info: Info, input: ReservationCreateInput) -> ReservationCreatePayload:
        """Equal first variants share a lane."""
        context, lines, reservation_id = info.context, input.lines, new_id()

        async def ask(*, settles: bool) -> ReservationCreatePayload:
            return await commit_in_group(
                context,
                ReservationCreatePayload,
                context.db.group(RESERVE, lanes=_LANES),
                Asked(reservation_id, context.actor, input, context.now, settles),
                operation="reservationCreate",
                key=input.idempotency_key,
                body=input,
                lane=lines[0].sku or lines[0].variant_id if lines else 0,
            )

        # All or nothing at first, so that a partial one does not settle for less than there would be.
        payload = await with_second_look(context, input.idempotency_key, lambda: ask(settles=False))
        if input.mode is ReservationMode.PARTIAL and short_variants(payload):
            payload = await ask(settles=True)
        return payload

    @strawberry.mutation(
        description="Let a reservation last longer: at most once in five minutes, and never past its "
        "`extendableUntil`. A refusal tells when it may be extended again.",
        **requires("stock:write"),
    )
    async def reservation_extend(self, info: Info, input: ReservationExtendInput) -> ReservationExtendPayload:
        """Of an order it is refused: its payment decides."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            reservation_id = await _own_reservation(tx, context, input.reservation_id)
            end = wanted_end(now=context.now, expires_at=input.expires_at, ttl_s=input.ttl_seconds)
            if end is None:
                message = "Say expiresAt or ttlSeconds."
                raise InvalidInput(message, path=["input", "expiresAt"])
            try:
                await extend_reservation(tx, reservation_id, expires_at=end, now=context.now)
            except DomainError as error:
                raise error.at("input", "expiresAt" if input.ttl_seconds is None else "ttlSeconds") from None
            return Outcome({"reservation_id": str(reservation_id)})

        return await commit(
            context,
            ReservationExtendPayload,
            work,
            operation="reservationExtend",
            key=input.idempotency_key,
            body=input,
        )

    @strawberry.mutation(
        description="Put the units of a reservation back on sale. One that has ended stays as it is.",
        **requires("stock:write"),
    )
    async def reservation_release(self, info: Info, input: ReservationReleaseInput) -> ReservationReleasePayload:
        """Of an order it is refused: cancel the order instead."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            reservation_id = await _own_reservation(tx, context, input.reservation_id)
            await release_reservation(tx, reservation_id, actor=context.actor.reference)
            return Outcome({"reservation_id": str(reservation_id)})

        return await commit(
            context,
            ReservationReleasePayload,
            work,
            operation="reservationRelease",
            key=input.idempotency_key,
            body=input,
        )

    @strawberry.mutation(
        description="Reserve units of the same variants at another location instead, all or none; no goods travel.",
        **requires("stock:write"),
    )
    async def reservation_transfer(self, info: Info, input: ReservationTransferInput) -> ReservationTransferPayload:
        """The caller must be allowed to act at both ends."""
        context = info.context

        async def work(tx: WriteTx) -> Outcome:
            reservation_id = await _own_reservation(tx, context, input.reservation_id)
            to_id = await place_of(tx, context.actor, input.to_location_id, "toLocationId")
            from_ids = await _sources(tx, context, input, to_id)
            try:
                await transfer_reservation(
                    tx,
                    reservation_id,
                    from_location_ids=from_ids,
                    to_location_id=to_id,
                    actor=context.actor.reference,
                )
            except InsufficientStock as error:
                raise error.at("input", "toLocationId") from None
            except DomainError as error:
                raise error.at("input", "reservationId") from None
            return Outcome({"reservation_id": str(reservation_id)})

        operation, key = "reservationTransfer", input.idempotency_key
        return await with_second_look(
            context,
            key,
            lambda: commit(context, ReservationTransferPayload, work, operation=operation, key=key, body=input),
        )


async def _own_reservation(tx: WriteTx, context: Context, value: str) -> UUID:
    """A reservation that the caller may deal with, active or ended. Raises NotFound, or InvalidInput for an order's."""
    reservation_id = require_uuid(value, "Reservation", "input", "reservationId")
    row = await tx.fetchrow(
        reservation_views.RESERVATIONS_BY_ID, ids=[reservation_id], location_ids=await visible_location_ids(context)
    )
    if row is None:
        message = "There is no such reservation, or this key may not act there."
        raise NotFound(message, path=["input", "reservationId"])
    if row["owner_kind"] == OwnerKind.ORDER:
        message = "The units are reserved for an order, whose payment decides. Cancel the order instead."
        raise InvalidInput(message, path=["input", "reservationId"])
    return reservation_id


async def _sources(tx: WriteTx, context: Context, wanted: ReservationTransferInput, to_id: int) -> set[int]:
    """The locations that the reservation is to leave."""
    if (wanted.from_location_id is None) == (wanted.from_location_group_id is None):
        message = "Say fromLocationId or fromLocationGroupId."
        raise InvalidInput(message, path=["input", "fromLocationId"])
    if wanted.from_location_id is not None:
        return {await place_of(tx, context.actor, wanted.from_location_id, "fromLocationId")}
    group_id = require_int(wanted.from_location_group_id or "", "LocationGroup", "input", "fromLocationGroupId")
    places = {place.id for place in await stock_places_of_group(tx, group_id)} if group_id < 1 << 31 else set[int]()
    if to_id not in places:
        message = "The location is none of the group's active ones that keep stock."
        raise NotFound(message, path=["input", "toLocationId"])
    return {place for place in places if context.actor.may_act_at(place)}
