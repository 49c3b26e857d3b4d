"""What carriers give out to collect with."""

from typing import Final

from app.kit.statement import Statement

# Of a single parcel its tracking number is the slip number, once it looks like one.
CARRIER_CODES_BY_PICKUP: Final = Statement(
    """
    SELECT pickup.id, pickup.status, pickup.is_locked, pickup.sealed_number,
           coalesce(pickup.slip_number, parcel.number) AS slip_number
      FROM pickups AS pickup
      JOIN locations AS place ON place.id = pickup.location_id
      JOIN pickup_networks AS network ON network.code = place.network_code
      LEFT JOIN LATERAL (
           SELECT min(translate(package.tracking_number, ' -', '')) AS number
             FROM fulfillments AS fulfillment
             JOIN shipments AS shipment ON shipment.fulfillment_id = fulfillment.id
             JOIN packages AS package ON package.shipment_id = shipment.id
            WHERE fulfillment.delivery_id = pickup.delivery_id HAVING count(*) = 1) AS parcel
        ON parcel.number ~ '^[0-9]{4,20}$'
       AND length(parcel.number) = coalesce(network.slip_digits, length(parcel.number))
     WHERE pickup.id = ANY(CAST(:ids AS uuid[])) AND network.code_issuer = 'CARRIER'
""",
    generic=True,
)
