"""Statements about parcels and carriers."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from app.fulfillment.model.packages import PackageDraft, PackageStatus
from app.fulfillment.model.tracking import PackageState
from app.kit.db import ReadTx, Row, WriteTx
from app.kit.ids import new_id
from app.kit.statement import Statement

_CARRIERS: Final = Statement("SELECT * FROM carriers WHERE code = ANY(CAST(:codes AS text[]))", generic=True)
_SAVE_CARRIER: Final = Statement("""
    INSERT INTO carriers AS known (code, names, tracking_url, number_rule, partner_id)
    VALUES (:code, :names, :tracking_url, :number_rule, :partner_id)
        ON CONFLICT (code) DO UPDATE
       SET names = excluded.names, tracking_url = excluded.tracking_url, number_rule = excluded.number_rule,
           partner_id = excluded.partner_id, version = known.version + 1
""")
_INSERT: Final = Statement("""
    INSERT INTO packages (id, shipment_id, number, carrier, tracking_number, service, length_mm, width_mm, height_mm,
                          weight_g, temperature, is_number_plausible)
    SELECT new.id, :shipment_id, new.number, new.carrier, new.tracking_number, new.service, new.length_mm,
           new.width_mm, new.height_mm, new.weight_g, new.temperature, new.is_number_plausible
      FROM unnest(CAST(:ids AS uuid[]), CAST(:carriers AS text[]), CAST(:tracking_numbers AS text[]),
                  CAST(:services AS text[]), CAST(:lengths AS int[]), CAST(:widths AS int[]), CAST(:heights AS int[]),
                  CAST(:weights AS int[]), CAST(:temperatures AS text[]), CAST(:plausible AS bool[])) WITH ORDINALITY
           AS new (id, carrier, tracking_number, service, length_mm, width_mm, height_mm, weight_g, temperature,
                   is_number_plausible, number)
    ON CONFLICT (carrier, tracking_number) DO NOTHING
    RETURNING number
""")
_LOCKED: Final = """
    SELECT package.*, shipment.order_id, shipment.fulfillment_id, shipment.shipped_at, fulfillment.location_id,
           fulfillment.delivery_id, fulfillment.created_at, carrier.partner_id
      FROM packages AS package
      JOIN shipments AS shipment ON shipment.id = package.shipment_id
      JOIN fulfillments AS fulfillment ON fulfillment.id = shipment.fulfillment_id
      LEFT JOIN carriers AS carrier ON carrier.code = package.carrier"""
_LOCK: Final = Statement(
    f"{_LOCKED} WHERE package.id = ANY(CAST(:ids AS uuid[])) ORDER BY package.id FOR UPDATE OF package"
)
_LOCK_OF_FULFILLMENTS: Final = Statement(f"""{_LOCKED}
     WHERE shipment.fulfillment_id = ANY(CAST(:ids AS uuid[])) ORDER BY package.id FOR UPDATE OF package
""")
_SHIPMENT: Final = Statement("""
    SELECT shipment.*, fulfillment.delivery_id, fulfillment.location_id, location.partner_id
      FROM shipments AS shipment
      JOIN fulfillments AS fulfillment ON fulfillment.id = shipment.fulfillment_id
      JOIN locations AS location ON location.id = fulfillment.location_id
     WHERE shipment.id = :id
""")
_SET_STATES: Final = Statement("""
    UPDATE packages AS package
       SET status = new.status, status_at = new.status_at, delivered_at = new.delivered_at, attempts = new.attempts,
           place_name = new.place_name, note = new.note, return_tracking_number = new.return_tracking_number,
           version = package.version + 1
      FROM unnest(CAST(:ids AS uuid[]), CAST(:statuses AS text[]), CAST(:status_ats AS timestamptz[]),
                  CAST(:delivered_ats AS timestamptz[]), CAST(:attempts AS int[]), CAST(:place_names AS text[]),
                  CAST(:notes AS text[]), CAST(:return_tracking_numbers AS text[]))
           AS new (id, status, status_at, delivered_at, attempts, place_name, note, return_tracking_number)
     WHERE package.id = new.id
""")

# A partner sees the parcels of its carriers, and those to its points.
_SEEN: Final = """
    SELECT package.*, shipment.order_id, shipment.fulfillment_id, fulfillment.location_id, carrier.tracking_url,
           package.id::text AS cursor
      FROM packages AS package
      JOIN shipments AS shipment ON shipment.id = package.shipment_id
      JOIN fulfillments AS fulfillment ON fulfillment.id = shipment.fulfillment_id
      LEFT JOIN carriers AS carrier ON carrier.code = package.carrier
     WHERE (CAST(:partner_id AS uuid) IS NULL OR carrier.partner_id = :partner_id OR EXISTS (
               SELECT FROM pickups AS pickup
                WHERE pickup.delivery_id = fulfillment.delivery_id AND pickup.partner_id = :partner_id))
       AND (CAST(:allowed AS int[]) IS NULL OR fulfillment.location_id = ANY(CAST(:allowed AS int[])))"""
PACKAGES_BY_ID: Final = Statement(f"{_SEEN} AND package.id = ANY(CAST(:ids AS uuid[]))")
# Whoever sees a shipment sees its parcels.
PACKAGES_BY_SHIPMENT: Final = Statement("""
    SELECT package.*, shipment.order_id, shipment.fulfillment_id, carrier.tracking_url
      FROM packages AS package
      JOIN shipments AS shipment ON shipment.id = package.shipment_id
      LEFT JOIN carriers AS carrier ON carrier.code = package.carrier
     WHERE package.shipment_id = ANY(CAST(:ids AS uuid[]))
     ORDER BY package.shipment_id, package.number
""")
PACKAGE_PAGE: Final = Statement(f"""{_SEEN}
       AND (CAST(:partner_id AS uuid) IS NOT NULL OR NOT EXISTS (
               SELECT FROM pickups AS test WHERE test.delivery_id = fulfillment.delivery_id AND test.is_sandbox))
       AND (CAST(:location_id AS int) IS NULL OR fulfillment.location_id = :location_id)
       AND (CAST(:status AS text) IS NULL OR package.status = :status)
       AND (CAST(:carrier AS text) IS NULL OR package.carrier = :carrier)
       AND (CAST(:tracking_number AS text) IS NULL
            OR package.tracking_number IN (:tracking_number, translate(:tracking_number, ' -', '')))
       AND (CAST(:after AS uuid) IS NULL OR package.id > CAST(:after AS uuid))
     ORDER BY package.id
     LIMIT CAST(:limit AS int)
""")
CARRIERS_BY_CODE: Final = _CARRIERS
ALL_CARRIERS: Final = Statement("SELECT * FROM carriers ORDER BY code")


async def carriers_by_code(tx: ReadTx, codes: Collection[str]) -> dict[str, Row]:
    """Carriers that are known, all columns."""
    return {row.code: row for row in await tx.fetch(_CARRIERS, codes=sorted(codes))}


async def save_carrier(
    tx: WriteTx,
    *,
    code: str,
    names: Mapping[str, str],
    tracking_url: str | None,
    number_rule: str,
    partner_id: UUID | None,
) -> None:
    """Write a carrier, new or known."""
    values: dict[str, Any] = {"code": code, "names": dict(names), "tracking_url": tracking_url}
    await tx.execute(_SAVE_CARRIER, **values, number_rule=number_rule, partner_id=partner_id)


async def insert_packages(
    tx: WriteTx, shipment_id: UUID, drafts: Sequence[PackageDraft], plausible: Sequence[bool]
) -> set[int]:
    """Write the parcels of a shipment, numbered from 1; the numbers of those whose tracking number was free."""
    rows = await tx.fetch(
        _INSERT,
        shipment_id=shipment_id,
        ids=[new_id() for _ in drafts],
        carriers=[draft.carrier for draft in drafts],
        tracking_numbers=[draft.tracking_number for draft in drafts],
        services=[draft.service for draft in drafts],
        lengths=[draft.length_mm for draft in drafts],
        widths=[draft.width_mm for draft in drafts],
        heights=[draft.height_mm for draft in drafts],
        weights=[draft.weight_g for draft in drafts],
        temperatures=[draft.temperature for draft in drafts],
        plausible=list(plausible),
    )
    return {row.number for row in rows}


async def lock_packages(tx: WriteTx, package_ids: Collection[UUID]) -> dict[UUID, Row]:
    """Parcels by id, locked until the transaction ends. Lock their orders first.

    All columns, and order_id, fulfillment_id, shipped_at, location_id, delivery_id; created_at of the fulfillment;
    partner_id of the carrier.
    """
    return {row.id: row for row in await tx.fetch(_LOCK, ids=list(package_ids))}


async def lock_packages_of_fulfillments(tx: WriteTx, fulfillment_ids: Collection[UUID]) -> list[Row]:
    """The parcels in which these have left, as `lock_packages` has them."""
    return await tx.fetch(_LOCK_OF_FULFILLMENTS, ids=list(fulfillment_ids))


async def find_shipment(tx: ReadTx, shipment_id: UUID) -> Row | None:
    """A shipment: all columns, and delivery_id, location_id of its fulfillment; partner_id of the location."""
    return await tx.fetchrow(_SHIPMENT, id=shipment_id)


def state_in(package: Row) -> PackageState:
    """The state that a row tells."""
    return PackageState(
        PackageStatus(package.status),
        package.status_at,
        package.delivered_at,
        package.attempts,
        package.place_name,
        package.note,
        package.return_tracking_number,
    )


async def set_package_states(tx: WriteTx, states: Mapping[UUID, PackageState]) -> None:
    """Write states."""
    new = list(states.values())
    await tx.execute(
        _SET_STATES,
        ids=list(states),
        statuses=[state.status for state in new],
        status_ats=[state.status_at for state in new],
        delivered_ats=[state.delivered_at for state in new],
        attempts=[state.attempts for state in new],
        place_names=[state.place_name for state in new],
        notes=[state.note for state in new],
        return_tracking_numbers=[state.return_tracking_number for state in new],
    )
